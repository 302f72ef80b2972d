import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seedRandom } from '../../../../../lib/maths/random.ts';
import { sortFloats } from '../../../../../lib/models/kinds/robust-z/sort-floats.ts';

test('the order is that of the built-in sort, for any size and values', () => {
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(1000), fc.constantFrom(1, 1e-44, 3e38, 5), (count, seed, size) => {
      const random = seedRandom(seed);
      // Whole numbers at size 5: repeats, and both zeros.
      const draw = (): number => {
        const value = (2 * random.nextFloat() - 1) * size;
        return size === 5 ? Math.round(value) : value;
      };
      const values = Float32Array.from({ length: count }, draw);
      assert.deepEqual(sortFloats(values.slice()), values.slice().sort());
    }),
  );
});

test('a part of a larger array is sorted by itself', () => {
  const whole = Float32Array.from({ length: 6000 }, (_, i) => -i);
  sortFloats(whole.subarray(1000, 5000));
  assert.equal(whole[999], -999);
  assert.equal(whole[1000], -4999);
  assert.equal(whole[4999], -1000);
  assert.equal(whole[5000], -5000);
});
