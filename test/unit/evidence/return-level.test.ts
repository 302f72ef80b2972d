import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBlockMaxima, findReturnLevel } from '../../../lib/evidence/return-level.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

function exponentials(count: number, seed: number): number[] {
  const random = seedRandom(seed);
  return Array.from({ length: count }, () => -Math.log(1 - random.nextFloat()));
}

test('of exponential maxima the level is the one that the probability says, or a little above', () => {
  for (const [count, most] of [
    [100, 1.8],
    [1000, 1.4],
    [10_000, 1.15],
  ] as const)
    for (const probability of [0.05, 0.005]) {
      const expected = -Math.log(probability);
      const found = Array.from({ length: 9 }, (_, seed) =>
        findReturnLevel(exponentials(count, seed + 1), probability),
      ).sort((a, b) => a - b);
      const middle = found[4]! / expected;
      assert.ok(middle > 0.95 && middle < most, `${count} at ${probability}: ${middle}`);
    }
});

test('the rarer, the higher; fewer blocks have a wider margin', () => {
  const maxima = exponentials(400, 1);
  const levels = [0.5, 0.1, 0.01, 1e-4, 1e-8].map((probability) => findReturnLevel(maxima, probability));
  assert.deepEqual(
    levels,
    levels.toSorted((a, b) => a - b),
  );
  assert.ok(levels[4]! < 100);
  const doubled = Array.from({ length: 16 }, () => maxima).flat();
  assert.ok(findReturnLevel(doubled, 0.001) < findReturnLevel(maxima, 0.001));
});

test('a tail with an end is not believed', () => {
  const uniform = Array.from({ length: 500 }, (_, i) => i / 500);
  assert.ok(findReturnLevel(uniform, 1e-4) > 1.5);
});

test('no block, blocks of nothing, one block, and blocks that are all the same', () => {
  assert.equal(findReturnLevel([], 0.01), 0);
  assert.equal(findReturnLevel([0, 0, 0], 0.01), 0);
  assert.equal(findReturnLevel([3, 3, 3, 3], 0.01), 3);
  const one = findReturnLevel([3], 0.01);
  assert.ok(one > 3 && Number.isFinite(one));
  assert.ok(Number.isFinite(findReturnLevel([1e30, 1, 1e30, 2], 1e-300)));
});

test('maxima of judged rows alone; a rest counts where it is more than half of a block', () => {
  const values = [1, 5, 2, 9, 3, 4, 8, 7];
  const all = { judged: () => true };
  assert.deepEqual(findBlockMaxima(values, { ...all, block: 3 }), [5, 9, 8]);
  assert.deepEqual(findBlockMaxima(values, { ...all, block: 4 }), [9, 8]);
  assert.deepEqual(findBlockMaxima(values, { ...all, block: 6 }), [9]);
  assert.deepEqual(findBlockMaxima(values, { judged: (i) => i !== 3, block: 3 }), [5, 8]);
  assert.deepEqual(findBlockMaxima(values, { judged: () => false, block: 3 }), []);
  assert.deepEqual(findBlockMaxima([], { ...all, block: 3 }), []);
});
