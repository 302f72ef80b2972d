import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { medianOf, middleOf, takeMedian } from '../../../lib/maths/median.ts';

test('the middle one, or the mean of both middle ones', () => {
  assert.equal(middleOf([1, 2, 10]), 2);
  assert.equal(middleOf([1, 2, 3, 10]), 2.5);
  assert.equal(middleOf([7]), 7);
});

test('missing values are left out, the input stays as it is, and of none there is none', () => {
  const values = Float64Array.of(3, NaN, 1, 2, NaN, 8);
  assert.equal(medianOf(values), 2.5);
  assert.deepEqual([...values], [3, NaN, 1, 2, NaN, 8]);
  assert.ok(Number.isNaN(medianOf(Float64Array.of(NaN))));
});

test('however the values are held, and however many they are, the median is the same', () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), {
    minLength: 1,
    maxLength: 80,
  });
  fc.assert(
    fc.property(values, (given) => {
      const expected = medianOf(Float64Array.from(given));
      assert.equal(takeMedian([...given]), expected);
      assert.equal(takeMedian(Float64Array.from(given)), expected);
    }),
  );
});
