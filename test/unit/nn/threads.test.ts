import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import type { NetworkSpec } from '../../../lib/nn/contract.ts';
import { createNetwork } from '../../../lib/nn/create-network.ts';
import { KERNEL_BUILDS } from '../../../scripts/build-kernel.ts';
import { drawBatch } from './helpers.ts';

const SPEC: NetworkSpec = {
  steps: 7,
  features: 3,
  layers: [
    { type: 'bidirectional-lstm', units: 6, returnSequences: true },
    { type: 'dropout', rate: 0.3 },
    { type: 'attention' },
    { type: 'dense', units: 2, activation: 'linear' },
  ],
  loss: 'mse',
};

/** Weights, moments, losses and outputs after a few steps, as bytes. */
function train(threads: number, build: 'fused' | 'plain'): Buffer {
  const network = createNetwork(SPEC, { threads, build });
  network.initialize(11);
  const losses: number[] = [];
  for (let i = 0; i < 12; i++) {
    const batch = drawBatch(SPEC, network, 37 + i, i);
    losses.push(network.trainBatch({ ...batch, learningRate: 0.01, dropoutSeed: i, clipNorm: 0.5 }));
  }
  const batch = drawBatch(SPEC, network, 600, 99);
  const { first, second } = network.readOptimizer();
  const arrays = [...network.readWeights(), ...first, ...second].map(({ values }) => values);
  const all = [
    ...arrays,
    network.predict(batch.inputs),
    Float64Array.of(...losses, network.evaluateBatch(batch)),
  ];
  network.close();
  return Buffer.concat(all.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
}

for (const build of KERNEL_BUILDS)
  test(`1, 2, 3 and 5 threads give the same bits (${build})`, () => {
    const alone = train(1, build);
    for (const threads of [2, 3, 5]) assert.ok(train(threads, build).equals(alone), `${threads} threads`);
  });

test('a network that nobody closed does not keep its process', () => {
  const run = spawnSync(
    process.execPath,
    [
      '--input-type=module-typescript',
      '--eval',
      `
      import { createNetwork } from './lib/nn/create-network.ts';
      const layers = [{ type: 'lstm', units: 4, returnSequences: false }, { type: 'dense', units: 1, activation: 'linear' }];
      const network = createNetwork({ steps: 3, features: 2, layers, loss: 'mse' }, { threads: 3 });
      network.initialize(1);
      console.log(network.predict({ rows: new Float32Array(300), starts: new Uint32Array(90) }).length);`,
    ],
    { cwd: path.join(import.meta.dirname, '../../..'), encoding: 'utf8', timeout: 600_000 },
  );
  assert.equal(run.stderr, '');
  assert.equal(run.stdout, '90\n');
  assert.equal(run.status, 0);
});

test('a closed network says so, and closing again does no harm', () => {
  const network = createNetwork(SPEC, { threads: 2 });
  network.initialize(1);
  const { inputs } = drawBatch(SPEC, network, 20, 1);
  network.predict(inputs);
  network.close();
  network.close();
  assert.throws(() => network.predict(inputs), { code: 'network-closed' });
});
