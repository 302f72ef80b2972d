import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { inFolder } from './helpers.ts';

const ROOT: string = path.join(import.meta.dirname, '../../..');
const ENTRY = `
  import { readWindow } from './lib/window/read-window.ts';
  import { writeColumns } from './lib/window/write-window.ts';
  const bytes = writeColumns({ columns: [
    { name: 'ts', type: 'timestamp', values: Float64Array.of(0, 60000) },
    { name: 'cpu', type: 'double', values: Float64Array.of(0.25, NaN) },
  ] });
  console.log(readWindow(bytes, { detector: 'd', source: 's' }).columns[0].join());
`;

for (const format of ['esm', 'cjs'] as const) {
  test(`the same source works in an esbuild bundle (${format}), moved away from node_modules`, async () => {
    await inFolder(async (folder) => {
      await build({
        stdin: { contents: ENTRY, resolveDir: ROOT },
        bundle: true,
        platform: 'node',
        format,
        outfile: path.join(folder, 'built', format === 'esm' ? 'functions/main.mjs' : 'functions/main.cjs'),
        loader: { '.wasm': 'file' },
        assetNames: '[name]',
        logLevel: 'silent',
      });
      cpSync(path.join(folder, 'built'), path.join(folder, 'moved'), { recursive: true });
      const [main] = readdirSync(path.join(folder, 'moved/functions')).filter((name) =>
        name.startsWith('main'),
      );
      assert.deepEqual(readdirSync(path.join(folder, 'moved/functions')).toSorted(), [
        main,
        'parquet_wasm_bg.wasm',
      ]);
      writeFileSync(path.join(folder, 'moved/package.json'), '{}');
      const run = spawnSync(process.execPath, [path.join('moved/functions', main!)], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(run.stderr, '');
      assert.equal(run.stdout.trim(), '0.25,NaN');
    });
  });
}
