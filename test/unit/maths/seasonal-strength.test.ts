import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedRandom } from '../../../lib/maths/random.ts';
import { seasonalStrength, takeOffAverage } from '../../../lib/maths/seasonal-strength.ts';

test('less the mean of the season around each row, but at the ends and where half of it is missing', () => {
  assert.deepEqual([...takeOffAverage(Float64Array.of(1, 2, 6, 4, 2), 3)], [NaN, -1, 2, 0, NaN]);
  assert.deepEqual(
    [...takeOffAverage(Float64Array.of(1, NaN, 5, 4, NaN, NaN, 8), 3)],
    [NaN, NaN, 0.5, -0.5, NaN, NaN, NaN],
  );
});

test('a season that repeats to the letter is all of the variance, and a series without variance has none', () => {
  const repeats = Float64Array.from({ length: 120 }, (_, t) => [0, 3, 5, 1][t % 4]!);
  assert.equal(seasonalStrength(repeats, 4), 1);
  assert.equal(seasonalStrength(new Float64Array(120).fill(7), 4), 0);
});

test('noise around a season leaves most of it, noise alone next to none', () => {
  const random = seedRandom(7);
  const noise = Float64Array.from(
    { length: 480 },
    () => random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5,
  );
  const seasonal = noise.map((each, t) => 3 * Math.sin((2 * Math.PI * t) / 12) + each);
  assert.ok(seasonalStrength(seasonal, 12) > 0.9);
  assert.ok(seasonalStrength(noise, 12) < 0.3);
});
