import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
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

const TENSORFLOW_ENTRY = `
  import { createTensorFlowNetwork } from './lib/nn/tensorflow/engine.ts';
  import { loadTensorFlow } from './lib/nn/tensorflow/load-tensorflow.ts';
  try {
    const tf = await loadTensorFlow();
    const layers = [
      { type: 'lstm', units: 4, returnSequences: false },
      { type: 'dense', units: 1, activation: 'linear' },
    ];
    const network = createTensorFlowNetwork(tf, { steps: 3, features: 2, layers, loss: 'mse' });
    network.initialize(1);
    const starts = Uint32Array.of(0, 1, 2);
    const inputs = { rows: new Float32Array(12).fill(0.5), starts };
    const batch = { inputs, targets: { rows: new Float32Array(3).fill(1), starts }, learningRate: 0.01 };
    const before = network.trainBatch(batch);
    for (let i = 0; i < 50; i++) network.trainBatch(batch);
    console.log(network.evaluateBatch(batch) < before / 2);
  } catch (error) {
    console.log(error.message);
  }
`;
/** As tfjs-node is: CommonJS, and all names under `module.exports`. */
const STAND_IN = `
  console.warn = () => {};
  const { createRequire } = require('node:module');
  const load = createRequire(${JSON.stringify(path.join(ROOT, 'package.json'))});
  load('@tensorflow/tfjs-layers');
  load('@tensorflow/tfjs-backend-cpu');
  const core = load('@tensorflow/tfjs-core');
  module.exports = Object.fromEntries(Object.entries(core));
`;

test('a bundle has nothing of TensorFlow.js in it, and finds it by its name where it is installed', async () => {
  await inFolder(async (folder) => {
    const outfile = path.join(folder, 'main.mjs');
    const { metafile } = await build({
      stdin: { contents: TENSORFLOW_ENTRY, resolveDir: ROOT },
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      outfile,
      loader: { '.wasm': 'file' },
      metafile: true,
      logLevel: 'error',
    });
    assert.deepEqual(
      Object.keys(metafile.inputs).filter((input) => input.includes('@tensorflow')),
      [],
    );
    const run = (): string =>
      spawnSync(process.execPath, [outfile], { cwd: folder, encoding: 'utf8' }).stdout.trim();
    assert.match(run(), /^engine tensorflow: @tensorflow\/tfjs-node could not be loaded; install it/);
    const installed = path.join(folder, 'node_modules/@tensorflow/tfjs-node');
    mkdirSync(installed, { recursive: true });
    writeFileSync(path.join(installed, 'package.json'), '{"main": "index.js"}');
    writeFileSync(path.join(installed, 'index.js'), STAND_IN);
    assert.equal(run(), 'true');
  });
});
