/** The kernel against the same networks in double precision, and those against finite differences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seedRandom } from '../../../lib/maths/random.ts';
import type { LayerSpec, NetworkSpec } from '../../../lib/nn/contract.ts';
import { createNetwork } from '../../../lib/nn/create-network.ts';
import { KERNEL_BUILDS } from '../../../scripts/build-kernel.ts';
import { difference, drawBatch, drawWeights, nestBatch } from './helpers.ts';
import { runReference } from './reference-network.ts';

/** Relative to a weight's largest gradient, or to this where all are smaller: sums of about 1 cancelled. */
const FLOOR = 1e-3;

const lstm = (units: number, returnSequences = true): LayerSpec => ({ type: 'lstm', units, returnSequences });
const both = (units: number, returnSequences = true): LayerSpec => {
  return { type: 'bidirectional-lstm', units, returnSequences };
};
const dense = (units: number, activation: 'linear' | 'sigmoid' = 'linear'): LayerSpec => {
  return { type: 'dense', units, activation };
};
const spec = (
  steps: number,
  features: number,
  layers: readonly LayerSpec[],
  loss: NetworkSpec['loss'] = 'mse',
): NetworkSpec => ({ steps, features, layers, loss });

const SHAPES: Readonly<Record<string, { readonly spec: NetworkSpec; readonly count: number }>> = {
  'one feature, one step, one unit, one sequence': { spec: spec(1, 1, [lstm(1, false), dense(1)]), count: 1 },
  'hidden not a multiple of 4': { spec: spec(9, 3, [lstm(7, false), dense(2)]), count: 11 },
  'an autoencoder of 2 + 2 layers': {
    spec: spec(12, 5, [lstm(10), lstm(6, false), { type: 'repeat', steps: 12 }, lstm(6), lstm(10), dense(5)]),
    count: 19,
  },
  'two bidirectional layers and a classifier': {
    spec: spec(
      10,
      4,
      [both(5), both(9, false), dense(3, 'sigmoid'), dense(1, 'sigmoid')],
      'binary-crossentropy',
    ),
    count: 9,
  },
  'attention over an LSTM': { spec: spec(17, 3, [lstm(6), { type: 'attention' }, dense(2)]), count: 8 },
  'attention over a bidirectional LSTM, twice': {
    spec: spec(6, 2, [
      both(3),
      { type: 'attention' },
      { type: 'repeat', steps: 3 },
      both(2),
      { type: 'attention' },
      dense(2, 'sigmoid'),
    ]),
    count: 5,
  },
  'no LSTM at all': { spec: spec(4, 2, [dense(3, 'sigmoid'), { type: 'attention' }, dense(1)]), count: 3 },
  'more steps than are packed at once': { spec: spec(150, 2, [lstm(3), lstm(2, false), dense(1)]), count: 8 },
};

for (const [what, { spec: network, count }] of Object.entries(SHAPES)) {
  for (const build of KERNEL_BUILDS)
    test(`${what}: forward within 1e-5, gradients within 1e-4 (${build})`, () =>
      check(network, count, build, 5));

  test(`${what}: gradients follow finite differences`, () => compareDifferences(network, Math.min(count, 5)));
}

test('10,000 random shapes', () => {
  const random = seedRandom(2026);
  for (let i = 0; i < 10_000; i++) {
    const drawn = drawSpec(random);
    check(drawn, 1 + random.nextBelow(10), KERNEL_BUILDS[i % 2]!, i);
  }
});

function check(network: NetworkSpec, count: number, build: 'fused' | 'plain', seed: number): void {
  const engine = createNetwork(network, { threads: 1, build });
  try {
    engine.writeWeights(drawWeights(engine, seed));
    const batch = drawBatch(network, engine, count, seed);
    const expected = runReference(network, engine.readWeights(), nestBatch(network, engine, batch));
    const what = `seed ${seed}, ${count} × ${JSON.stringify(network)}`;
    assert.ok(difference(engine.predict(batch.inputs), expected.outputs.flat(2)) < 1e-5, what);
    const { loss, gradient } = engine.readGradient(batch);
    assert.ok(Math.abs(loss - expected.loss) <= 1e-5 * Math.max(1e-3, expected.loss), what);
    for (const { name, values } of gradient) {
      const apart = difference(values, expected.gradient.get(name)!, FLOOR);
      assert.ok(apart < 1e-4, `${name} is off by ${apart}: ${what}`);
    }
  } finally {
    engine.close();
  }
}

/** Central differences of the double-precision loss, in each weight's first, middle and last element. */
function compareDifferences(network: NetworkSpec, count: number): void {
  const engine = createNetwork(network, { threads: 1 });
  engine.writeWeights(drawWeights(engine, 3));
  const batch = drawBatch(network, engine, count, 3);
  const nested = nestBatch(network, engine, batch);
  const weights = engine.readWeights().map((array) => ({ ...array, values: Array.from(array.values) }));
  const { gradient } = engine.readGradient(batch);
  engine.close();
  const lossAt = (): number => {
    const arrays = weights.map((array) => ({ ...array, values: array.values as unknown as Float32Array }));
    return runReference(network, arrays, nested).loss;
  };
  const h = 1e-5;
  for (const [i, { name, values }] of weights.entries()) {
    const exact = gradient[i]!.values;
    const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), FLOOR);
    for (const at of new Set([0, values.length >> 1, values.length - 1])) {
      const before = values[at]!;
      values[at] = before + h;
      const above = lossAt();
      values[at] = before - h;
      const slope = (above - lossAt()) / (2 * h);
      values[at] = before;
      assert.ok(Math.abs(slope - exact[at]!) < 1e-4 * largest, `${name}[${at}]: ${exact[at]}, not ${slope}`);
    }
  }
}

function drawSpec(random: Random): NetworkSpec {
  const size = (): number => 1 + random.nextBelow(6);
  const layers: LayerSpec[] = [];
  let timed = true;
  for (let i = random.nextBelow(3); i >= 0; i--) {
    if (!timed) {
      if (random.nextBelow(2) === 0) break;
      layers.push({ type: 'repeat', steps: size() });
    }
    const returnSequences = random.nextBelow(2) === 0;
    layers.push({
      type: random.nextBelow(3) === 0 ? 'bidirectional-lstm' : 'lstm',
      units: size(),
      returnSequences,
    });
    timed = returnSequences;
  }
  if (timed && random.nextBelow(2) === 0) layers.push({ type: 'attention' });
  const classifier = random.nextBelow(3) === 0;
  layers.push(dense(1 + random.nextBelow(3), classifier ? 'sigmoid' : 'linear'));
  return spec(size(), size(), layers, classifier ? 'binary-crossentropy' : 'mse');
}
