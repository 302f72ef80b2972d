import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeEvenly, takeEveryNth, takeWithEnds } from '../../../lib/maths/take-evenly.ts';

const TEN: readonly number[] = Array.from({ length: 10 }, (_, i) => i * 10);

test('evenly: the middles of equal parts, and all where they are few', () => {
  const typed = Uint32Array.from(TEN);
  assert.deepEqual([...takeEvenly(typed, 4)], [10, 30, 60, 80]);
  assert.deepEqual(takeEvenly(TEN, 4), [10, 30, 60, 80]);
  assert.equal(takeEvenly(typed, 10), typed);
  assert.equal(takeEvenly(TEN, 11), TEN);
});

test('with ends: the first and the last are among them', () => {
  const typed = Float64Array.from(TEN);
  assert.deepEqual([...takeWithEnds(typed, 4)], [0, 30, 60, 90]);
  assert.deepEqual([...takeWithEnds(typed, 2)], [0, 90]);
  assert.equal(takeWithEnds(typed, 10), typed);
});

test('every so-many-th: the first, and no more than asked for', () => {
  assert.deepEqual(takeEveryNth(TEN, 4), [0, 30, 60, 90]);
  assert.deepEqual(takeEveryNth(TEN, 9), [0, 20, 40, 60, 80]);
  assert.deepEqual(takeEveryNth(TEN, 10), TEN);
});
