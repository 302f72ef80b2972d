import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileMetrics } from '../../../lib/report/findings/metric-profiles.ts';
import { describeMetric, sayRange } from '../../../lib/report/page/metric-table.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { makeSeries, rangesOf } from './report-input.ts';

const MINUTES = 60_000;

function profile(window: MetricWindow) {
  return profileMetrics({ window, scaler: rangesOf(window) })[0]!;
}

test('levels, gaps and constants by hand', () => {
  const values = Array.from({ length: 100 }, (_, i) => (i >= 40 && i < 50 ? Number.NaN : i));
  const { min, max, missing, longestGap, constantIn } = profile(makeSeries(values));
  assert.deepEqual(
    { min, max, longestGap, constantIn },
    { min: 0, max: 99, longestGap: 10 * MINUTES, constantIn: 0 },
  );
  assert.ok(Math.abs(missing - 0.1) < 1e-12);
  assert.equal(profile(makeSeries(Array(100).fill(7))).constantIn, 1);
});

test('a gap at the end of one entity does not run on into the next', () => {
  const one = makeSeries([1, 2, Number.NaN, Number.NaN, 3, 4]);
  const window = {
    ...one,
    entities: ['a', 'b'],
    entityOf: Uint32Array.of(0, 0, 0, 1, 1, 1),
    times: Float64Array.of(0, 1, 2, 0, 1, 2).map((i) => i * MINUTES),
    range: { start: 0, end: 3 * MINUTES },
  };
  assert.equal(profile(window).longestGap, 0);
});

test('a day that repeats is a daily season, and a week needs two', () => {
  const fiveMinutes = 5 * MINUTES;
  const perDay = 288;
  const daily = (days: number): number[] =>
    Array.from({ length: days * perDay }, (_, i) => Math.sin((2 * Math.PI * i) / perDay) + (i % 11) * 0.01);
  const three = profile(makeSeries(daily(3), fiveMinutes));
  assert.ok(three.daily! > 0.95);
  assert.equal(three.weekly, undefined);
  const workdays = daily(21).map((value, i) =>
    Math.floor(i / perDay) % 7 >= 5 ? -1 + (i % 5) * 0.01 : value,
  );
  const weeks = profile(makeSeries(workdays, fiveMinutes));
  assert.ok(weeks.weekly! > weeks.daily! + 0.1, `${weeks.weekly} over ${weeks.daily}`);
  assert.equal(profile(makeSeries(daily(1), fiveMinutes)).daily, undefined);
});

test('a leak is a trend', () => {
  const leak = profile(makeSeries(Array.from({ length: 1440 }, (_, i) => i * 1e6)));
  assert.ok(leak.trend!.change > 1);
  assert.ok(leak.trend!.explained > 0.99);
  assert.match(describeMetric(leak, { units: {}, window: makeSeries([1]) }).join(' | '), /\| up [\d.]+ σ \|/);
  const flat = profile(makeSeries(Array.from({ length: 1440 }, (_, i) => (i * 7919) % 100)));
  assert.match(
    describeMetric(flat, { units: {}, window: makeSeries([1]) }).join(' | '),
    /\| none \| none \| none \|/,
  );
});

test('ranges are said once where both ends look alike, and a unit once where it is the same', () => {
  assert.equal(sayRange(4, 4, undefined), '4');
  assert.equal(sayRange(1024, 4096, 'bytes'), '1 to 4 KiB');
  assert.equal(sayRange(1024, 4 * 1024 ** 2, 'bytes'), '1 KiB to 4 MiB');
  assert.equal(sayRange(4.2e6, 5e6, undefined), '4.2M to 5M');
  assert.equal(sayRange(0.1, 0.5, 'ratio'), '10% to 50%');
  assert.equal(sayRange(Number.NaN, Number.NaN, undefined), '–');
});
