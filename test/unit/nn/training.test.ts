import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network, NetworkSpec, TrainBatch } from '../../../lib/nn/contract.ts';
import { createNetwork } from '../../../lib/nn/create-network.ts';
import { difference, drawBatch, drawFloats, nestBatch } from './helpers.ts';
import { runReference } from './reference-network.ts';

const AUTOENCODER: NetworkSpec = {
  steps: 8,
  features: 3,
  layers: [
    { type: 'lstm', units: 6, returnSequences: false },
    { type: 'dropout', rate: 0.2 },
    { type: 'repeat', steps: 8 },
    { type: 'lstm', units: 6, returnSequences: true },
    { type: 'dense', units: 3, activation: 'linear' },
  ],
  loss: 'mse',
};
/** One step, one weight matrix: what dropout does can be read off the output. */
const READ_OUT: NetworkSpec = {
  steps: 50,
  features: 40,
  layers: [
    { type: 'dropout', rate: 0.3 },
    { type: 'dense', units: 1, activation: 'linear' },
  ],
  loss: 'mse',
};

function start(spec: NetworkSpec): Network {
  const network = createNetwork(spec, { threads: 1 });
  network.initialize(4);
  return network;
}

/** Step `i`'s batch: windows of one series, reconstructed. */
function batchOf(i: number): TrainBatch {
  const rows = drawFloats(60 * 3, 8).map((noise, k) => Math.sin(k / 9 + (k % 3)) + 0.1 * noise);
  const inputs = { rows, starts: Uint32Array.from({ length: 16 }, (_, k) => (k * 3 + i) % 52) };
  return { inputs, targets: inputs, learningRate: 3e-3, dropoutSeed: i };
}

test('Adam takes the steps of its paper', () => {
  const network = start(AUTOENCODER);
  const weights = new Map(network.readWeights().map(({ name, values }) => [name, Float64Array.from(values)]));
  const moments = new Map([...weights].map(([name, { length }]) => [name, new Float64Array(2 * length)]));
  for (let step = 1; step <= 5; step++) {
    const { gradient } = network.readGradient(batchOf(step));
    network.trainBatch(batchOf(step));
    for (const { name, values } of gradient) {
      const own = weights.get(name)!;
      const moment = moments.get(name)!;
      for (const [i, g] of values.entries()) {
        const m = 0.9 * moment[2 * i]! + 0.1 * g;
        const v = 0.999 * moment[2 * i + 1]! + 0.001 * g * g;
        moment.set([m, v], 2 * i);
        own[i]! -= (3e-3 * (m / (1 - 0.9 ** step))) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-7);
      }
    }
    for (const { name, values } of network.readWeights())
      assert.ok(difference(values, weights.get(name)!) < 1e-5, `${name} after step ${step}`);
  }
  assert.equal(network.readOptimizer().step, 5);
});

test('training lowers the loss', () => {
  const network = start(AUTOENCODER);
  const before = network.evaluateBatch(batchOf(0));
  for (let i = 0; i < 300; i++) network.trainBatch(batchOf(i));
  assert.ok(network.evaluateBatch(batchOf(0)) < 0.3 * before);
});

test('a checkpoint goes on bit for bit', () => {
  const whole = start(AUTOENCODER);
  for (let i = 0; i < 9; i++) whole.trainBatch(batchOf(i));
  const half = start(AUTOENCODER);
  for (let i = 0; i < 4; i++) half.trainBatch(batchOf(i));
  const rest = createNetwork(AUTOENCODER, { threads: 2 });
  rest.writeWeights(half.readWeights());
  rest.writeOptimizer(half.readOptimizer());
  for (let i = 4; i < 9; i++) rest.trainBatch(batchOf(i));
  assert.deepEqual(rest.readWeights(), whole.readWeights());
  assert.deepEqual(rest.readOptimizer(), whole.readOptimizer());
});

