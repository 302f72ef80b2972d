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
  const { levels } = findRecentLevels(placesFrom(0, 200), values, REACH);
  for (let i = 0; i < 200; i++) assert.equal(levels[i], i < LEAST_BLOCKS * BLOCK ? NaN : 7, `${i}`);
});

test('a level that moved is followed once half of the hours have it, and not before', () => {
  const moved = 600;
  const values = Float64Array.from({ length: 1200 }, (_, i) => (i < moved ? 0 : 10));
  const { levels } = findRecentLevels(placesFrom(0, 1200), values, REACH);
  const half = REACH.rows / 2;
  assert.equal(levels[moved + half - BLOCK], 0);
  assert.equal(levels[moved + half + BLOCK], 10);
  const back = Float64Array.from({ length: 1200 }, (_, i) => (i >= moved && i < moved + 150 ? 10 : 0));
  assert.ok(findRecentLevels(placesFrom(0, 1200), back, REACH).levels.every((level) => !(level > 0)));
});

/** Whether the rows agree after each hour from when on half of what is looked back on is of these values. */
function agreeAfter(values: (i: number, noise: number) => number, seed: number): readonly number[] {
  const noise = normalRows(1500, 1, seed);
  const all = Float64Array.from(noise, ([own], i) => (i < 600 ? own! : values(i - 600, own!)));
  const { agree } = findRecentLevels(placesFrom(0, 1500), all, REACH);
  return [240, 300, 360, 480, 600, 720, 840].map((after) => agree[600 + after]!);
}

test('rows of a level that moved and stays agree with each other, also with three times the noise', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    for (const [level, wider] of [
      [6, 1],
      [-10, 2],
      [20, 3],
      [300, 30],
    ] as const) {
      const agree = agreeAfter((_, own) => level + wider * own, seed);
      assert.ok(!agree.includes(0), `${seed}, ${level}: ${agree.join(' ')}`);
    }
  }
});

test('those of what climbs on, or goes to and fro between extremes, do not', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    for (const climb of [1, 3, 10]) {
      const agree = agreeAfter((i, own) => own + (climb * i) / 60, seed);
      assert.ok(!agree.includes(1), `${seed}, ${climb} an hour: ${agree.join(' ')}`);
    }
    for (const rows of [5, 30]) {
      const agree = agreeAfter((i, own) => own + (Math.floor(i / rows) % 2 === 0 ? 40 : 10), seed);
      assert.ok(!agree.includes(1), `${seed}, each ${rows}: ${agree.join(' ')}`);
    }
  }
});

test('a fault of an hour on a level that has stayed takes nothing from it', () => {
  for (const seed of [1, 2, 3])
    assert.ok(!agreeAfter((i, own) => own + (i >= 480 && i < 540 ? 40 : 20), seed).includes(0), `${seed}`);
});

test('missing values say nothing, and a silence longer than the reach is forgotten', () => {
  const values = new Float64Array(400).fill(3);
  for (let i = 0; i < 200; i++) if (i % 2 === 0) values[i] = NaN;
  const { levels } = findRecentLevels(placesFrom(0, 400), values, REACH);
  assert.equal(levels[399], 3);
  assert.equal(levels[61], 3);
  const { levels: none } = findRecentLevels(
    placesFrom(0, 400),
    values.map(() => NaN),
    REACH,
  );
  assert.ok(none.every(Number.isNaN));
  const late = Float64Array.from({ length: 200 }, (_, i) => (i < 100 ? i : i + 1000));
  const { levels: after } = findRecentLevels(late, new Float64Array(200).fill(3), REACH);
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
      assert.deepEqual(part.agree.subarray(from - cut), whole.agree.subarray(from));
      assert.deepEqual(part.levels.subarray(from - cut), whole.levels.subarray(from));
    }),
    { numRuns: 60 },
  );
});

test('rows that stray within each block do not agree, though the medians of the blocks do', () => {
  for (const seed of [1, 2, 3]) {
    const agree = agreeAfter((i, own) => 10 * (1 + (i % 3)) + own / 10, seed);
    assert.ok(!agree.includes(1), `${seed}: ${agree.join(' ')}`);
  }
});

test('from a row on, levels and whether their rows agree are as without one; before it nothing is said of that', () => {
  const noise = normalRows(1500, 1, 3);
  const values = Float64Array.from(noise, ([own], i) => (i < 600 ? 0 : 20) + own!);
  const all = findRecentLevels(placesFrom(0, 1500), values, REACH);
  const newest = findRecentLevels(placesFrom(0, 1500), values, REACH, 1200);
  assert.deepEqual(newest.levels, all.levels);
  assert.deepEqual(newest.agree.subarray(1200), all.agree.subarray(1200));
  assert.ok(all.agree.subarray(0, 1100).includes(1));
  assert.ok(!newest.agree.subarray(0, 1100).includes(1));
});
