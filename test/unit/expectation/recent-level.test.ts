import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCKS, findRecentLevels, LEAST_BLOCKS } from '../../../lib/expectation/recent-level.ts';
import { normalRows } from '../../helpers/feature-matrices.ts';

const BLOCK = 15;
const REACH = { rows: BLOCKS * BLOCK, block: BLOCK };

function placesFrom(first: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => first + i);
}

test('too few blocks say nothing, and then the level is their median', () => {
  const values = new Float64Array(200).fill(7);
  const levels = findRecentLevels(placesFrom(0, 200), values, REACH);
  for (let i = 0; i < 200; i++) assert.equal(levels[i], i < LEAST_BLOCKS * BLOCK ? NaN : 7, `${i}`);
});

test('a level that moved is followed once half of the hours have it, and not before', () => {
  const moved = 600;
  const values = Float64Array.from({ length: 1200 }, (_, i) => (i < moved ? 0 : 10));
  const levels = findRecentLevels(placesFrom(0, 1200), values, REACH);
  const half = REACH.rows / 2;
  assert.equal(levels[moved + half - BLOCK], 0);
  assert.equal(levels[moved + half + BLOCK], 10);
  const back = Float64Array.from({ length: 1200 }, (_, i) => (i >= moved && i < moved + 150 ? 10 : 0));
  assert.ok(findRecentLevels(placesFrom(0, 1200), back, REACH).every((level) => !(level > 0)));
});

test('missing values say nothing, and a silence longer than the reach is forgotten', () => {
  const values = new Float64Array(400).fill(3);
  for (let i = 0; i < 200; i++) if (i % 2 === 0) values[i] = NaN;
  const levels = findRecentLevels(placesFrom(0, 400), values, REACH);
  assert.equal(levels[399], 3);
  assert.equal(levels[61], 3);
  const none = findRecentLevels(
    placesFrom(0, 400),
    values.map(() => NaN),
    REACH,
  );
  assert.ok(none.every(Number.isNaN));
  const late = Float64Array.from({ length: 200 }, (_, i) => (i < 100 ? i : i + 1000));
  const after = findRecentLevels(late, new Float64Array(200).fill(3), REACH);
  assert.equal(after[99], 3);
  assert.ok(after.subarray(100, 150).every(Number.isNaN));
});

test('a level does not depend on where the stretch begins, if it begins early enough', () => {
  const values = Float64Array.from(normalRows(900, 1, 3), ([value]) => value!);
  fc.assert(
    fc.property(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 0, max: 500 }), (first, cut) => {
      const places = placesFrom(first, 900);
      const whole = findRecentLevels(places, values, REACH);
      const part = findRecentLevels(places.subarray(cut), values.subarray(cut), REACH);
      const from = cut + REACH.rows + BLOCK;
      assert.deepEqual(part.subarray(from - cut), whole.subarray(from));
    }),
    { numRuns: 60 },
  );
});
