/**
 * A training of the autoencoder, dropout and clipping included, gives what PyTorch's gives;
 * scripts/reference/lstm-autoencoder.py made the figures.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Architecture, buildSpec } from '../../../lib/models/kinds/neural/architecture.ts';
import type { KernelNetwork } from '../../../lib/nn/contract.ts';
import { createNetwork } from '../../../lib/nn/create-network.ts';
import { KERNEL_BUILDS } from '../../../scripts/build-kernel.ts';
import { difference } from './helpers.ts';

interface Reference {
  readonly steps: number;
  readonly features: number;
  readonly hidden: number;
  readonly layers: number;
  readonly dropout: number;
  readonly learningRate: number;
  readonly clipNorm: number;
  /** All of them, in the order and the layout of ours. */
  readonly weights: readonly number[];
  readonly rows: readonly number[];
  /** By batch. */
  readonly starts: readonly (readonly number[])[];
  readonly dropoutSeeds: readonly number[];
  readonly losses: readonly number[];
  /** Of the gradients, before clipping. */
  readonly norms: readonly number[];
  /** After the last batch. */
  readonly lastWeights: readonly number[];
  /** Of the first sequence then, without dropout. */
  readonly output: readonly number[];
}

const file = new URL('../../fixtures/torch/lstm-autoencoder.json', import.meta.url);
const reference = JSON.parse(readFileSync(file, 'utf8')) as Reference;
const rows = Float32Array.from(reference.rows);

function openTwin(build: KernelNetwork['build']): KernelNetwork {
  const { steps, features, hidden, layers, dropout, weights } = reference;
  const architecture: Architecture = {
    kind: 'lstm-autoencoder',
    task: 'autoencoder',
    features,
    sequenceLength: steps,
    hidden,
    layers,
    dropout,
  };
  const network = createNetwork(buildSpec(architecture), { threads: 1, build });
  let at = 0;
  network.writeWeights(
    network.readWeights().map((array) => {
      const from = at;
      at += array.values.length;
      return { ...array, values: Float32Array.from(weights.slice(from, at)) };
    }),
  );
  assert.equal(at, weights.length);
  return network;
}

for (const build of KERNEL_BUILDS)
  test(`each loss, the last weights and an output are PyTorch’s (${build})`, () => {
    const { starts, dropoutSeeds, losses, lastWeights, output, learningRate, clipNorm } = reference;
    const network = openTwin(build);
    for (const [i, batch] of starts.entries()) {
      const inputs = { rows, starts: Uint32Array.from(batch) };
      const loss = network.trainBatch({
        inputs,
        targets: inputs,
        learningRate,
        clipNorm,
        dropoutSeed: dropoutSeeds[i],
      });
      assert.ok(Math.abs(loss / losses[i]! - 1) < 1e-5, `batch ${i}: ${loss}, not ${losses[i]}`);
    }
    const last = network.readWeights().flatMap(({ values }) => [...values]);
    assert.ok(difference(last, lastWeights) < 1e-5);
    assert.ok(difference(network.predict({ rows, starts: Uint32Array.of(0) }), output) < 1e-5);
  });

test('the figures tell clipping and dropout from none', () => {
  const { norms, clipNorm, starts, dropoutSeeds, losses } = reference;
  assert.ok(norms.some((norm) => norm > 1.1 * clipNorm) && norms.some((norm) => norm < 0.9 * clipNorm));
  const network = openTwin('plain');
  const inputs = { rows, starts: Uint32Array.from(starts[0]!) };
  const otherSeed = network.readGradient({ inputs, targets: inputs, dropoutSeed: dropoutSeeds[0]! + 1 });
  assert.ok(Math.abs(otherSeed.loss / losses[0]! - 1) > 1e-4);
});
