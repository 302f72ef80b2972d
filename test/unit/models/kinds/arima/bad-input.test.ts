import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createUnivariateModel } from '../../../../../lib/models/framework/univariate/model.ts';
import { arimaKind } from '../../../../../lib/models/kinds/arima/kind.ts';
import { NO_DEADLINE, toMatrix } from '../../../../helpers/feature-matrices.ts';
import { accumulate, drawNormals } from './simulate.ts';

const arima = createUnivariateModel(arimaKind);

const RUN = { seed: 1, deadline: NO_DEADLINE };
const noise = drawNormals(600, 9);

/** 600 rows each. */
const SERIES: Readonly<Record<string, (t: number) => number>> = {
  'a constant': () => 7,
  'a constant of 0': () => 0,
  'a huge constant': () => 3e37,
  'two values only': (t) => (noise[t]! > 0.3 ? 1 : 0),
  'two values, seldom the other': (t) => (t % 199 === 0 ? 1 : 0),
  'a spike in a flat line': (t) => (t === 300 ? 50 : 2),
  '90 % gaps': (t) => (t % 10 === 3 ? 5 + noise[t]! : NaN),
  '90 % gaps in a trend': (t) => (t % 10 === 3 ? t + noise[t]! : NaN),
  'huge values': (t) => 1e18 * noise[t]!,
  'one huge value': (t) => (t === 400 ? 1e18 : noise[t]!),
  'tiny values': (t) => 1e-30 * noise[t]!,
  'negative values on a far level': (t) => -1e9 + noise[t]!,
  'non-stationary to the end': (t) => walk[t]!,
  'growing faster and faster': (t) => 1.05 ** Math.min(t, 500),
  'a straight line': (t) => 3 * t,
  'a square of time': (t) => t * t,
  'a pure sine': (t) => Math.sin(t / 9),
  alternating: (t) => t % 2,
  'a counter that restarts': (t) => t % 50,
  'one value': (t) => (t === 250 ? 1 : NaN),
  'two far values': (t) => (t === 0 || t === 599 ? t : NaN),
  'a level that moved at the end': (t) => (t > 590 ? 100 : noise[t]!),
  'nothing but noise': (t) => noise[t]!,
};
const walk = accumulate(accumulate(noise));

describe('every measured row gets a finite score, and what is far off the highest one', () => {
  for (const [name, valueAt] of Object.entries(SERIES)) {
    test(name, async () => {
      const values = Float32Array.from({ length: 600 }, (_, t) => valueAt(t));
      const x = toMatrix(Array.from(values, (value) => [value]));
      const fitted = await arima.fit(x, arima.parseParams({}), RUN);
      const loaded = arima.load(fitted.save());
      const scores = await loaded.score(x);
      assert.ok(scores.subarray(fitted.contextRows).every(Number.isFinite));
      const far = { ...x, values: values.with(599, Math.min((values[599]! || 1) * 1e6 + 1e6, 3e38)) };
      const spoilt = await loaded.score(far);
      assert.ok(Number.isFinite(spoilt[599]!));
      assert.ok(spoilt[599]! >= scores[599]!, `${spoilt[599]}, before ${scores[599]}`);
      const [contributions] = await loaded.explain(far, Uint32Array.of(599));
      for (const { expected = 0, low = 0, high = 0 } of contributions!)
        assert.ok([expected, low, high].every(Number.isFinite) && low <= expected && expected <= high);
    });
  }
});

for (const rows of [2, 3, 5, 10, 19, 20, 21, 30, 50])
  test(`a series of ${rows} rows`, async () => {
    const x = toMatrix(Array.from(noise.subarray(0, rows), (value) => [value, 1]));
    const fitted = await arima.fit(x, arima.parseParams({}), RUN);
    const later = toMatrix(Array.from(noise, (value) => [value, 1]));
    const scores = await fitted.score(later);
    assert.ok(scores.subarray(fitted.contextRows).every(Number.isFinite));
  });

test('rows at the same time, and at odd ones', async () => {
  const table = Array.from(noise, (value) => [value]);
  const even = toMatrix(table);
  for (const times of [
    even.times.map((time) => Math.floor(time / 180_000) * 180_000),
    even.times.map((time, t) => time + ((t * 7919) % 50_000)),
    even.times.map((_, t) => Math.floor(t / 100) * 86_400_000 * 365 + t),
    even.times.map(() => 0),
  ]) {
    const x = { ...even, times };
    const fitted = await arima.fit(x, arima.parseParams({}), RUN);
    assert.ok((await fitted.score(x)).subarray(fitted.contextRows).every(Number.isFinite));
  }
});

test('any order that can be asked for fits noise, a walk and gaps', async () => {
  for (const order of [
    [2, 2, 1],
    [5, 0, 0],
    [0, 0, 0],
  ])
    for (const seasonalOrder of [
      [0, 0, 0],
      [1, 1, 2],
    ]) {
      const x = toMatrix(
        Array.from({ length: 120 }, (_, t) => [noise[t]!, walk[t]!, t % 3 === 0 ? NaN : noise[t]!]),
      );
      const params = arima.parseParams({ order, seasonalOrder, season: 7 });
      const fitted = await arima.fit(x, params, RUN);
      assert.ok(
        (await fitted.score(x)).subarray(fitted.contextRows).every(Number.isFinite),
        `${order} ${seasonalOrder}`,
      );
    }
});
