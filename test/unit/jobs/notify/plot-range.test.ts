import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPlotRange } from '../../../../lib/jobs/notify/incident-page/plot-range.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2026-11-22T08:00:00Z');
const LATER = START + 1_000 * HOUR;

test('a short incident is seen with two hours before it and one after it', () => {
  const range = findPlotRange({ start: START, end: START + 6 * MINUTE, step: MINUTE, now: LATER });
  assert.deepEqual(range, {
    start: START - 2 * HOUR,
    end: START + 6 * MINUTE + HOUR,
  });
});

test('what has just begun ends with its newest row', () => {
  const range = findPlotRange({ start: START, end: START, step: MINUTE, now: START + 30_000 });
  assert.equal(range.end, START + MINUTE);
});

test('a long one has room around it, and of weeks the first day is shown', () => {
  const long = findPlotRange({ start: START, end: START + 5 * HOUR, step: MINUTE, now: LATER });
  assert.deepEqual(long, { start: START - 10 * HOUR, end: START + 10 * HOUR });
  const weeks = findPlotRange({ start: START, end: START + 500 * HOUR, step: MINUTE, now: LATER });
  assert.deepEqual(weeks, { start: START - 12 * HOUR, end: START + 29 * HOUR });
});

test('of rows an hour apart as many are seen as of others', () => {
  const range = findPlotRange({ start: START, end: START + 3 * HOUR, step: HOUR, now: LATER });
  assert.deepEqual(range, { start: START - 60 * HOUR, end: START + 23 * HOUR });
});