test('the same seed gives the same weights, another one others; they are Keras’ distributions', () => {
  const units = 24;
  const spec: NetworkSpec = {
    ...AUTOENCODER,
    layers: [
      { type: 'lstm', units, returnSequences: false },
      { type: 'dense', units: 3, activation: 'linear' },
    ],
  };
  const one = start(spec).readWeights();
  assert.deepEqual(start(spec).readWeights(), one);
  const other = createNetwork(spec, { threads: 1 });
  other.initialize(5);
  assert.notDeepEqual(other.readWeights(), one);
  const [kernel, recurrent, bias] = one.map(({ values }) => values);
  const limit = Math.sqrt(6 / (3 + 4 * units));
  assert.ok(kernel!.every((v) => Math.abs(v) <= limit));
  assert.ok(Math.max(...kernel!) > 0.9 * limit && Math.min(...kernel!) < -0.9 * limit);
  for (let a = 0; a < units; a++)
    for (let b = 0; b <= a; b++) {
      let dot = 0;
      for (let k = 0; k < 4 * units; k++)
        dot += recurrent![a * 4 * units + k]! * recurrent![b * 4 * units + k]!;
      assert.ok(Math.abs(dot - (a === b ? 1 : 0)) < 1e-6);
    }
  assert.deepEqual(
    [...bias!],
    [0, 1, 0, 0].flatMap((v) => new Array<number>(units).fill(v)),
  );
});

test('dropout drops its share, scales the rest, and is off outside training', () => {
  const network = start(READ_OUT);
  const [kernel, bias] = network.readWeights();
  network.writeWeights([{ ...kernel!, values: kernel!.values.map(() => 1) }, bias!]);
  const count = 30;
  const inputs = {
    rows: new Float32Array(count * 50 * 40).fill(1),
    starts: Uint32Array.from({ length: count }, (_, i) => i * 50),
  };
  assert.ok(network.predict(inputs).every((sum) => sum === 40));
  // The output is 40 inputs kept or not, over 0.7; with targets 0, its mean square over steps and sequences.
  const targets = { rows: new Float32Array(count * 50), starts: inputs.starts };
  const loss = (dropoutSeed: number): number => network.readGradient({ inputs, targets, dropoutSeed }).loss;
  // Binomial: 40 × 0.7 kept on average, variance 40 × 0.7 × 0.3.
  const expected = (28 ** 2 + 8.4) / 0.49;
  const losses = Array.from({ length: 20 }, (_, seed) => loss(seed));
  // Standard error of a mean of 1,500 squares over the seeds: 2 × 28 × √8.4 / 0.49 / √30,000 = 1.9.
  const mean = losses.reduce((sum, value) => sum + value, 0) / losses.length;
  assert.ok(Math.abs(mean - expected) < 8, `${mean}, not ${expected}`);
  assert.equal(new Set(losses).size, losses.length);
  assert.equal(loss(7), losses[7]);
});

