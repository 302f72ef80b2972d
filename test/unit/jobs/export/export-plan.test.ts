import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import {
  backfillStart,
  exportDueAt,
  exportGrid,
  exportLimit,
  isExportDue,
  nextRange,
  wholeDaysUntil,
} from '../../../../lib/jobs/export/export-plan.ts';
import { initialState } from '../../../../lib/store/detector-states.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STATE = initialState('d');

function detectorOf(change: Partial<Detector> = {}): Detector {
  return {
    ...defaultDetector('d'),
    metrics: [{ name: 'up', query: 'up' }],
    step: MINUTE,
    detectionWindow: 15 * MINUTE,
    schedule: 15 * MINUTE,
    ingestDelay: MINUTE,
    backfill: HOUR,
    ...change,
  };
}

function at(text: string): number {
  return Date.parse(`2026-11-22T${text}Z`);
}

test('the limit is the newest boundary whose samples have had time to arrive', () => {
  assert.equal(exportLimit(detectorOf(), at('10:15:59')), at('10:00:00'));
  assert.equal(exportLimit(detectorOf(), at('10:16:00')), at('10:15:00'));
});

test('backfill reaches at least as far as asked, and never past the limit', () => {
  assert.equal(backfillStart(detectorOf(), at('10:20:30')), at('09:15:00'));
  assert.equal(backfillStart(detectorOf({ backfill: 0 }), at('10:15:30')), at('10:00:00'));
});

test('a window ends on a boundary, also after its length or step changed', () => {
  const grid = { step: MINUTE, detectionWindow: HOUR };
  const windows = { until: 0, allowed: true };
  assert.deepEqual(nextRange(at('10:00:00'), grid, windows), { start: at('10:00:00'), end: at('11:00:00') });
  assert.deepEqual(nextRange(at('10:15:00'), grid, windows), { start: at('10:15:00'), end: at('11:00:00') });
  assert.deepEqual(nextRange(at('10:15:30'), grid, windows), { start: at('10:16:00'), end: at('11:00:00') });
});

test('days are whole until the day before the newest full one', () => {
  const detector = detectorOf();
  const grid = exportGrid(detector, STATE);
  const until = wholeDaysUntil(detector, grid, at('10:20:00'));
  assert.equal(until, at('00:00:00') - DAY);
  const days = { until, allowed: true };
  assert.deepEqual(nextRange(until - DAY - HOUR, grid, days), {
    start: until - DAY - HOUR,
    end: until - DAY,
  });
  assert.deepEqual(nextRange(until - DAY, grid, days), { start: until - DAY, end: until });
  assert.deepEqual(nextRange(until, grid, days), { start: until, end: until + 15 * MINUTE });
  assert.deepEqual(nextRange(until - DAY, grid, { until, allowed: false }).end, until - DAY + 15 * MINUTE);
  assert.equal(wholeDaysUntil(detectorOf({ detectionWindow: DAY }), grid, at('10:20:00')), 0);
  const odd = detectorOf({ step: 7 * MINUTE, detectionWindow: 14 * MINUTE });
  assert.equal(wholeDaysUntil(odd, exportGrid(odd, STATE), at('10:20:00')), 0);
});

test('settings that make no grid are errors with the value', () => {
  const cases: readonly [string, Partial<Detector>, RegExp][] = [
    ['no-metrics', { metrics: [] }, /detector d/],
    ['no-step', { step: undefined }, /spec.step/],
    ['bad-step', { step: 500 }, /500 ms/],
    ['bad-step', { step: 1500 }, /1500 ms/],
    ['bad-detection-window', { detectionWindow: 90_000 }, /90000 ms.*60000 ms/],
    ['bad-detection-window', { detectionWindow: 0 }, /0 ms/],
  ];
  for (const [code, change, message] of cases)
    assert.throws(() => exportGrid(detectorOf(change), STATE), { name: 'SourceError', code, message });
  assert.equal(exportGrid(detectorOf({ step: undefined }), { ...STATE, step: 30_000 }).step, 30_000);
});

test('an export is due once a window is complete and the schedule has passed', () => {
  const state = { ...STATE, exportedUntil: at('10:00:00') };
  assert.ok(isExportDue(detectorOf(), STATE, at('10:00:00')));
  assert.ok(!isExportDue(detectorOf({ metrics: [] }), STATE, at('10:00:00')));
  assert.ok(!isExportDue(detectorOf(), state, at('10:15:59')));
  assert.ok(isExportDue(detectorOf(), state, at('10:16:00')));
  const hourly = detectorOf({ schedule: HOUR });
  assert.ok(!isExportDue(hourly, state, at('10:46:00')));
  assert.ok(isExportDue(hourly, state, at('11:01:00')));
});

test('from when on an export is due is told ahead of time, to the millisecond', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 5_000 }),
      fc.integer({ min: -60_000, max: 60_000 }),
      (window, schedule, delay, minutes, offset) => {
        const detector = detectorOf({
          detectionWindow: window * MINUTE,
          schedule: schedule * MINUTE,
          ingestDelay: delay * MINUTE,
        });
        const exportedUntil = at('00:00:00') + minutes * MINUTE + (offset % 7) * 1_000;
        const due = exportDueAt(detector, { exportedUntil });
        // As the two conditions have it: a whole window after the cursor, and the schedule.
        const isDue = (now: number): boolean =>
          exportLimit(detector, now) > exportedUntil &&
          now - detector.ingestDelay - exportedUntil >= detector.schedule;
        assert.deepEqual([isDue(due - 1), isDue(due)], [false, true]);
        assert.equal(isDue(due + offset), offset >= 0);
      },
    ),
  );
});

test('without queries nothing is ever due, and before the first export everything is', () => {
  assert.equal(exportDueAt(detectorOf({ metrics: [] }), STATE), Infinity);
  assert.equal(exportDueAt(detectorOf(), STATE), 0);
});
