import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainsLater, halvesOf, isPredicted, predictionError } from '../../../lib/maths/predict.ts';

const series = { times: Float64Array.of(0, 1, 2, 3), values: Float64Array.of(1, 3, 5, NaN) };
const parts = halvesOf(series);

test('the first half and the rest', () => {
  const [first, second] = halvesOf({ times: Float64Array.of(0, 1, 2), values: Float64Array.of(7, 8, 9) });
  assert.deepEqual([[...first.times], [...second.values]], [[0], [8, 9]]);
});

test('each half is judged by what the other one taught; missing values count nowhere', () => {
  const how = {
    fit: ({ values }: { readonly values: Float64Array }): number => values[0]!,
    read: (curve: number) => curve,
  };
  // Learned from [1, 3]: 1, median 2; judged 5. Learned from [5, NaN]: 5, median 5; judged 1 and 3. So the curves leave
  // 4 + 4 + 2, and the levels 3 + 4 + 2.
  assert.equal(isPredicted(parts, { ...how, mostLeft: 10 / 9 }), false);
  assert.equal(isPredicted(parts, { ...how, mostLeft: 10.01 / 9 }), true);
  // From a level of 0 they are 9, too.
  assert.equal(isPredicted(parts, { ...how, level: 0, mostLeft: 10.01 / 9 }), true);
  assert.equal(isPredicted(parts, { ...how, level: 3, mostLeft: 10.01 / 9 }), false, '2 + 2 + 0');
});

test('a half that teaches nothing predicts nothing, nor does one level of all values leave anything to predict', () => {
  assert.equal(isPredicted(parts, { fit: () => undefined, read: () => 0, mostLeft: 1 }), false);
  const flat = halvesOf({ times: series.times, values: new Float64Array(4).fill(2) });
  assert.equal(isPredicted(flat, { fit: () => 2, read: (curve) => curve, mostLeft: 1 }), false);
});

test('what the first two thirds teach has to leave less of the last third than was left before', () => {
  const seen: unknown[] = [];
  const explains = (after: Float64Array, leastExplained: number): boolean =>
    explainsLater(8, {
      before: (early, late) => {
        seen.push(early, late);
        return Float64Array.of(-2, 2, NaN);
      },
      after: () => after,
      leastExplained,
    });
  // Means of distances are 2 and 1, squared 4 and 1: three quarters are explained.
  assert.equal(explains(Float64Array.of(1, NaN, -1), 0.74), true);
  assert.equal(explains(Float64Array.of(1, NaN, -1), 0.75), false);
  assert.deepEqual(seen.slice(0, 2), [
    { from: 0, to: 5 },
    { from: 5, to: 8 },
  ]);
  assert.equal(
    explainsLater(8, {
      before: () => new Float64Array(3),
      after: () => new Float64Array(3),
      leastExplained: 0,
    }),
    false,
    'nothing is left to explain',
  );
});

test('an error counts up to the limit, and missing values not at all', () => {
  assert.equal(
    predictionError([1, NaN, 100], (place) => place, 5),
    (1 + 5) / 2,
  );
  assert.ok(Number.isNaN(predictionError([NaN], () => 0, 5)));
});
