import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareHalves, halvesOf } from '../../../lib/maths/foretell.ts';

const series = { times: Float64Array.of(0, 1, 2, 3), values: Float64Array.of(1, 3, 5, NaN) };
const parts = halvesOf(series);

test('the first half and the rest', () => {
  const [first, second] = halvesOf({ times: Float64Array.of(0, 1, 2), values: Float64Array.of(7, 8, 9) });
  assert.deepEqual([[...first.times], [...second.values]], [[0], [8, 9]]);
});

test('each half is judged by what the other one taught; missing values count nowhere', () => {
  const fit = ({ values }: { readonly values: Float64Array }): number => values[0]!;
  // Learned from [1, 3]: 1, median 2; judged 5. Learned from [5, NaN]: 5, median 5; judged 1 and 3.
  assert.deepEqual(compareHalves(parts, { fit, read: (curve) => curve }), {
    fromCurve: 4 + 4 + 2,
    fromLevel: 3 + 4 + 2,
  });
  assert.equal(compareHalves(parts, { fit, read: (curve) => curve, level: 0 })?.fromLevel, 9);
});

test('a half that teaches nothing leaves nothing to compare', () => {
  assert.equal(compareHalves(parts, { fit: () => undefined, read: () => 0 }), undefined);
});
