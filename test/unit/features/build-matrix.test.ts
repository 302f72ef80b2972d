import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCALER_KINDS } from '../../../lib/config/feature-settings.ts';
import { buildMatrix, deviations } from '../../../lib/features/build-matrix.ts';
import { planFeatures } from '../../../lib/features/plan.ts';
import { fitScaler, profilesOf, scaleValue } from '../../../lib/features/scaler.ts';
import { compareMetrics } from '../../../lib/features/source-columns.ts';
import { allAvailable, windowOf } from './windows.ts';

const training = windowOf({
  cart: { restarts: Array<number>(100).fill(0), cpu: Array.from({ length: 100 }, (_, i) => i) },
  payment: { restarts: Array<number>(100).fill(0), cpu: Array.from({ length: 100 }, (_, i) => 1000 + i) },
});
const plan = planFeatures(training.metrics);
const scaler = fitScaler({ window: training, availability: allAvailable(training), plan });

test('rows stay in place, columns are in plan order, each entity on its own scale', () => {
  const window = windowOf({
    cart: { restarts: [0, 2], cpu: [49.5, NaN] },
    new: { restarts: [0], cpu: [500] },
    payment: { restarts: [0], cpu: [1099] },
  });
  const availability = Float64Array.of(1, 0.5, 1, 0);
  const x = buildMatrix({ window, availability, plan, scaler });
  assert.deepEqual(x.names, ['cpu', 'restarts', 'data_availability']);
  assert.deepEqual(x.entities, ['cart', 'new', 'payment']);
  assert.equal(x.entityOf, window.entityOf);
  assert.equal(x.times, window.times);
  assert.deepEqual(
    x.profiles,
    x.entities.map((entity) => profilesOf(scaler, entity)),
  );
  const [cpu] = profilesOf(scaler, 'payment');
  const [pooled] = scaler.pooled;
  assert.deepEqual(
    x.values,
    Float32Array.of(
      ...[0, 0, 0],
      ...[NaN, 100, -50],
      ...[scaleValue(500, pooled!), 0, 0],
      ...[scaleValue(1099, cpu!), 0, -100],
    ),
  );
});

test('off a constant 0 by less than what is asked for is 0, and off what varies counts', () => {
  const window = windowOf({ cart: { restarts: [2, -2, 3, NaN], cpu: [50, 50, 50, 50] } });
  const x = buildMatrix({
    window,
    availability: allAvailable(window),
    plan,
    scaler,
    leastOffZero: [1000, 3, 0],
  });
  const of = (column: number): number[] => Array.from({ length: 4 }, (_, row) => x.values[3 * row + column]!);
  assert.deepEqual(of(1), [0, 0, 100, NaN]);
  assert.ok(
    of(0).every((value) => value > 0),
    `${of(0)}`,
  );
});

test('what was constantly another value than 0 is not there because it is near 0', () => {
  const window = windowOf({ cart: { cpu: [5000, 5000], restarts: [0, 0] } });
  const profile = {
    shape: 'constant',
    center: 5000,
    scale: 0,
    low: 5000,
    high: 5000,
    offset: 5000,
    divisor: 0,
  } as const;
  const zero = { ...profile, center: 0, low: 0, high: 0, offset: 0 };
  const still = {
    ...scaler,
    entities: new Map(),
    pooled: scaler.columns.map((_, at) => (at === 0 ? profile : zero)),
  };
  const gone = windowOf({ cart: { cpu: [0, 5000], restarts: [0, 0] } });
  const x = buildMatrix({
    window: gone,
    availability: allAvailable(window),
    plan,
    scaler: still,
    leastOffZero: scaler.columns.map(() => 1000),
  });
  assert.equal(x.values[0], -100);
  assert.equal(x.values[scaler.columns.length], 0);
});

