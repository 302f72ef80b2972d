import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resumeRandom, seedRandom } from '../../../lib/maths/random.ts';

test('the sequence is that of the reference xoshiro128**', () => {
  // First outputs of https://prng.di.unimi.it/xoshiro128starstar.c for the state 1, 2, 3, 4.
  const expected = [
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ];
  const random = resumeRandom([1, 2, 3, 4]);
  assert.deepEqual(
    expected.map(() => random.nextUint32()),
    expected,
  );
});

test('a seed gives the same sequence again, another seed another one', () => {
  const draw = (seed: number): number[] => {
    const random = seedRandom(seed);
    return Array.from({ length: 8 }, () => random.nextUint32());
  };
  assert.deepEqual(draw(7), draw(7));
  const first = new Set(Array.from({ length: 200 }, (_, seed) => draw(seed)[0]));
  assert.equal(first.size, 200);
});

test('nextBelow stays below its bound and reaches every value alike', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 1, max: 2 ** 32 }),
      (seed, bound) => {
        const draw = seedRandom(seed).nextBelow(bound);
        assert.ok(Number.isInteger(draw) && draw >= 0 && draw < bound);
      },
    ),
  );
  const random = seedRandom(1);
  const hits = new Uint32Array(6);
  for (let i = 0; i < 60_000; i++) hits[random.nextBelow(6)]! += 1;
  // 10,000 each, standard deviation 91.
  assert.ok(
    hits.every((count) => Math.abs(count - 10_000) < 400),
    `${hits}`,
  );
});

test('nextBelow rejects the draws that would favour small results', () => {
  // 2^31 + 1 fits once into 2^32: all draws from it on are rejected, half of them.
  const bound = 2 ** 31 + 1;
  const plain = seedRandom(3);
  const bounded = seedRandom(3);
  for (let i = 0; i < 50; i++) {
    let draw = plain.nextUint32();
    while (draw >= bound) draw = plain.nextUint32();
    assert.equal(bounded.nextBelow(bound), draw);
  }
});

test('nextFloat is at least 0 and below 1, with the mean of a uniform', () => {
  const random = seedRandom(11);
  const draws = Array.from({ length: 20_000 }, () => random.nextFloat());
  assert.ok(draws.every((draw) => draw >= 0 && draw < 1));
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  assert.ok(Math.abs(mean - 0.5) < 0.01, `${mean}`);
});
