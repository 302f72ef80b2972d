import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { selectRank } from '../../../lib/maths/select-rank.ts';

test('the value of a rank is that of the sorted values', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 5 }),
    fc.double({ noNaN: true }),
    fc.constantFrom(Infinity, -Infinity),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.nat(), (given, at) => {
      const rank = at % given.length;
      const values = Float64Array.from(given);
      const sorted = values.slice().sort();
      assert.ok(selectRank(values, rank) === sorted[rank]);
      assert.deepEqual(values.sort(), sorted, 'none is lost');
    }),
  );
});

test('sorted and constant values take no longer than others', () => {
  const count = 200_000;
  for (const draw of [(i: number) => i, (i: number) => -i, () => 3])
    assert.equal(
      selectRank(
        Float64Array.from({ length: count }, (_, i) => draw(i)),
        count - 1,
      ),
      Math.max(draw(0), draw(count - 1)),
    );
});
