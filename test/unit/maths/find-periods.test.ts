import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPeriods } from '../../../lib/maths/find-periods.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

function noise(seed: number): () => number {
  const random = seedRandom(seed);
  return () => random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5;
}

function periodsOf(series: readonly number[] | Float64Array): readonly number[] {
  return findPeriods(Float64Array.from(series)).map(({ period }) => period);
}

test('a wave in noise, on a slope, with gaps and a spike, has its own length', () => {
  const next = noise(1);
  const series = Array.from({ length: 1000 }, (_, i) =>
    i % 11 === 0 ? NaN : 2 * Math.sin((2 * Math.PI * i) / 72) + next() + i / 50,
  );
  series[500] = 1e6;
  const [period, ...others] = periodsOf(series);
  assert.ok(period !== undefined && Math.abs(period - 72) <= 1, `${period}`);
  assert.deepEqual(others, []);
});

test('a day of spikes is one season, not one for each of its overtones', () => {
  const next = noise(2);
  const series = Array.from({ length: 96 * 14 }, (_, i) => (i % 96 < 8 ? 10 : 0) + next());
  const periods = periodsOf(series);
  assert.deepEqual(
    periods.map((period) => Math.round(period / 96)),
    [1],
  );
});

test('weekdays unlike weekends are a week beside the day', () => {
  const next = noise(3);
  const day = 48;
  const series = Array.from({ length: 7 * day * 4 }, (_, i) => {
    const isWeekend = Math.floor(i / day) % 7 >= 5;
    return (isWeekend ? 0.2 : 1) * 5 * (1 + Math.sin((2 * Math.PI * i) / day)) + next();
  });
  const periods = periodsOf(series);
  assert.ok(
    periods.some((period) => Math.abs(period - day) <= 1),
    `${periods}`,
  );
  assert.ok(
    periods.some((period) => Math.abs(period - 7 * day) <= 3),
    `${periods}`,
  );
});

test('two turns are enough, one and a half are not', () => {
  const next = noise(4);
  const series = Array.from({ length: 200 }, (_, i) => 3 * Math.sin((2 * Math.PI * i) / 100) + next());
  const [period] = periodsOf(series);
  assert.ok(period !== undefined && Math.abs(period - 100) <= 3, `${period}`);
  assert.deepEqual(periodsOf(series.slice(0, 150)), []);
});

test('neither noise nor a line has a season, and a random walk in one of ten at most', () => {
  const next = noise(5);
  const found = { noise: 0, walk: 0 };
  for (let trial = 0; trial < 100; trial++) {
    let at = 0;
    if (periodsOf(Array.from({ length: 500 }, next)).length > 0) found.noise++;
    if (periodsOf(Array.from({ length: 500 }, () => (at += next()))).length > 0) found.walk++;
  }
  assert.deepEqual(periodsOf(Array.from({ length: 500 }, (_, i) => i)), []);
  assert.equal(found.noise, 0);
  assert.ok(found.walk <= 10, `${found.walk}`);
});

test('what is short, constant or mostly missing has none', () => {
  assert.deepEqual(periodsOf(Array.from({ length: 40 }, (_, i) => Math.sin(i))), []);
  assert.deepEqual(periodsOf(new Float64Array(500).fill(3)), []);
  assert.deepEqual(periodsOf(new Float64Array(500).fill(NaN)), []);
  assert.deepEqual(
    periodsOf(Array.from({ length: 500 }, (_, i) => (i % 3 === 0 ? Math.sin(i / 9) : NaN))),
    [],
  );
});

test('a short season is found wherever its length lies between two frequencies', () => {
  for (const length of [6.7, 8.5, 8.9, 9.7, 10.5, 10.9, 16.7, 20, 33.3]) {
    const next = noise(5);
    const series = Array.from({ length: 3360 }, (_, i) => 3 * Math.sin((2 * Math.PI * i) / length) + next());
    const periods = periodsOf(series);
    assert.ok(
      periods.some((period) => Math.abs(period - length) <= 1),
      `${length}: ${periods}`,
    );
  }
});
