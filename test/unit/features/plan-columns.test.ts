import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureOperation, FeatureRequest } from '../../../lib/config/feature-settings.ts';
import {
  columnNames,
  type FeaturePlan,
  hashPlan,
  planFeatures,
  plannedMetrics,
} from '../../../lib/features/plan.ts';
import { loadPlan } from '../../../lib/features/plan-state.ts';

const MINUTE = 60_000;

test('the window vector is seven columns of each metric', () => {
  const plan = planOf([{ kind: 'metrics', metrics: 'all', apply: [{ kind: 'vector', over: 15 * MINUTE }] }]);
  assert.deepEqual(columnNames(plan).slice(0, 7), [
    'cpu (mean over 15m)',
    'cpu (median over 15m)',
    'cpu (std over 15m)',
    'cpu (min over 15m)',
    'cpu (max over 15m)',
    'cpu (IQR over 15m)',
    'cpu (change over 15m)',
  ]);
  assert.equal(plan.columns.length, 15);
  assert.equal(plan.contextRows, 15);
  assert.equal(plan.step, MINUTE);
});

test('durations become rows of the step', () => {
  const chain = (step: number): FeaturePlan =>
    planOf(
      [metric({ kind: 'log' }, { kind: 'mean', over: 10 * MINUTE }, { kind: 'change', over: 5 * MINUTE })],
      step,
    );
  assert.deepEqual(chain(MINUTE).columns[0], {
    name: 'cpu (log, mean over 10m, change over 5m)',
    source: { kind: 'metric', metric: 'cpu' },
    transforms: [
      { kind: 'log' },
      { kind: 'rolling', statistic: 'mean', rows: 10 },
      { kind: 'change', rows: 5 },
    ],
  });
  assert.equal(chain(MINUTE).contextRows, 14);
  assert.equal(chain(5 * MINUTE).contextRows, 2);
  assert.notEqual(hashPlan(chain(MINUTE)), hashPlan(chain(5 * MINUTE)));
});

test('a calendar and a ratio bring their own columns, and no history', () => {
  const plan = planFeatures(['use', 'limit'], {
    step: MINUTE,
    settings: {
      timeZone: 'Asia/Tokyo',
      columns: [
        { kind: 'calendar', cycle: 'day_of_week' },
        { kind: 'ratio', of: 'use', to: 'limit', apply: [] },
      ],
    },
  });
  assert.deepEqual(columnNames(plan), [
    'day_of_week (sine, Asia/Tokyo)',
    'day_of_week (cosine, Asia/Tokyo)',
    'use / limit',
    'data_availability',
  ]);
  assert.deepEqual(plannedMetrics(plan), ['use', 'limit']);
  assert.deepEqual([plan.contextRows, plan.step], [0, null]);
});

test('what cannot be computed is refused, with the reason', () => {
  const cases: readonly [FeatureRequest, RegExp][] = [
    [metric({ kind: 'mean', over: 90_000 }), /mean 1m30s at a step of 1m is 1.5 rows: not a whole number/],
    [metric({ kind: 'std', over: MINUTE }), /std 1m at a step of 1m is 1 row; it needs 2/],
    [metric({ kind: 'change', over: 30_000 }), /change 30s at a step of 1m is 0.5 rows/],
    [
      metric({ kind: 'lag', over: 8 * 1440 * MINUTE }, { kind: 'lag', over: 7 * 1440 * MINUTE }),
      /looks back over 21600 rows; the limit is 20000/,
    ],
    [
      { kind: 'metrics', metrics: ['disk'], apply: [] },
      /reads "disk", which the data does not have; it has "cpu", "mem"/,
    ],
    [{ kind: 'ratio', of: 'cpu', to: 'disk', apply: [] }, /reads "disk"/],
    [{ kind: 'metrics', metrics: ['cpu', 'cpu'], apply: [] }, /two features are the same column: cpu/],
  ];
  for (const [request, message] of cases)
    assert.throws(() => planOf([request]), { name: 'FeatureError', message });
  const names = Array.from({ length: 400 }, (_, i) => `m${i}`);
  assert.throws(
    () =>
      planOf(
        [{ kind: 'metrics', metrics: 'all', apply: [{ kind: 'vector', over: 300_000 }] }],
        MINUTE,
        names,
      ),
    {
      message: /2800 feature columns of 400 metrics; the limit is 2000/,
    },
  );
});

test('a stored plan comes back the same, and an altered one is refused', () => {
  const plan = planOf([
    metric({ kind: 'log' }, { kind: 'iqr', over: 5 * MINUTE }),
    { kind: 'ratio', of: 'cpu', to: 'mem', apply: [{ kind: 'rate', over: MINUTE }] },
    { kind: 'calendar', cycle: 'hour_of_day' },
  ]);
  assert.deepEqual(loadPlan(JSON.parse(JSON.stringify(plan))), plan);
  const [first, ...rest] = plan.columns;
  const cases: readonly [object, RegExp][] = [
    [{ ...plan, contextRows: 3 }, /says 3 context rows, its columns need 4/],
    [{ ...plan, step: null }, /4 context rows and a step of null/],
    [{ ...plan, step: 30_000 }, /"cpu \(log, IQR over 5m\)" is "cpu \(log, IQR over 2m30s\)"/],
    [{ ...plan, columns: [first, first, ...rest] }, /given twice/],
    [{ ...plan, columns: [{ ...first, transforms: [{ kind: 'exp' }] }] }, /columns\[0\].transforms\[0\]/],
    [{ ...plan, columns: [{ ...first, source: { kind: 'metric', metric: '' } }] }, /columns\[0\].source/],
    [
      {
        ...plan,
        columns: [
          { ...first, source: { kind: 'calendar', cycle: 'hour_of_day', wave: 'sine', timeZone: 'X' } },
        ],
      },
      /does not know/,
    ],
    [{ ...plan, columns: [{ ...first, transforms: [{ kind: 'log', extra: 1 }] }] }, /extra/],
    [{ ...plan, formatVersion: 3 }, /format version 3, this build reads 1 to 2/],
  ];
  for (const [altered, message] of cases)
    assert.throws(() => loadPlan(altered), { name: 'ArtifactError', message });
  // Of a later release, around what says how a column is computed.
  assert.doesNotThrow(() => loadPlan({ ...plan, extra: 1 }));
});

function metric(...apply: readonly FeatureOperation[]): FeatureRequest {
  return { kind: 'metrics', metrics: ['cpu'], apply };
}

function planOf(columns: readonly FeatureRequest[], step = MINUTE, metrics = ['mem', 'cpu']): FeaturePlan {
  return planFeatures(metrics, { settings: { timeZone: 'UTC', columns }, step });
}
