/** Against scipy.stats.spearmanr 1.17.1 (`nan_policy='omit'`). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correlateRanks } from '../../../lib/maths/rank-correlation.ts';

const rho = (a: readonly number[], b: readonly number[]): number | undefined =>
  correlateRanks(Float64Array.from(a), Float64Array.from(b))?.rho;

function assertNear(found: number | undefined, expected: number): void {
  assert.ok(found !== undefined && Math.abs(found - expected) < 1e-12, `${found} for ${expected}`);
}

test('ranks decide, and equal values share one', () => {
  assertNear(rho([1, 2, 3, 4], [1, 8, 27, 1e9]), 1);
  assertNear(rho([1, 2, 3, 4], [4, 3, 2, 1]), -1);
  assertNear(rho([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]), 0.8207826816681233);
  assertNear(rho([1, 1, 2, 2, 3, 9], [2, 1, 2, 5, 5, 5]), 0.8263342440128466);
});

test('places where one of them has no value do not count', () => {
  const a = Float64Array.of(1, Number.NaN, 2, 3, 4);
  const b = Float64Array.of(1, 5, Number.NaN, 8, 6);
  assert.deepEqual(correlateRanks(a, b)?.pairs, 3);
  assertNear(correlateRanks(a, b)?.rho, 0.5);
});

test('what is constant, or too short, goes with nothing', () => {
  assert.equal(rho([1, 1, 1], [1, 2, 3]), undefined);
  assert.equal(rho([1], [2]), undefined);
  assert.equal(rho([], []), undefined);
});
