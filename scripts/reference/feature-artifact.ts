/**
 * Writes test/fixtures/features/features.vN.json: a state of the format that is written today, the plan's hash, and
 * rows with the values that a model saw of them. Run once for each format version that is released, never over an
 * existing file: `node_modules/.bin/node scripts/reference/feature-artifact.ts`
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { buildMatrix } from '../../lib/features/build-matrix.ts';
import { saveFeatures } from '../../lib/features/feature-state.ts';
import { hashPlan, planFeatures } from '../../lib/features/plan.ts';
import { fitScaler } from '../../lib/features/scaler.ts';
import type { MetricWindow } from '../../lib/window/window.ts';

const MINUTE = 60_000;
const ROWS = 80;

const training = makeWindow(['cart', 'payment'], ROWS);
const plan = planFeatures(training.metrics, {
  step: MINUTE,
  settings: {
    timeZone: 'Europe/Berlin',
    columns: [
      { kind: 'metrics', metrics: 'all', apply: [] },
      {
        kind: 'metrics',
        metrics: ['bytes'],
        apply: [{ kind: 'log' }, { kind: 'vector', over: 5 * MINUTE }],
      },
      { kind: 'metrics', metrics: ['cpu'], apply: [{ kind: 'relative_change', over: 2 * MINUTE }] },
      { kind: 'metrics', metrics: ['bytes'], apply: [{ kind: 'rate', over: 3 * MINUTE }] },
      { kind: 'ratio', of: 'cpu', to: 'bytes', apply: [{ kind: 'lag', over: MINUTE }] },
      { kind: 'calendar', cycle: 'hour_of_day' },
      { kind: 'calendar', cycle: 'day_of_week' },
    ],
  },
});
const scaler = fitScaler({ window: training, availability: availabilityOf(training), plan, kind: 'minmax' });
const window = makeWindow(['cart', 'new'], 8);
const x = buildMatrix({ window, availability: availabilityOf(window), plan, scaler });
const state = saveFeatures({ plan, scaler });
const artifact = {
  planHash: hashPlan(plan),
  state,
  window: {
    entities: window.entities,
    metrics: window.metrics,
    columns: window.columns.map((column) => Array.from(column, toJson)),
  },
  values: Array.from(x.values, toJson),
};
const folder = new URL('../../test/fixtures/features/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL(`features.v${state.formatVersion}.json`, folder),
  `${JSON.stringify(artifact, null, 1)}\n`,
  { flag: 'wx' },
);

function makeWindow(entities: readonly string[], rows: number): MetricWindow {
  const total = rows * entities.length;
  const fill = (value: (row: number, entity: number) => number): Float64Array =>
    Float64Array.from({ length: total }, (_, i) => value(i % rows, Math.floor(i / rows)));
  return {
    detector: 'shop',
    range: { start: 0, end: rows * MINUTE },
    step: MINUTE,
    metrics: ['cpu', 'bytes', 'restarts'],
    entities,
    entityOf: Uint32Array.from(fill((_, entity) => entity)),
    times: fill((row) => row * MINUTE),
    columns: [
      fill((row, entity) => 0.5 + entity + Math.sin(row) / 4),
      fill((row, entity) => 1e6 * (entity + 1) * Math.abs(Math.cos(row / 3))),
      fill((row) => (rows < ROWS && row === 5 ? 1 : 0)),
    ],
    labels: undefined,
  };
}

function availabilityOf({ times }: MetricWindow): Float64Array {
  return Float64Array.from(times, (_, row) => (row % 7 === 6 ? 0.5 : 1));
}

function toJson(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
