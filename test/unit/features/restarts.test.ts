import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_FEATURES } from '../../../lib/config/feature-settings.ts';
import type { Accumulating } from '../../../lib/features/counters.ts';
import { deriveColumns } from '../../../lib/features/derive-columns.ts';
import { columnNames, type FeaturePlan, planFeatures } from '../../../lib/features/plan.ts';
import { loadPlan } from '../../../lib/features/plan-state.ts';
import { findRestarts, restartingMetrics } from '../../../lib/features/restarts.ts';
import { fillGaps } from '../../../lib/window/gaps.ts';
import { allAvailable, windowOf } from './windows.ts';

const STEP = 60_000;
const NONE = Number.NaN;
const COUNTERS: ReadonlyMap<string, Accumulating> = new Map([
  ['a_total', 'counter'],
  ['begun', 'start'],
  ['up_for', 'age'],
]);

function plan(counters = COUNTERS, settings = DEFAULT_FEATURES): FeaturePlan {
  return planFeatures(['a_total', 'begun', 'cpu', 'up_for'], { settings, step: STEP, counters });
}

const WINDOW = windowOf({
  a: {
    a_total: [600, 1200, 2400, 60, 120],
    begun: [2e9, 2e9, 2e9, 2e9 + 500, 2e9 + 500],
    cpu: [5, 4, 3, 2, 1],
    up_for: [100, 160, 220, 20, 80],
  },
});

test('what counts is judged by its rate, and the rest as it is', () => {
  assert.deepEqual(columnNames(plan()), [
    'a_total (rate per second over 1m)',
    'begun (rate per second over 1m)',
    'cpu',
    'up_for (rate per second over 1m)',
    'data_availability',
  ]);
  assert.equal(plan().contextRows, 1);
  assert.deepEqual(columnNames(plan(new Map())).slice(0, 4), ['a_total', 'begun', 'cpu', 'up_for']);
  assert.deepEqual(loadPlan(JSON.parse(JSON.stringify(plan()))), plan());
});

test('a rate that is asked for is not made twice, and other operations are left as they are', () => {
  const settings = {
    ...DEFAULT_FEATURES,
    columns: [
      ...DEFAULT_FEATURES.columns,
      { kind: 'metrics', metrics: ['a_total'], apply: [{ kind: 'rate', over: STEP }] },
      { kind: 'metrics', metrics: ['up_for'], apply: [{ kind: 'log' }] },
    ],
  } as const;
  const names = columnNames(plan(COUNTERS, settings));
  assert.equal(names.filter((name) => name === 'a_total (rate per second over 1m)').length, 1);
  assert.ok(names.includes('up_for (log)'));
});

test('a counter that fell goes on from its new value; an uptime that did is missing there', () => {
  const columns = Array.from(
    deriveColumns({ window: WINDOW, availability: allAvailable(WINDOW), plan: plan() }),
    (values) => Array.from(values),
  );
  assert.deepEqual(columns.slice(0, 4), [
    [NONE, 10, 20, 1, 1],
    [NONE, 0, 0, NONE, 0],
    [5, 4, 3, 2, 1],
    [NONE, 1, 1, NONE, 1],
  ]);
});

test('restarts are found by what counts, within the time that is asked about', () => {
  const given = { window: WINDOW, plan: plan() };
  const found = findRestarts(given, { entity: 'a', from: 0, to: 4 * STEP });
  assert.deepEqual(found, [
    { metric: 'a_total', time: 3 * STEP, from: 2400, to: 60 },
    { metric: 'begun', time: 3 * STEP, from: 2e9, to: 2e9 + 500 },
    { metric: 'up_for', time: 3 * STEP, from: 220, to: 20 },
  ]);
  assert.deepEqual(findRestarts(given, { entity: 'a', from: 0, to: 2 * STEP }), []);
  assert.deepEqual(findRestarts(given, { entity: 'b', from: 0, to: 4 * STEP }), []);
});

test('no line is drawn through a restart', () => {
  const window = windowOf({ a: { a_total: [100, NONE, 120, NONE, 10], cpu: [100, NONE, 120, NONE, 10] } });
  const { columns } = fillGaps(window, 3, restartingMetrics(plan())).window;
  assert.deepEqual(
    columns.map((column) => Array.from(column)),
    [
      [100, 110, 120, NONE, 10],
      [100, 110, 120, 65, 10],
    ],
  );
});
