import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LivedFigures, NO_FIGURES } from '../../../../bench/lived/judge-incidents.ts';
import { LEVELS, listThresholds, pickLevel, pickOwnLevel } from '../../../../bench/lived/peer-levels.ts';
import { findPersistentIncidents } from '../../../../bench/lived/persistent-incidents.ts';

const STEP = 60_000;

test('four of five rows open an incident, and ten quiet ones end it', () => {
  const scores = [0, 1, 1, 0, 1, 1, 1, ...Array(9).fill(0), 1, ...Array(12).fill(0)];
  assert.deepEqual(find(scores), [
    { entity: 'a', start: STEP, end: 17 * STEP, alertedAt: 5 * STEP, resolvedAt: 26 * STEP },
  ]);
});

test('three of five rows are none, nor are rows on both sides of a gap, nor missing scores', () => {
  assert.deepEqual(find([1, 1, 0, 1, 0, 0, 1, 1]), []);
  assert.deepEqual(find([1, 1, 1, NaN, NaN]), []);
  const times = [0, 1, 2, 60, 61].map((row) => row * STEP);
  assert.deepEqual(find([1, 1, 1, 1, 1], times), []);
});

test('a score at the threshold is usual', () => {
  assert.deepEqual(find([0.5, 0.5, 0.5, 0.5, 0.5]), []);
});

test('an incident that does not end is open', () => {
  assert.deepEqual(find([1, 1, 1, 1]), [
    { entity: 'a', start: 0, end: 4 * STEP, alertedAt: 3 * STEP, resolvedAt: undefined },
  ]);
});

test('thresholds ascend and stand on training scores that exist', () => {
  const thresholds = listThresholds(Float64Array.from({ length: 1001 }, (_, i) => (i === 0 ? NaN : i)));
  assert.equal(thresholds.length, LEVELS.length);
  assert.deepEqual(
    thresholds,
    [...thresholds].sort((a, b) => a - b),
  );
  assert.equal(thresholds[LEVELS.indexOf('max × 2')], 2_000);
  assert.ok(listThresholds(Float64Array.of(NaN)).every((threshold) => threshold === Infinity));
});

test('a level has as many false incidents as ours or the next fewer, and finds the most of those', () => {
  const levels = [figures(9, 9), figures(3, 5), figures(3, 6), figures(2, 8), figures(0, 1)];
  assert.equal(pickLevel(levels, figures(3, 0)), 2);
  assert.equal(pickLevel(levels, figures(1, 0)), 4);
  assert.equal(pickLevel(levels.slice(0, 2), figures(1, 0)), undefined);
});

test('without hindsight it is the lowest level from which on the training tells of one a week', () => {
  const WEEK = 7 * 86_400_000;
  // One long incident at a low level is no reason to take it.
  assert.equal(pickOwnLevel([1, 9, 3, 2, 1, 0], WEEK), 4);
  assert.equal(pickOwnLevel([1, 9, 3, 2, 1, 0], 2 * WEEK), 3);
  assert.equal(pickOwnLevel([1, 9, 3, 2, 1, 0], WEEK / 2), 5);
  assert.equal(pickOwnLevel([0, 0], WEEK), 0);
  assert.equal(pickOwnLevel([3, 2], WEEK), undefined);
});

test('a level that is in alert nearly always is left out, unless ours is as well', () => {
  const levels = [figures(0, 9, 60), figures(0, 2, 4)];
  assert.equal(pickLevel(levels, figures(0, 0)), 1);
  assert.equal(pickLevel(levels, figures(0, 0, 70)), 0);
});

function figures(falseIncidents: number, found: number, inAlertOutside = 0): LivedFigures {
  return { ...NO_FIGURES, falseIncidents, found, outside: 100, inAlertOutside };
}

function find(scores: readonly number[], times = scores.map((_, row) => row * STEP)) {
  return findPersistentIncidents({
    entity: 'a',
    times: Float64Array.from(times),
    scores: Float64Array.from(scores),
    threshold: 0.5,
    step: STEP,
  }).incidents;
}
