import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanBefore } from '../../../../../lib/models/kinds/nearest-value/level.ts';

test('the mean of the rows before, as many as there are, from a quarter of them on', () => {
  const levels = meanBefore(Float32Array.of(1, 2, 3, 4, 5, 6, 7), 4);
  assert.deepEqual([...levels], [NaN, 1, 1.5, 2, 2.5, 3.5, 4.5]);
});

test('missing values have no part; too few measured ones are no level', () => {
  const values = new Float32Array(40).fill(NaN);
  values[20] = 8;
  const levels = meanBefore(values, 32);
  assert.ok(Number.isNaN(levels[39]!), 'one of 32 is less than a sixteenth');
  values[21] = 4;
  assert.equal(meanBefore(values, 32)[39], 6);
});

test('a huge value is forgotten once it is past', () => {
  const values = Float32Array.from({ length: 30 }, (_, i) => (i === 5 ? 1e30 : 0.1));
  const levels = meanBefore(values, 8);
  assert.ok(Math.abs(levels[29]! - 0.1) < 1e-7);
});

test('0 rows: values as they are', () => {
  assert.deepEqual([...meanBefore(Float32Array.of(3, 4), 0)], [0, 0]);
});
