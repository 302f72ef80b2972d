import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fitSeasonalCurve,
  HOURS_OF_WEEK,
  PLACES_OF_DAY,
  readSeason,
  type SeasonalCurve,
} from '../../../lib/expectation/seasonal-curve.ts';
import type { TimedValues } from '../../../lib/maths/predict.ts';
import { quantile } from '../../../lib/maths/quantile.ts';
import { normalRows } from '../../helpers/feature-matrices.ts';

const MINUTE = 60_000;
const DAY = 1440;
/** A Monday. */
const T0 = Date.UTC(2026, 10, 2);
/** Minutes of the day: [from, to). */
const JOB = { from: 120, to: 150 };

/** A row a minute with noise of deviation 1 around what `level` says of a minute since T0. */
function draw(days: number, level: (minute: number) => number, seed = 1): TimedValues {
  const noise = normalRows(days * DAY, 1, seed);
  return {
    times: Float64Array.from(noise, (_, i) => T0 + i * MINUTE),
    values: Float64Array.from(noise, ([value], i) => level(i) + value!),
  };
}

function fit(series: TimedValues): SeasonalCurve {
  return fitSeasonalCurve(series, quantile(series.values.toSorted(), 0.5));
}

function isJob(minute: number): boolean {
  return minute % DAY >= JOB.from && minute % DAY < JOB.to;
}

/** At a minute of the day. */
function at(curve: SeasonalCurve, minute: number): number {
  return readSeason(curve, T0 + minute * MINUTE);
}

test('a nightly job of half an hour is in the curve, with its edges', () => {
  const curve = fit(draw(7, (minute) => (isJob(minute) ? 40 : 0)));
  assert.equal(curve.day.length, PLACES_OF_DAY);
  for (let minute = JOB.from; minute < JOB.to; minute += 5)
    assert.ok(Math.abs(at(curve, minute) - 40) < 2, `${minute}: ${at(curve, minute)}`);
  for (const minute of [JOB.from - 5, JOB.to, JOB.to + 5, 720])
    assert.ok(Math.abs(at(curve, minute)) < 2, `${minute}: ${at(curve, minute)}`);
});

test('a job that was missing once, and one that ran once, are no part of what is usual', () => {
  const missing = fit(draw(7, (minute) => (isJob(minute) && minute > DAY ? 40 : 0)));
  assert.ok(at(missing, 130) > 38);
  const extra = fit(draw(7, (minute) => (minute >= 3 * DAY + 600 && minute < 3 * DAY + 630 ? 40 : 0)));
  assert.ok(Math.abs(at(extra, 610)) < 1, `${at(extra, 610)}`);
});

test('a smooth day is followed, and nothing else is added to it', () => {
  const wave = (minute: number): number => 20 * Math.sin((2 * Math.PI * minute) / DAY);
  const curve = fit(draw(6, wave));
  for (let minute = 0; minute < DAY; minute += 5)
    assert.ok(Math.abs(at(curve, minute) - wave(minute + 2)) < 1.5, `${minute}: ${at(curve, minute)}`);
});

test('noise has no season', () => {
  for (const days of [4, 5, 8, 15])
    for (let seed = 1; seed <= 4; seed++) {
      const { day, week } = fit(draw(days, () => 100, seed));
      assert.deepEqual([day.length, week.length], [0, 0], `${days} days, seed ${seed}`);
    }
});

test('less than four days have no season', () => {
  for (const days of [1, 3])
    assert.deepEqual(fit(draw(days, (minute) => (isJob(minute) ? 40 : 0))), {
      day: new Float32Array(),
      week: new Float32Array(),
      scatter: new Float32Array(),
    });
  const none = fitSeasonalCurve({ times: new Float64Array(), values: new Float64Array() }, 0);
  assert.equal(none.day.length + none.week.length, 0);
});

test('a weekend that is other than the week is in the curve of fifteen days', () => {
  const weekend = (minute: number): number => (Math.floor(minute / DAY) % 7 >= 5 ? -30 : 0);
  const curve = fit(draw(15, weekend));
  assert.equal(curve.week.length, HOURS_OF_WEEK);
  for (const day of [0, 1, 2, 3, 4, 5, 6]) {
    const found = at(curve, day * DAY + 720);
    assert.ok(Math.abs(found - weekend(day * DAY)) < 2, `day ${day}: ${found}`);
  }
});

test('of one week the two days of the weekend vouch for each other', () => {
  const day = (minute: number): number => Math.floor(minute / DAY) % 7;
  const weekend = (minute: number): number => (day(minute) >= 5 ? -30 : 0);
  const curve = fit(draw(7, weekend));
  assert.equal(curve.week.length, HOURS_OF_WEEK);
  for (const nth of [0, 1, 2, 3, 4, 5, 6]) {
    const found = at(curve, nth * DAY + 720);
    assert.ok(Math.abs(found - weekend(nth * DAY)) < 2, `day ${nth}: ${found}`);
  }
  assert.equal(fit(draw(7, (minute) => (day(minute) === 5 ? -30 : 0))).week.length, 0);
});

test('times before 1970 have a season too', () => {
  const { times, values } = draw(7, (minute) => (isJob(minute) ? 40 : 0));
  const days = 60 * 365;
  const curve = fit({ times: times.map((time) => time - days * DAY * MINUTE), values });
  assert.ok(at(curve, 130) > 38 && Math.abs(at(curve, 720)) < 2);
});