test('the gradient goes through what dropout kept', () => {
  const network = start(READ_OUT);
  const count = 9;
  const batch = drawBatch(READ_OUT, network, count, 3);
  // Where each sequence's inputs are one element only, the output tells its factor.
  const factors = new Map<string, number>();
  const [kernel, bias] = network.readWeights();
  network.writeWeights([
    { ...kernel!, values: kernel!.values.map(() => 1) },
    { ...bias!, values: bias!.values.map(() => 0) },
  ]);
  for (let column = 0; column < 40; column++) {
    const rows = new Float32Array(count * 50 * 40);
    for (let i = column; i < rows.length; i += 40) rows[i] = 1;
    for (let sequence = 0; sequence < count; sequence++)
      for (let step = 0; step < 50; step++) {
        const mask = new Float32Array(count * 50);
        mask[sequence * 50 + step] = 1;
        if ((sequence * 50 + step) % 45 !== column) continue;
        const targets = { ...batch.targets, rows: new Float32Array(count * 50) };
        const { loss } = network.readGradient({
          inputs: { ...batch.inputs, rows },
          targets,
          mask,
          dropoutSeed: 5,
        });
        factors.set([sequence, step, column].join(), Math.sqrt(loss));
      }
  }
  // A batch whose inputs are 0 but where the factor is known.
  const rows = batch.inputs.rows.map((value, i) => {
    const [sequence, step, column] = [Math.floor(i / 2000), Math.floor(i / 40) % 50, i % 40];
    return factors.has([sequence, step, column].join()) ? value : 0;
  });
  const known = { ...batch, inputs: { ...batch.inputs, rows } };
  const { loss, gradient } = network.readGradient({ ...known, dropoutSeed: 5 });
  const expected = runReference(
    READ_OUT,
    network.readWeights(),
    nestBatch(READ_OUT, network, known),
    (_, ...at) => factors.get(at.join()) ?? 1,
  );
  assert.ok(Math.abs(loss / expected.loss - 1) < 1e-5);
  for (const { name, values } of gradient)
    assert.ok(difference(values, expected.gradient.get(name)!) < 1e-4, name);
  assert.ok([...factors.values()].some((f) => f === 0));
});

test('clipping scales a long gradient and leaves a short one', () => {
  // Adam forgets a constant scale; a clipped step between two others does not go unseen.
  const steps = (clipNorm: number | undefined): readonly number[] => {
    const network = start(AUTOENCODER);
    for (let i = 0; i < 3; i++)
      network.trainBatch({ ...batchOf(i), clipNorm: i === 1 ? clipNorm : undefined });
    return network.readOptimizer().first.flatMap(({ values }) => [...values]);
  };
  assert.deepEqual(steps(1e6), steps(undefined));
  const network = start(AUTOENCODER);
  const squares = network
    .readGradient(batchOf(0))
    .gradient.flatMap(({ values }) => [...values].map((v) => v * v));
  const norm = Math.sqrt(squares.reduce((sum, v) => sum + v, 0));
  network.trainBatch({ ...batchOf(0), clipNorm: norm / 8 });
  const moments = network.readOptimizer().first.flatMap(({ values }) => [...values]);
  const length = Math.sqrt(moments.reduce((sum, v) => sum + v * v, 0));
  assert.ok(Math.abs(length / (0.1 * (norm / 8)) - 1) < 1e-5);
});

test('a loss or a gradient that overflows takes no step', () => {
  const network = start(AUTOENCODER);
  network.trainBatch(batchOf(0));
  const [weights, optimizer] = [network.readWeights(), network.readOptimizer()];
  const batch = batchOf(1);
  for (const huge of [NaN, Infinity, 3e38]) {
    const targets = {
      rows: batch.targets.rows.map((v, i) => (i === 40 ? huge : v)),
      starts: batch.targets.starts,
    };
    assert.ok(!Number.isFinite(network.trainBatch({ ...batch, targets })));
  }
  assert.deepEqual(network.readWeights(), weights);
  assert.deepEqual(network.readOptimizer(), optimizer);
});

test('inputs of any size give finite outputs', () => {
  const network = start(AUTOENCODER);
  const rows = drawFloats(8 * 3 * 4, 5).map((v, i) => (i % 3 === 0 ? v * 1e18 : i % 3 === 1 ? v * 200 : v));
  const starts = Uint32Array.of(0, 8, 16, 24);
  assert.ok(network.predict({ rows, starts }).every(Number.isFinite));
});

test('what is not measured may be anything', () => {
  const network = start(AUTOENCODER);
  const batch = drawBatch(AUTOENCODER, network, 5, 2);
  const holes = { ...batch.targets, rows: batch.targets.rows.map((v, i) => (batch.mask[i] === 0 ? NaN : v)) };
  assert.equal(network.evaluateBatch({ ...batch, targets: holes }), network.evaluateBatch(batch));
});
