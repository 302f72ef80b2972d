import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { psiWeights, toCompanion } from '../../../../../lib/models/kinds/arima/covariance.ts';
import { difference } from '../../../../../lib/models/kinds/arima/difference.ts';
import { minimise } from '../../../../../lib/models/kinds/arima/minimise.ts';
import {
  constrain,
  expandAr,
  expandDifferences,
  expandMa,
  joinAr,
  sumAr,
  unconstrain,
} from '../../../../../lib/models/kinds/arima/polynomial.ts';

const free = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 5 });

test('(1 - 0.5 L)(1 - 0.2 L^3) and (1 + 0.5 L)(1 + 0.2 L^3), by hand', () => {
  assert.deepEqual([...expandAr([0.5], [0.2], 3)], [0.5, 0, 0.2, -0.1]);
  assert.deepEqual([...expandMa([0.5], [0.2], 3)], [0.5, 0, 0.2, 0.1]);
});

test('differences as an autoregression: (1 - L)^2 and (1 - L)(1 - L^4)', () => {
  assert.deepEqual([...expandDifferences(2, 0, 1)], [2, -1]);
  assert.deepEqual([...expandDifferences(1, 1, 4)], [1, 0, 0, 1, -1]);
  assert.equal(sumAr(expandDifferences(1, 0, 1)), 0);
});

test('differencing, and an autoregression of the same polynomial, leave the same', () => {
  const y = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5);
  const phi = joinAr(new Float64Array(0), expandDifferences(1, 1, 4));
  const w = difference(y, { d: 1, seasonalD: 1, season: 4 });
  for (let t = 5; t < y.length; t++) {
    const rest = phi.reduce((sum, each, i) => sum - each * y[t - 1 - i]!, y[t]!);
    assert.equal(w[t - 5], rest);
  }
});

test('a missing value takes its differences with it, and too short a series leaves none', () => {
  const w = difference(Float64Array.of(1, NaN, 3, 4, 6), { d: 1, seasonalD: 0, season: 1 });
  assert.deepEqual([...w], [NaN, NaN, 1, 2]);
  assert.equal(difference(Float64Array.of(1, 2), { d: 1, seasonalD: 1, season: 12 }).length, 0);
});

test('whatever the free numbers, the process is stationary', () => {
  fc.assert(
    fc.property(free, (given) => {
      const psi = psiWeights(toCompanion(constrain(given), []), 4000);
      assert.ok(
        psi.subarray(3900).every((weight) => Math.abs(weight) < 1),
        `${given}`,
      );
    }),
  );
});

test('the way to coefficients and back', () => {
  fc.assert(
    fc.property(free, (given) => {
      const back = unconstrain(constrain(given));
      for (const [i, value] of back.entries())
        assert.ok(Math.abs(value - given[i]!) < 1e-4, `${given}: ${back}`);
    }),
  );
});

test('coefficients with a unit root, or worse, are drawn inside', () => {
  for (const given of [[1], [2, -1], [5, 5, 5], [NaN, 1]])
    assert.ok(unconstrain(given).every(Number.isFinite), `${given}`);
});

test('the search finds the bottom of a curved valley', () => {
  const rosenbrock = ([x, y]: ArrayLike<number> & Iterable<number>): number =>
    (1 - (x ?? 0)) ** 2 + 100 * ((y ?? 0) - (x ?? 0) ** 2) ** 2;
  const { at, value } = minimise(rosenbrock, {
    start: [-1.2, 1],
    tolerance: 1e-12,
    maxIterations: 200,
    central: true,
  });
  assert.ok(value < 1e-8 && Math.abs(at[0]! - 1) < 1e-3 && Math.abs(at[1]! - 1) < 1e-3, `${at}: ${value}`);
});

test('the search stays where the function is finite', () => {
  const { at } = minimise(([x]) => (x! > 2 ? Infinity : (x! - 3) ** 2), {
    start: [0],
    tolerance: 1e-9,
    maxIterations: 100,
    central: false,
  });
  assert.ok(at[0]! > 1.5 && at[0]! <= 2, `${at[0]}`);
  const stuck = minimise(() => NaN, { start: [1], tolerance: 1e-9, maxIterations: 10, central: true });
  assert.equal(stuck.value, Infinity);
});
