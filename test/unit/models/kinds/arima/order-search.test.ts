import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseOrder, countSeasonalDifferences } from '../../../../../lib/models/kinds/arima/choose-order.ts';
import { difference } from '../../../../../lib/models/kinds/arima/difference.ts';
import { estimateArma } from '../../../../../lib/models/kinds/arima/estimate.ts';
import { describeOrder, type Order } from '../../../../../lib/models/kinds/arima/order.ts';
import { parseParams } from '../../../../../lib/models/kinds/arima/params.ts';
import { measureMoments, startValues } from '../../../../../lib/models/kinds/arima/start-values.ts';
import { countDifferences } from '../../../../../lib/models/kinds/arima/unit-root.ts';
import { accumulate, drawNormals, simulateArma } from './simulate.ts';

const PLAIN = { season: 1, params: parseParams({}), isPooled: false };

/** AICc over the newest rows that the search compares on. */
function aiccOf(y: Float64Array, order: Order): number {
  const w = difference(y, order).slice(-600);
  return estimateArma(w, order, { start: startValues(measureMoments(w, 5), order), effort: 'full' })!.aicc;
}

for (const [name, y, truth] of [
  ['AR(2)', simulateArma(800, { phi: [1.1, -0.5], seed: 1 }), { p: 2, d: 0, q: 0, constant: false }],
  ['MA(1)', simulateArma(800, { theta: [0.7], seed: 2 }), { p: 0, d: 0, q: 1, constant: false }],
  [
    'ARMA(1,1)',
    simulateArma(800, { phi: [0.8], theta: [0.5], seed: 3 }),
    { p: 1, d: 0, q: 1, constant: false },
  ],
  [
    'IMA(1,1)',
    accumulate(simulateArma(800, { theta: [-0.6], seed: 4 })),
    { p: 0, d: 1, q: 1, constant: false },
  ],
] as const)
  test(`${name}: d is right, and the AICc of the order found is that of the true one, or lower`, () => {
    const found = chooseOrder(y, PLAIN);
    assert.ok(found !== undefined);
    const order = { ...truth, seasonalP: 0, seasonalD: 0, seasonalQ: 0, season: 1 };
    assert.equal(found.d, order.d);
    // Candidates are compared by a search that stops 0.1 from its optimum.
    assert.ok(aiccOf(y, found) < aiccOf(y, order) + 1, `${describeOrder(found)}`);
  });

test('a season that repeats is differenced, noise is not', () => {
  const noise = drawNormals(480, 7);
  const seasonal = noise.map((each, t) => 5 * Math.sin((2 * Math.PI * t) / 12) + each);
  assert.equal(countSeasonalDifferences(seasonal, 12), 1);
  assert.equal(countSeasonalDifferences(noise, 12), 0);
  assert.equal(countSeasonalDifferences(seasonal.subarray(0, 35), 12), 0, 'fewer than three seasons');
  assert.equal(chooseOrder(seasonal, { ...PLAIN, season: 12 })?.seasonalD, 1);
});

test('a series that returns to its level is not differenced, even where the test finds a unit root', () => {
  const lasting = simulateArma(2000, { phi: [0.8], seed: 11 }).map((value, t) => value + t / 500);
  assert.equal(countDifferences(lasting, 1), 1);
  assert.equal(chooseOrder(lasting, PLAIN)?.d, 0);
  const straight = simulateArma(2000, { phi: [0.8], seed: 11 }).map((value, t) => value + t / 5);
  assert.equal(chooseOrder(straight, PLAIN)?.d, 1);
});

test('a walk with many gaps is not differenced: too few differences are left', () => {
  const walk = accumulate(drawNormals(900, 8));
  assert.equal(countDifferences(walk, 1), 1);
  assert.equal(
    countDifferences(
      walk.map((value, t) => (t % 3 === 0 ? value : NaN)),
      1,
    ),
    0,
  );
});

test('what is asked for is taken as it is', () => {
  const y = drawNormals(300, 9);
  const given = parseParams({ order: [2, 1, 0], seasonalOrder: [1, 0, 2], season: 6 });
  const order = chooseOrder(y, { season: 6, params: given, isPooled: false });
  assert.deepEqual(order, {
    p: 2,
    d: 1,
    q: 0,
    seasonalP: 1,
    seasonalD: 0,
    seasonalQ: 2,
    season: 6,
    constant: true,
  });
  assert.equal(describeOrder(order!), '(2,1,0)(1,0,2)6 with a constant');
  const half = parseParams({ seasonalOrder: [0, 1, 1], season: 6 });
  const found = chooseOrder(y, { season: 6, params: half, isPooled: false });
  assert.deepEqual([found?.seasonalP, found?.seasonalD, found?.seasonalQ], [0, 1, 1]);
});

test('a bound on p and q, or on the models tried, is kept', () => {
  const y = simulateArma(500, { phi: [0.5, 0.2, 0.2], theta: [0.4, 0.3], seed: 10 });
  const found = chooseOrder(y, { ...PLAIN, params: parseParams({ maxOrder: 1 }) });
  assert.ok(found !== undefined && found.p <= 1 && found.q <= 1);
  const first = chooseOrder(y, { ...PLAIN, params: parseParams({ maxModels: 1 }) });
  assert.deepEqual([first?.p, first?.q], [2, 2]);
});
