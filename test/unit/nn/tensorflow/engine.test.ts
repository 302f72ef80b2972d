/** Networks over TensorFlow.js (its own CPU backend) beside networks over the kernel: the same within rounding. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { LayerSpec, Network, NetworkSpec } from '../../../../lib/nn/contract.ts';
import { createNetwork } from '../../../../lib/nn/create-network.ts';
import { createTensorFlowNetwork } from '../../../../lib/nn/tensorflow/engine.ts';
import { loadTensorFlow, type TensorFlow } from '../../../../lib/nn/tensorflow/load-tensorflow.ts';
import { standInForTensorFlow } from '../../../helpers/tensorflow/stand-in-for.ts';
import { difference, drawBatch, drawWeights } from '../helpers.ts';

let tf: TensorFlow;

before(async () => {
  standInForTensorFlow('core');
  tf = await loadTensorFlow();
});

const lstm = (units: number, returnSequences = true): LayerSpec => ({ type: 'lstm', units, returnSequences });
const both = (units: number, returnSequences = true): LayerSpec => {
  return { type: 'bidirectional-lstm', units, returnSequences };
};
const dense = (units: number, activation: 'linear' | 'sigmoid' = 'linear'): LayerSpec => {
  return { type: 'dense', units, activation };
};
const dropout: LayerSpec = { type: 'dropout', rate: 0.3 };

const SPECS: Readonly<Record<string, NetworkSpec>> = {
  'an autoencoder': {
    steps: 6,
    features: 3,
    layers: [
      lstm(5),
      dropout,
      lstm(4, false),
      { type: 'repeat', steps: 6 },
      lstm(4),
      dropout,
      lstm(5),
      dense(3),
    ],
    loss: 'mse',
  },
  'a forecaster': {
    steps: 11,
    features: 5,
    layers: [lstm(8), dropout, lstm(6, false), dense(5)],
    loss: 'mse',
  },
  'one feature, one step': { steps: 1, features: 1, layers: [lstm(1, false), dense(1)], loss: 'mse' },
  'a bidirectional classifier': {
    steps: 5,
    features: 2,
    layers: [both(3), dropout, both(5, false), dense(1, 'sigmoid')],
    loss: 'binary-crossentropy',
  },
  attention: {
    steps: 7,
    features: 3,
    layers: [lstm(6), dropout, lstm(5), { type: 'attention' }, dense(2, 'sigmoid')],
    loss: 'mse',
  },
};
const SEQUENCES = 11;

function openBoth(spec: NetworkSpec): { readonly ours: Network; readonly theirs: Network } {
  return { ours: createNetwork(spec, { threads: 1 }), theirs: createTensorFlowNetwork(tf, spec) };
}

for (const [what, spec] of Object.entries(SPECS)) {
  test(`${what}: the same first weights, outputs within 1e-5, loss and gradient under dropout within 1e-4`, () => {
    const { ours, theirs } = openBoth(spec);
    ours.initialize(7);
    theirs.initialize(7);
    assert.deepEqual(theirs.readWeights(), ours.readWeights());
    for (const network of [ours, theirs]) network.writeWeights(drawWeights(ours, 2));
    const batch = { ...drawBatch(spec, ours, SEQUENCES, 4), dropoutSeed: 99 };
    assert.ok(difference(theirs.predict(batch.inputs), ours.predict(batch.inputs)) < 1e-5);
    assert.ok(Math.abs(theirs.evaluateBatch(batch) / ours.evaluateBatch(batch) - 1) < 1e-5);
    const wanted = ours.readGradient(batch);
    const got = theirs.readGradient(batch);
    assert.ok(Math.abs(got.loss / wanted.loss - 1) < 1e-5, `${got.loss}, not ${wanted.loss}`);
    for (const [i, { name, values }] of wanted.gradient.entries()) {
      assert.equal(got.gradient[i]!.name, name);
      assert.ok(difference(got.gradient[i]!.values, values, 1e-3) < 1e-4, name);
    }
  });

  test(`${what}: thirty steps with a clipped gradient, and the optimizer's state can be carried over`, () => {
    const { ours, theirs } = openBoth(spec);
    for (const network of [ours, theirs]) network.initialize(6);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 30; i++) {
      const batch = {
        ...drawBatch(spec, ours, SEQUENCES, i),
        learningRate: 0.01,
        clipNorm: 0.1,
        dropoutSeed: i,
      };
      const [wanted, got] = [ours.trainBatch(batch), theirs.trainBatch(batch)];
      assert.ok(Math.abs(got / wanted - 1) < 1e-3, `step ${i}: ${got}, not ${wanted}`);
      if (i === 15) {
        ours.writeWeights(theirs.readWeights());
        ours.writeOptimizer(theirs.readOptimizer());
      }
    }
    assert.equal(tf.memory().numTensors, before);
    for (const [i, { name, values }] of ours.readWeights().entries())
      assert.ok(difference(theirs.readWeights()[i]!.values, values) < 1e-3, name);
    assert.equal(theirs.readOptimizer().step, 30);
  });
}

test('sequences that overlap inside one table, and elements that were not measured', () => {
  const spec = SPECS['a forecaster']!;
  const { ours, theirs } = openBoth(spec);
  for (const network of [ours, theirs]) network.initialize(1);
  const drawn = drawBatch(spec, ours, SEQUENCES, 5);
  const starts = Uint32Array.from({ length: SEQUENCES }, (_, i) => 3 * i);
  const mask = drawn.mask.map((_, i) => i % 2);
  const rows = drawn.targets.rows.map((value, i) => (mask[i] === 0 ? NaN : value));
  const batch = {
    inputs: { rows: drawn.inputs.rows, starts },
    targets: { rows, starts: drawn.targets.starts },
    mask,
    learningRate: 0.01,
    dropoutSeed: 1,
  };
  assert.ok(difference(theirs.predict(batch.inputs), ours.predict(batch.inputs)) < 1e-5);
  const [wanted, got] = [ours.trainBatch(batch), theirs.trainBatch(batch)];
  assert.ok(Math.abs(got / wanted - 1) < 1e-5, `${got}, not ${wanted}`);
});

test('probabilities that have rounded to 0 and 1 have a finite loss and a slope', () => {
  const spec = SPECS['a bidirectional classifier']!;
  const { ours, theirs } = openBoth(spec);
  ours.initialize(1);
  const far = ours.readWeights().map((array) => {
    return array.name === 'dense_3/bias' ? { ...array, values: Float32Array.of(200) } : array;
  });
  for (const network of [ours, theirs]) network.writeWeights(far);
  const batch = { ...drawBatch(spec, ours, SEQUENCES, 4), dropoutSeed: 1 };
  const targets = { ...batch.targets, rows: batch.targets.rows.fill(0) };
  const [wanted, got] = [ours, theirs].map((network) => network.readGradient({ ...batch, targets }));
  assert.ok(Math.abs(got!.loss / wanted!.loss - 1) < 1e-5);
  assert.ok(difference(got!.gradient.at(-1)!.values, wanted!.gradient.at(-1)!.values) < 1e-5);
});

test('a loss that is not finite takes no step', () => {
  const spec = SPECS['a forecaster']!;
  const { theirs } = openBoth(spec);
  theirs.initialize(1);
  const weights = theirs.readWeights();
  const batch = drawBatch(spec, theirs, SEQUENCES, 5);
  const targets = { ...batch.targets, rows: batch.targets.rows.map(() => 3e38) };
  const loss = theirs.trainBatch({ ...batch, targets, learningRate: 0.01, dropoutSeed: 1 });
  assert.ok(!Number.isFinite(loss));
  assert.deepEqual(theirs.readWeights(), weights);
  assert.equal(theirs.readOptimizer().step, 0);
});

test('what does not fit, and a network that was closed, are refused as the kernel refuses them', () => {
  const spec = SPECS['a forecaster']!;
  const { ours, theirs } = openBoth(spec);
  const refusals = (network: Network): readonly string[] => {
    const batch = drawBatch(spec, network, 2, 1);
    network.initialize(1);
    const tried = [
      () => network.predict({ rows: new Float32Array(7), starts: Uint32Array.of(0) }),
      () => network.trainBatch({ ...batch, learningRate: 0.1 }),
      () => network.trainBatch({ ...batch, learningRate: 0, dropoutSeed: 1 }),
      () => network.writeWeights([]),
      () => {
        network.close();
        network.predict(batch.inputs);
      },
    ];
    return tried.map((attempt) => {
      try {
        attempt();
      } catch (error) {
        return (error as Error).message;
      }
      return 'taken';
    });
  };
  const theirsToo = refusals(theirs);
  assert.deepEqual(theirsToo, refusals(ours));
  assert.ok(!theirsToo.includes('taken'), theirsToo.join());
});
