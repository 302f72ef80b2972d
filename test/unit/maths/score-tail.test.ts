import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seedRandom } from '../../../lib/maths/random.ts';
import {
  fitScoreTail,
  readScoreTail,
  type ScoreTail,
  scoreOf,
  surpriseOf,
  surprisesOf,
} from '../../../lib/maths/score-tail.ts';

/** Uniform ranks turned into scores: no noise, so that a bound can be tight. */
function spread(count: number, quantile: (share: number) => number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => quantile((i + 0.5) / count));
}

const exponential = (share: number): number => -Math.log(1 - share);

test('the bulk is empirical', () => {
  const tail = fitScoreTail(spread(10_000, exponential));
  for (const probability of [0.9, 0.5, 0.1, 0.03]) {
    const surprise = surpriseOf(tail, -Math.log(probability));
    assert.ok(Math.abs(surprise + Math.log10(probability)) < 0.02, `${surprise} for ${probability}`);
  }
});

test('the tail goes on beyond what was seen', () => {
  const kinds: Record<string, [(share: number) => number, (probability: number) => number, number]> = {
    exponential: [exponential, (p) => -Math.log(p), 0.4],
    heavy: [(u) => (1 - u) ** -0.5, (p) => p ** -0.5, 0.4],
    normal: [(u) => Math.sqrt(-2 * Math.log(1 - u)), (p) => Math.sqrt(-2 * Math.log(p)), 0.5],
  };
  for (const [name, [quantile, beyond, tolerance]] of Object.entries(kinds)) {
    const tail = fitScoreTail(spread(20_000, quantile));
    for (const probability of [1e-3, 1e-4, 1e-6]) {
      const surprise = surpriseOf(tail, beyond(probability));
      assert.ok(
        Math.abs(surprise + Math.log10(probability)) < tolerance,
        `${name}: ${surprise} for ${probability}`,
      );
    }
  }
});

test('beyond the end of a bounded tail it still rises, and claims less than the fit', () => {
  const tail = fitScoreTail(spread(5_000, (share) => 1 - Math.sqrt(1 - share)));
  assert.ok(tail.tail.shape < -0.2);
  const [near, beyond, far] = [1, 1.5, 1e18].map((score) => surpriseOf(tail, score));
  assert.ok(near! < beyond! && beyond! < far! && Number.isFinite(far!));
});

test('out of sample, scores are as surprising as it says', () => {
  const random = seedRandom(3);
  const draw = (): Float64Array =>
    Float64Array.from(
      { length: 100_000 },
      () => -Math.log(1 - random.nextFloat()) + 0.3 * random.nextFloat(),
    );
  const tail = fitScoreTail(draw().subarray(0, 3_000));
  const surprises = surprisesOf(tail, draw());
  for (const surprise of [1, 2, 3]) {
    const expected = 100_000 * 10 ** -surprise;
    const seen = surprises.filter((one) => one >= surprise).length;
    assert.ok(seen > expected / 2 && seen < expected * 2, `${seen} in place of ${expected}`);
  }
});

test('monotone, finite and inverse, for whatever scores', () => {
  const score = fc.oneof(
    fc.integer({ min: -1e6, max: 1e6 }).map((thousandths) => thousandths / 1000),
    fc.integer({ min: 0, max: 3 }),
    fc.constant(0),
  );
  fc.assert(
    fc.property(
      fc.array(score, { minLength: 10, maxLength: 300 }),
      fc.array(score, { minLength: 2 }),
      (seen, asked) => {
        const tail = fitScoreTail(Float64Array.from(seen));
        const points = [...seen, ...asked].sort((a, b) => a - b);
        let before = 0;
        for (const point of points) {
          const surprise = surpriseOf(tail, point);
          assert.ok(
            Number.isFinite(surprise) && surprise >= before - 1e-12,
            `${surprise} after ${before} at ${point}`,
          );
          before = surprise;
          const back = surpriseOf(tail, scoreOf(tail, surprise));
          assert.ok(
            Math.abs(back - surprise) <= 1e-6 * (1 + surprise) || surprise <= tail.surprises[0]!,
            `${back} for ${surprise}`,
          );
        }
        const stored = JSON.parse(JSON.stringify(tail)) as unknown;
        assert.deepEqual(readScoreTail(stored), tail);
      },
    ),
    { numRuns: 300 },
  );
});

test('finite for the largest numbers', () => {
  const wild = [0, 1, -1, 1e18, -1e18, 1e300, -1e300, 5e-324];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...wild), { minLength: 10, maxLength: 60 }), (seen) => {
      const tail = fitScoreTail(Float64Array.from(seen));
      for (const point of wild) assert.ok(surpriseOf(tail, point) >= 0 && surpriseOf(tail, point) < Infinity);
      for (const surprise of [0, 1, 10, 1000]) assert.ok(Number.isFinite(scoreOf(tail, surprise)));
      assert.deepEqual(readScoreTail(JSON.parse(JSON.stringify(tail))), tail);
    }),
  );
});

test('one score only: at it no surprise, above it some', () => {
  const tail = fitScoreTail(new Float64Array(50).fill(7));
  assert.equal(surpriseOf(tail, 7), 0);
  assert.equal(surpriseOf(tail, 6), 0);
  assert.ok(surpriseOf(tail, 7.5) > 1);
});

test('rows without a score take no part, and have no surprise', () => {
  const scores = spread(200, exponential);
  const gaps = Float64Array.from([Number.NaN, ...scores, Number.NaN]);
  assert.deepEqual(fitScoreTail(gaps), fitScoreTail(scores));
  assert.equal(Number.isNaN(surpriseOf(fitScoreTail(scores), Number.NaN)), true);
});

test('too few or infinite scores are refused', () => {
  assert.throws(() => fitScoreTail(new Float64Array(9)), { code: 'too-few-scores', message: /9 of 9.*10/ });
  assert.throws(() => fitScoreTail(Float64Array.from([...spread(20, exponential), Infinity])), {
    code: 'bad-score',
  });
});

test('a stored tail that is none is refused', () => {
  const tail = fitScoreTail(spread(100, exponential));
  const bad: Partial<Record<keyof ScoreTail, unknown>>[] = [
    { rows: -1 },
    { levels: [2, 1] },
    { levels: [1] },
    { surprises: tail.surprises.map((surprise) => surprise - 1) },
    { tail: { shape: 0, scale: 0 } },
    { tail: { shape: 9, scale: 1 } },
    { straightFrom: null },
    { tail: { shape: -0.5, scale: 1 }, straightFrom: 3 },
  ];
  for (const change of bad)
    assert.throws(
      () => readScoreTail({ ...tail, ...change }),
      { code: 'bad-score-tail' },
      JSON.stringify(change),
    );
  assert.throws(() => readScoreTail(null), { code: 'bad-score-tail' });
});
