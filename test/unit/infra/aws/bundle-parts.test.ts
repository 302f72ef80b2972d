/** What is emitted beside a bundle, as serverless.yml has it built: WebAssembly compressed, and parts that not every run needs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import bundlePlugins from '../../../../infra/aws/bundle-plugins.ts';

const ROOT: string = path.join(import.meta.dirname, '../../../..');
const FOREIGN: string = path.join(ROOT, 'test/fixtures/parquet/polars/int128.parquet');
const DECODER = 'parquet_wasm_bg.wasm.br';
/** A file that others wrote is read by parquet-wasm; a kind of model is imported where it is named. */
const ENTRY = `
  import { readFileSync } from 'node:fs';
  import { readTable } from '${ROOT}/lib/window/parquet.ts';
  import { getModel } from '${ROOT}/lib/models/registry.ts';
  const { numRows } = readTable(readFileSync(process.argv[2]));
  const { parseParams } = await getModel('robust-z');
  console.log(numRows > 0, typeof parseParams);
`;

test('a bundle reads its compressed WebAssembly and its parts, which are called as it is', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-parts-'));
  try {
    mkdirSync(path.join(folder, 'functions'));
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    writeFileSync(path.join(folder, 'functions/first.ts'), ENTRY);
    await build({
      absWorkingDir: folder,
      entryPoints: ['functions/first.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      mainFields: ['module', 'main'],
      outdir: path.join(folder, 'built'),
      outExtension: { '.js': '.mjs' },
      loader: { '.wasm': 'file' },
      assetNames: '[name]',
      plugins: bundlePlugins,
      banner: {
        js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
      },
      logLevel: 'silent',
    });
    cpSync(path.join(folder, 'built'), path.join(folder, 'moved'), { recursive: true });
    rmSync(path.join(folder, 'built'), { recursive: true });
    const files = readdirSync(path.join(folder, 'moved'));
    const scripts = files.filter((file) => file.endsWith('.mjs') && file !== 'series-worker.mjs');
    assert.ok(scripts.includes('first.mjs') && scripts.length > 5, scripts.join());
    assert.deepEqual(
      scripts.filter((file) => !file.startsWith('first.')),
      [],
    );
    assert.ok(files.includes(DECODER), files.join());
    assert.deepEqual(
      files.filter((file) => file.endsWith('.wasm')),
      [],
    );
    const whole = statSync(path.join(ROOT, 'node_modules/parquet-wasm/esm/parquet_wasm_bg.wasm')).size;
    assert.ok(statSync(path.join(folder, 'moved', DECODER)).size < 0.3 * whole);
    const run = spawnSync(process.execPath, [path.join(folder, 'moved/first.mjs'), FOREIGN], {
      encoding: 'utf8',
    });
    assert.equal(run.stderr, '');
    assert.equal(run.stdout.trim(), 'true function');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
