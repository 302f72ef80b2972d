import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { inFolder } from '../window/helpers.ts';

const ROOT: string = path.join(import.meta.dirname, '../../..');
const ENTRY = `
  import { createNetwork } from './lib/nn/create-network.ts';
  const layers = [
    { type: 'lstm', units: 4, returnSequences: false },
    { type: 'dense', units: 1, activation: 'linear' },
  ];
  const network = createNetwork({ steps: 3, features: 2, layers, loss: 'mse' }, { threads: 2 });
  network.initialize(1);
  const starts = Uint32Array.from({ length: 64 }, (_, i) => i);
  const inputs = { rows: new Float32Array(132).fill(0.5), starts };
  const batch = { inputs, targets: { rows: new Float32Array(64).fill(1), starts }, learningRate: 0.01 };
  const before = network.trainBatch(batch);
  for (let i = 0; i < 50; i++) network.trainBatch(batch);
  console.log(network.evaluateBatch(batch) < before / 2);
`;

for (const format of ['esm', 'cjs'] as const) {
  test(`networks train on two threads in an esbuild bundle (${format}), moved away from node_modules`, async () => {
    await inFolder(async (folder) => {
      await build({
        stdin: { contents: ENTRY, resolveDir: ROOT },
        bundle: true,
        minify: true,
        platform: 'node',
        format,
        outfile: path.join(folder, 'built', format === 'esm' ? 'functions/main.mjs' : 'functions/main.cjs'),
        loader: { '.wasm': 'file' },
        assetNames: '[name]',
        logLevel: 'silent',
      });
      cpSync(path.join(folder, 'built'), path.join(folder, 'moved'), { recursive: true });
      const files = readdirSync(path.join(folder, 'moved/functions')).toSorted();
      assert.deepEqual(files, ['fused.wasm', `main.${format === 'esm' ? 'mjs' : 'cjs'}`, 'plain.wasm']);
      writeFileSync(path.join(folder, 'moved/package.json'), '{}');
      const run = spawnSync(process.execPath, [path.join('moved/functions', files[1]!)], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(run.stderr, '');
      assert.equal(run.stdout.trim(), 'true');
    });
  });
}
