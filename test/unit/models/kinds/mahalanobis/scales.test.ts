import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTEXT_ROWS, readScale } from '../../../../../lib/models/kinds/mahalanobis/scales.ts';

/** One column. */
const stretch = (...values: number[]) => ({ values: Float64Array.from(values), width: 1 });

test('a change is the mean of the newest rows off the mean of those before them', () => {
  const x = stretch(1, 2, 3, 10, 20);
  assert.equal(readScale(x, 4, 0, 'level'), 20);
  assert.equal(readScale(x, 4, 0, { before: 1, newest: 1 }), 10);
  assert.equal(readScale(x, 4, 0, { before: 3, newest: 2 }), 15 - 2);
});

test('missing values are left out of a mean; without any before it there is no change', () => {
  const x = stretch(4, NaN, 6, 9);
  assert.equal(readScale(x, 3, 0, { before: 3, newest: 1 }), 9 - 5);
  assert.ok(Number.isNaN(readScale(x, 2, 0, { before: 1, newest: 1 })));
  assert.ok(Number.isNaN(readScale(x, 1, 0, { before: 1, newest: 1 })));
  assert.ok(Number.isNaN(readScale(x, 0, 0, { before: 1, newest: 1 })));
});

test('the longest change of a row reads the rows of context, and none before them', () => {
  const values = new Float64Array(CONTEXT_ROWS + 2).fill(1);
  const scale = { before: 40, newest: 8 };
  assert.equal(CONTEXT_ROWS, scale.before + scale.newest - 1);
  const row = CONTEXT_ROWS + 1;
  const of = (at: number): number => readScale({ values: values.with(at, 41), width: 1 }, row, 0, scale);
  assert.equal(of(0), 0);
  assert.equal(of(1), -1);
});
