import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCounters, isReset } from '../../../lib/features/counters.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { windowOf } from './windows.ts';

const STEP = 60_000;

const ROWS = 600;

/** How one metric of that name is told, of rows that follow from their number. */
function kindOf(metric: string, valueAt: (row: number) => number): string | undefined {
  const window: MetricWindow = windowOf({
    a: { [metric]: Array.from({ length: ROWS }, (_, row) => valueAt(row)) },
  });
  return findCounters([window], { metrics: [metric], step: STEP }).get(metric);
}

const seconds = STEP / 1000;
/** Grows unevenly, and begins again at row 400. */
const counter = (row: number): number => 7 * (row % 400) + 3 * ((row % 400) % 2);
const noisy = (row: number): number => 100 + 20 * Math.sin(row * 12.9898);

test('what grows and falls to its beginning now and then is a counter', () => {
  assert.equal(kindOf('handled', counter), 'counter');
  assert.equal(kindOf('http_requests_total', counter), 'counter');
});

test('a name says it where nothing fell, and never alone', () => {
  const rising = (row: number): number => 7 * row + 3 * (row % 2);
  assert.equal(kindOf('http_requests_total', rising), 'counter');
  assert.equal(kindOf('latency_seconds_sum', rising), 'counter');
  assert.equal(kindOf('latency_seconds_count', rising), 'counter');
  // A disk that fills up.
  assert.equal(kindOf('disk_used_bytes', rising), undefined);
  assert.equal(kindOf('jobs_total', noisy), undefined);
  assert.equal(kindOf('thread_count', noisy), undefined);
  assert.equal(
    kindOf('replica_count', (row) => (row < 300 ? 3 : 4)),
    undefined,
  );
});

test('a counter of what is rare is one by its name', () => {
  assert.equal(
    kindOf('restarts_total', (row) => Math.floor(row / 200)),
    'counter',
  );
  assert.equal(
    kindOf('restarts_total', () => 0),
    undefined,
  );
});

test('what fills up and is emptied often, or falls to anything but its beginning, is no counter', () => {
  assert.equal(
    kindOf('buffer', (row) => row % 60),
    undefined,
  );
  assert.equal(
    kindOf('heap', (row) => 500 + (row % 400)),
    undefined,
  );
  assert.equal(
    kindOf('balance', (row) => row - 300),
    undefined,
  );
});

test('a second a second is an uptime, in milliseconds too', () => {
  assert.equal(
    kindOf('up_for', (row) => seconds * (row % 500) + 5),
    'age',
  );
  assert.equal(
    kindOf('jvm_uptime', (row) => 1000 * seconds * row + (row % 3)),
    'age',
  );
});

test('a time of start stays until it begins anew', () => {
  const start = (row: number): number => 1_793_491_200 + (row < 300 ? 0 : 18_000);
  assert.equal(kindOf('process_start_time_seconds', start), 'start');
  assert.equal(
    kindOf('kube_pod_created', (row) => 1000 * start(row)),
    'start',
  );
  assert.equal(kindOf('process_start_time_seconds', noisy), undefined);
});

test('too few rows say nothing', () => {
  const window = windowOf({ a: { a_total: Array.from({ length: 50 }, (_, row) => row) } });
  assert.equal(findCounters([window], { metrics: ['a_total'], step: STEP }).size, 0);
});

test('a reset is a fall of what grows, and a move of what stays', () => {
  assert.equal(isReset({ kind: 'rate', rows: 1 }, 100, 3), true);
  assert.equal(isReset({ kind: 'rate', rows: 1 }, 100, 103), false);
  assert.equal(isReset({ kind: 'uptime', of: 'age', rows: 1 }, 100, 3), true);
  assert.equal(isReset({ kind: 'uptime', of: 'start', rows: 1 }, 1_793_491_200, 1_793_491_201), false);
  assert.equal(isReset({ kind: 'uptime', of: 'start', rows: 1 }, 1_793_491_200, 1_793_509_200), true);
  assert.equal(isReset({ kind: 'rate', rows: 1 }, Number.NaN, 3), false);
  assert.equal(isReset(undefined, 100, 3), false);
});
