/** The epochs, over a network that only says losses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type TrainingPlan,
  type TrainingResult,
  trainNetwork,
} from '../../../../../lib/models/kinds/neural/train.ts';
import type { Network } from '../../../../../lib/nn/contract.ts';
import { NO_DEADLINE } from '../../../../helpers/feature-matrices.ts';

const STEPS = 2;

/** Trains on four sequences in batches of two; each validation loss in turn, and what training says of a batch. */
function run(
  validationLosses: readonly number[],
  given: Partial<TrainingPlan> & { readonly batchLoss?: (call: number) => number } = {},
): TrainingResult {
  const { batchLoss = () => 1, ...plan } = given;
  let [trained, evaluated] = [0, 0];
  const network = {
    trainBatch: () => batchLoss(trained++),
    evaluateBatch: () => validationLosses[evaluated++] ?? 1,
    readWeights: () => [{ name: 'w', shape: [1], values: Float32Array.of(evaluated) }],
    readOptimizer: () => ({ step: trained, first: [], second: [] }),
  } as unknown as Network;
  return trainNetwork(
    {
      network,
      architecture: {
        kind: 'lstm-autoencoder',
        task: 'autoencoder',
        features: 1,
        sequenceLength: STEPS,
        hidden: 1,
        layers: 1,
        dropout: 0,
      },
      table: {
        width: 1,
        order: Uint32Array.from({ length: 10 }, (_, i) => i),
        begins: new Uint8Array(10),
        values: new Float32Array(10),
      },
      training: { starts: Uint32Array.of(0, 1, 2, 3) },
      validation: { starts: Uint32Array.of(6, 7) },
      batchSize: 2,
      epochs: 10,
      patience: 3,
      learningRate: 0.001,
      seed: 1,
      deadline: NO_DEADLINE,
      onProgress: () => undefined,
      ...plan,
    },
    undefined,
  );
}

test('training ends when the validation loss stops falling, with the weights of the best epoch', () => {
  const result = run([5, 4, 3, 3.5, 3, 3.1]);
  assert.ok(result.outcome === 'trained');
  assert.equal(result.best.epoch, 3);
  assert.equal(result.best.weights[0]?.values[0], 3);
  assert.equal(result.history.length, 6);
  assert.deepEqual(result.history[1], { loss: 1, validationLoss: 4 });
  assert.match(result.note ?? '', /after 6 of at most 10 epochs.* epoch 3, the best/);
});

test('a training that goes on getting better says nothing', () => {
  const result = run([5, 4, 3], { epochs: 3 });
  assert.ok(result.outcome === 'trained');
  assert.equal(result.best.epoch, 3);
  assert.equal(result.note, undefined);
});

test('an exploding loss ends the training, and the best weights stay', () => {
  for (const result of [
    run([5, 4, 3, 900]),
    run([5, 4, 3], { batchLoss: (call) => (call < 7 ? 1 : Infinity) }),
    run([5, 4, 3, NaN]),
  ]) {
    assert.ok(result.outcome === 'trained');
    assert.equal(result.best.epoch, 3);
    assert.match(result.note ?? '', /exploded to (900|Infinity|NaN) after \d epochs.* epoch 3, the best/);
    assert.ok(result.history.every(({ validationLoss }) => Number.isFinite(validationLoss)));
  }
});

test('a loss that doubles from next to nothing is no explosion', () => {
  const result = run([1, 1e-9, 1e-7, 1e-10], { epochs: 4 });
  assert.ok(result.outcome === 'trained');
  assert.equal(result.best.epoch, 4);
});

test('a loss that is not finite in the first epoch leaves nothing', () => {
  assert.deepEqual(run([], { batchLoss: (call) => (call === 1 ? NaN : 1) }), {
    outcome: 'exploded',
    loss: NaN,
  });
});

test('time that runs out is seen between two batches, and at least one is done', () => {
  let left = 100;
  const result = run([5, 4, 3], { deadline: { remaining: () => (left -= 30) } });
  assert.ok(result.outcome === 'out-of-time');
  assert.equal(result.progress.history.length, 0);
  assert.equal(result.progress.batches, 1);
  assert.equal(result.progress.lossSum, 2);
  assert.equal(result.epochTime, 2 * 30);
});

test('progress goes up to the whole of all epochs', () => {
  const seen: number[] = [];
  run([5, 4], { epochs: 2, onProgress: (done) => seen.push(done) });
  assert.deepEqual(seen, [0.25, 0.5, 0.75, 1]);
});
