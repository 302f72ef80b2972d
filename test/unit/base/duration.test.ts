import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../lib/base/duration.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test('durations are read as Prometheus reads them', () => {
  // The cases of prometheus/common's model/time_test.go, and the edges of the order.
  const cases: [string, number][] = [
    ['0', 0],
    ['0w', 0],
    ['0s', 0],
    ['324ms', 324],
    ['3s', 3 * SECOND],
    ['5m', 5 * MINUTE],
    ['1h', HOUR],
    ['4d', 4 * DAY],
    ['4d1h', 4 * DAY + HOUR],
    ['14d', 14 * DAY],
    ['3w', 21 * DAY],
    ['3w2d1h', 23 * DAY + HOUR],
    ['10y', 3650 * DAY],
    ['1h30m', 90 * MINUTE],
    ['1y2w3d4h5m6s7ms', 365 * DAY + 17 * DAY + 4 * HOUR + 5 * MINUTE + 6 * SECOND + 7],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text);
});

test('what is no duration is refused with its text', () => {
  for (const text of [
    '',
    '1',
    '-1s',
    '1.5h',
    '1.5d',
    '294y',
    '15 m',
    ' 15m',
    '15m\n',
    '1m1h',
    '1s1s',
    '30m1h',
    'd',
    '1D',
    '200ms100s',
    '1e3s',
    '٣m',
  ])
    assert.throws(
      () => parseDuration(text),
      (error: Error & { code: string }) =>
        error.code === 'bad-duration' && error.message.includes(JSON.stringify(text)),
      text,
    );
});

test('durations are printed as Prometheus prints them', () => {
  const cases: [number, string][] = [
    [0, '0s'],
    [324, '324ms'],
    [90 * MINUTE, '1h30m'],
    [7 * DAY, '1w'],
    [14 * DAY, '2w'],
    [90 * DAY, '90d'],
    [8 * DAY, '8d'],
    [365 * DAY, '1y'],
    [730 * DAY, '2y'],
    [366 * DAY, '366d'],
    [15 * MINUTE + 1, '15m1ms'],
  ];
  for (const [milliseconds, expected] of cases) assert.equal(formatDuration(milliseconds), expected);
  for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => formatDuration(bad), { code: 'bad-duration' });
});

test('a printed duration reads as itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_000_000_000_000 }), (milliseconds) => {
      assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds);
    }),
  );
});
