/** Against pandas and scikit-learn; scripts/reference/features.py made the figures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { FeatureRequest, LookbackOperation } from '../../../lib/config/feature-settings.ts';
import { deriveColumns } from '../../../lib/features/derive-columns.ts';
import { columnNames, planFeatures } from '../../../lib/features/plan.ts';
import { fitScaler, scaleValue } from '../../../lib/features/scaler.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { allAvailable } from './windows.ts';

interface Reference {
  readonly stepMs: number;
  readonly entities: Readonly<
    Record<
      string,
      {
        readonly times: readonly number[];
        readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
        readonly features: Readonly<Record<string, readonly (number | null)[]>>;
      }
    >
  >;
  readonly scaled: Readonly<Record<'minmax' | 'standard', readonly (number | null)[]>>;
}

const MINUTE = 60_000;
const reference: Reference = JSON.parse(
  readFileSync(new URL('../../fixtures/pandas/features.json', import.meta.url), 'utf8'),
);
const window = toWindow(reference);

/** "smooth" and "vector" are there in place of what they stand for. */
const columns: readonly FeatureRequest[] = [
  of('use'),
  of('use', ['change', 10]),
  of('use', ['change', 50]),
  of('use', ['relative_change', 20]),
  of('use', ['lag', 60]),
  of('use', ['smooth', 30]),
  of('use', ['smooth', 30], ['change', 10]),
  of('constant', ['std', 60]),
  of('constant', ['mean', 60]),
  of('total', ['rate', 10]),
  of('total', ['rate', 60]),
  { kind: 'metrics', metrics: ['total'], apply: [{ kind: 'log' }] },
  { kind: 'metrics', metrics: ['total'], apply: [{ kind: 'log' }, { kind: 'max', over: 40 * MINUTE }] },
  { kind: 'ratio', of: 'use', to: 'limit', apply: [] },
  { kind: 'ratio', of: 'use', to: 'limit', apply: [{ kind: 'mean', over: 40 * MINUTE }] },
  { kind: 'calendar', cycle: 'hour_of_day' },
  { kind: 'calendar', cycle: 'day_of_week' },
  of('use', ['mean', 50]),
  of('use', ['median', 50]),
  of('use', ['std', 50]),
  of('use', ['min', 50]),
  of('use', ['max', 50]),
  of('use', ['iqr', 50]),
  of('use', ['vector', 120]),
];
const plan = planFeatures(window.metrics, {
  settings: { timeZone: 'Europe/Berlin', columns },
  step: reference.stepMs,
});
const names = columnNames(plan);

const derived = Array.from(deriveColumns({ window, availability: allAvailable(window), plan }), (values) =>
  values.slice(),
);
for (const [c, values] of derived.entries()) {
  const name = names[c]!;
  // Not pandas' own.
  if (name === 'data_availability' || name === 'use (change over 2h)') continue;
  test(`${name} is as pandas has it`, () => {
    const expected = Object.values(reference.entities).flatMap(({ features }) => features[name]!);
    assert.ok(expected.some((value) => value !== null));
    for (const [row, value] of values.entries()) assertClose(value, expected[row] ?? NaN, `row ${row}`);
  });
}

test('every figure that pandas gave is compared', () => {
  const given = Object.values(reference.entities).flatMap(({ features }) => Object.keys(features));
  assert.deepEqual(
    given.filter((name) => !names.includes(name)),
    [],
  );
});

for (const kind of ['minmax', 'standard'] as const)
  test(`${kind} scales as scikit-learn does`, () => {
    const one = planFeatures(['use']);
    const rows = Uint32Array.from(window.times.keys()).filter((row) => window.entityOf[row] === 0);
    const { pooled } = fitScaler({ window, availability: allAvailable(window), plan: one, rows, kind });
    const use = window.columns[window.metrics.indexOf('use')]!;
    for (const [i, row] of rows.entries())
      assertClose(scaleValue(use[row]!, pooled[0]!), reference.scaled[kind][i] ?? NaN, `row ${row}`);
  });

function of(metric: string, ...operations: readonly [LookbackOperation, minutes: number][]): FeatureRequest {
  const apply = operations.map(([kind, minutes]) => ({ kind, over: minutes * MINUTE }));
  return { kind: 'metrics', metrics: [metric], apply };
}

function toWindow({ entities, stepMs }: Reference): MetricWindow {
  const names = Object.keys(entities);
  const parts = Object.values(entities);
  const times = Float64Array.from(parts.flatMap((part) => part.times));
  const metrics = Object.keys(parts[0]!.metrics);
  return {
    detector: 'reference',
    range: { start: Math.min(...times), end: Math.max(...times) + stepMs },
    step: stepMs,
    metrics,
    entities: names,
    entityOf: Uint32Array.from(parts.flatMap((part, entity) => part.times.map(() => entity))),
    times,
    columns: metrics.map((metric) =>
      Float64Array.from(parts.flatMap((part) => part.metrics[metric]!.map((value) => value ?? NaN))),
    ),
    labels: undefined,
  };
}

function assertClose(value: number, expected: number, where: string): void {
  const close = Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
  assert.ok(close || Object.is(value, expected), `${where}: ${value} is not ${expected}`);
}
