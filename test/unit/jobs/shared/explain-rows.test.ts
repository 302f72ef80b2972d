import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reason } from '../../../../lib/alert/alert.ts';
import { nameReason } from '../../../../lib/alert/summarize.ts';
import type { FeatureOperation, FeatureRequest } from '../../../../lib/config/feature-settings.ts';
import { buildMatrix } from '../../../../lib/features/build-matrix.ts';
import { columnNames, planFeatures } from '../../../../lib/features/plan.ts';
import { fitScaler } from '../../../../lib/features/scaler.ts';
import { explainRows } from '../../../../lib/jobs/shared/explain-rows.ts';
import type { FittedModel } from '../../../../lib/models/framework/contract.ts';
import { allAvailable, windowOf } from '../../features/windows.ts';

const MINUTE = 60_000;
const ROWS = 100;

/** A working set that grows by the minute and a counter of bytes; the last row is ten times what it was. */
const window = windowOf({
  cart: {
    cpu: Array.from({ length: ROWS }, (_, i) => (i === ROWS - 1 ? 90 : 5 + (i % 5))),
    requests: Array.from({ length: ROWS }, (_, i) => 10 + (i % 3)),
    sent_bytes: Array.from({ length: ROWS }, (_, i) => 6000 * i),
  },
});

test('columns of one metric are one reason, with what they add up to and the most telling of them', async () => {
  const reasons = await explain(
    [
      metric('cpu'),
      metric('cpu', { kind: 'change', over: MINUTE }),
      metric('cpu', { kind: 'max', over: 60 * MINUTE }),
      metric('requests'),
    ],
    {
      cpu: 0.2,
      'cpu (change over 1m)': 0.25,
      'cpu (max over 1h)': 0.1,
      requests: 0.448,
      data_availability: 0.002,
    },
  );
  // All three left their range; 0.2 % of the score explain nothing.
  assert.deepEqual(
    reasons.map((reason) => [nameReason(reason), Math.round(reason.share * 1000)]),
    [
      ['cpu (change over 1m)', 550],
      ['requests', 448],
    ],
  );
});

test('what left its usual range speaks before what did not', async () => {
  // The hourly mean has most of the score, and lies within what it was in training.
  const [reason] = await explain(
    [
      metric('requests', { kind: 'mean', over: 2 * MINUTE }),
      metric('cpu'),
      metric('cpu', { kind: 'min', over: 60 * MINUTE }),
    ],
    { 'cpu (min over 1h)': 0.7, cpu: 0.3 },
  );
  assert.deepEqual([reason!.metric, reason!.derived, reason!.value], ['cpu', undefined, 90]);
  assert.ok(reason!.usualHigh < 90);
});

test('units are those of what was derived', async () => {
  const cases: readonly [FeatureRequest, string, Partial<Reason>][] = [
    [
      metric('sent_bytes', { kind: 'rate', over: MINUTE }),
      'sent_bytes (rate per second over 1m)',
      { unit: 'bytes/s', value: 100 },
    ],
    [
      metric('sent_bytes', { kind: 'change', over: 2 * MINUTE }),
      'sent_bytes (change over 2m)',
      { unit: 'bytes', value: 12_000 },
    ],
    [
      metric('sent_bytes', { kind: 'relative_change', over: 99 * MINUTE - 9 * MINUTE }),
      'sent_bytes (relative change over 1h30m)',
      { unit: 'ratio', value: 10 },
    ],
    [{ kind: 'ratio', of: 'cpu', to: 'requests', apply: [] }, 'cpu / requests', { unit: 'ratio', value: 9 }],
    [
      metric('requests', { kind: 'std', over: 3 * MINUTE }),
      'requests (std over 3m)',
      { unit: undefined, value: 1 },
    ],
  ];
  for (const [request, name, expected] of cases) {
    const [reason] = await explain([request], { [name]: 1 });
    assert.equal(nameReason(reason!), name);
    assert.equal(reason!.unit, expected.unit, name);
    assert.ok(Math.abs(reason!.value! - expected.value!) < 1e-9, `${name}: ${reason!.value}`);
  }
});

test('a logarithm is shown as the values that it was taken of, where those can be had back', async () => {
  const [plain] = await explain([metric('sent_bytes', { kind: 'log' })], { 'sent_bytes (log)': 1 });
  assert.deepEqual([plain!.derived, plain!.unit], [undefined, 'bytes']);
  assert.ok(Math.abs(plain!.value! - 594_000) < 1e-6);
  const [largest] = await explain([metric('cpu', { kind: 'log' }, { kind: 'max', over: 3 * MINUTE })], {
    'cpu (log, max over 3m)': 1,
  });
  assert.equal(largest!.derived, 'max over 3m');
  assert.ok(Math.abs(largest!.value! - 90) < 1e-9);
  const [mean] = await explain([metric('cpu', { kind: 'log' }, { kind: 'mean', over: 2 * MINUTE })], {
    'cpu (log, mean over 2m)': 1,
  });
  assert.equal(mean!.derived, 'log, mean over 2m');
});

test('sine and cosine are the hour that they stand for', async () => {
  const [reason] = await explain([{ kind: 'calendar', cycle: 'hour_of_day' }], {
    'hour_of_day (sine, Asia/Kolkata)': 0.5,
    'hour_of_day (cosine, Asia/Kolkata)': 0.5,
  });
  assert.deepEqual(reason, {
    metric: 'hour_of_day',
    share: 1,
    value: 5.5 + 99 / 60,
    usualLow: 0,
    usualHigh: 24,
    usual: 12,
  });
});

function metric(name: string, ...apply: readonly FeatureOperation[]): FeatureRequest {
  return { kind: 'metrics', metrics: [name], apply };
}

/** Of the last row, by a model that gives the columns the shares given. */
async function explain(
  columns: readonly FeatureRequest[],
  shares: Readonly<Record<string, number>>,
): Promise<readonly Reason[]> {
  const plan = planFeatures(window.metrics, {
    settings: { timeZone: 'Asia/Kolkata', columns },
    step: MINUTE,
  });
  for (const name of Object.keys(shares)) assert.ok(columnNames(plan).includes(name), name);
  // The last row is what training has not seen.
  const rows = Uint32Array.from({ length: ROWS - 1 }, (_, row) => row);
  const availability = allAvailable(window);
  const scaler = fitScaler({ window, availability, plan, rows });
  const planned = { window, availability, plan, rows: Uint32Array.of(ROWS - 1) };
  const model = {
    explain: async () => [Object.entries(shares).map(([feature, share]) => ({ feature, share }))],
  } as unknown as FittedModel;
  const x = buildMatrix({ ...planned, scaler });
  const [reasons] = await explainRows(
    {
      fitted: { plan, scaler, model },
      planned,
      x,
      metrics: [],
      leastChanges: () => new Float64Array(plan.columns.length),
    },
    Uint32Array.of(0),
  );
  return reasons!;
}