test('a metric of the model that the window lacks is an error that lists both sides', () => {
  const window = windowOf({ cart: { cpu: [1], disk: [1] } });
  assert.throws(() => buildMatrix({ window, availability: allAvailable(window), plan, scaler }), {
    name: 'FeatureError',
    code: 'schema-drift',
    message: /lacks metrics that the model was trained on: "restarts"; it has others .*: "disk"/,
  });
  assert.deepEqual(compareMetrics(plan, window), { missing: ['restarts'], extra: ['disk'] });
});

test('metrics that the model does not know are left out, in any order of columns', () => {
  const window = windowOf({ cart: { disk: [7], cpu: [10], restarts: [0] } });
  const plain = windowOf({ cart: { restarts: [0], cpu: [10] } });
  assert.deepEqual(compareMetrics(plan, window), { missing: [], extra: ['disk'] });
  assert.deepEqual(
    buildMatrix({ window, availability: allAvailable(window), plan, scaler }).values,
    buildMatrix({ window: plain, availability: allAvailable(plain), plan, scaler }).values,
  );
});

test('a scaler of another plan and an availability of another length are refused', () => {
  const other = windowOf({ cart: { cpu: [1] } });
  assert.throws(
    () =>
      buildMatrix({ window: other, availability: allAvailable(other), plan: planFeatures(['cpu']), scaler }),
    { name: 'FeatureError', message: /scaler was fitted on cpu, restarts, data_availability/ },
  );
  assert.throws(() => buildMatrix({ window: training, availability: new Float64Array(3), plan, scaler }), {
    name: 'FeatureError',
    message: /3 values for 200 rows/,
  });
});

test('a row deviates as far as its farthest column, and without end where a constant moved', () => {
  const window = windowOf({
    cart: { restarts: [0, 0, 1, NaN, 0], cpu: [49.5, 200, 200, NaN, NaN] },
  });
  const availability = Float64Array.of(1, 1, 1, NaN, 0);
  const x = buildMatrix({ window, availability, plan, scaler });
  const { values, columns } = deviations(x, scaler);
  const far = (200 - 49.5) / profilesOf(scaler, 'cart')[0]!.scale;
  assert.equal(values[0], 0);
  assert.ok(Math.abs(values[1]! - far) < 1e-6);
  assert.deepEqual(Array.from(values.subarray(2)), [Infinity, 0, Infinity]);
  // cpu, cpu, restarts, nothing measured, data_availability.
  assert.deepEqual(Array.from(columns), [0, 0, 1, -1, 2]);
});

test('how far a row is from usual does not depend on the scaler', () => {
  const window = windowOf({ cart: { restarts: [0, 0, 1, 0], cpu: [49.5, 200, 50, NaN] } });
  const distances = SCALER_KINDS.map((kind) => {
    const own = fitScaler({ window: training, availability: allAvailable(training), plan, kind });
    const x = buildMatrix({ window, availability: allAvailable(window), plan, scaler: own });
    return deviations(x, own);
  });
  const [robust, ...others] = distances;
  const far = (200 - 49.5) / profilesOf(scaler, 'cart')[0]!.scale;
  for (const { values, columns } of [robust!, ...others]) {
    // A constant that moved is an anomaly to all of them.
    assert.equal(values[2], Infinity);
    assert.deepEqual(columns, robust!.columns);
    assert.ok(Math.abs(values[0]!) < 1e-6 && Math.abs(values[1]! - far) < 1e-4);
  }
});

test('a day of the week that training has not seen is nothing that moved', () => {
  const calendar = planFeatures(training.metrics, {
    step: 60_000,
    settings: { timeZone: 'UTC', columns: [{ kind: 'calendar', cycle: 'day_of_week' }] },
  });
  const own = fitScaler({ window: training, availability: allAvailable(training), plan: calendar });
  const later = { ...training, times: training.times.map((time) => time + 3 * 86_400_000) };
  const x = buildMatrix({ window: later, availability: allAvailable(later), plan: calendar, scaler: own });
  // 1970-01-04 was a Sunday: six of seven parts of the circle.
  assert.ok(Math.abs(x.values[0]! - Math.sin((6 / 7) * 2 * Math.PI)) < 1e-6);
  assert.ok(deviations(x, own).values.every((distance) => distance <= 1));
});
