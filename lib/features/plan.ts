/** Which columns a model sees and how each is made from a window. Part of the artifact, identified by its hash. */
import { createHash } from 'node:crypto';
import { FeatureError } from '../base/errors.ts';
import { DEFAULT_FEATURES, type FeatureSettings } from '../config/feature-settings.ts';
import type { Accumulating } from './counters.ts';
import { planColumns } from './plan-columns.ts';
import type { ColumnSource, PlannedColumn } from './planned-column.ts';

/** Name of the column that says how much of a row was measured; a metric can't have it. */
export const AVAILABILITY_COLUMN = 'data_availability';

export const PLAN_FORMAT_VERSION = 2;

/** Of the rows of a rolling window, the share that has to hold a value: below it, its statistic is missing. */
const MIN_WINDOW_SHARE = 0.5;

export interface FeaturePlan {
  readonly formatVersion: typeof PLAN_FORMAT_VERSION;
  /** In matrix order. */
  readonly columns: readonly PlannedColumn[];
  /** What stands for a value that was not measured, or cannot be computed from what was. */
  readonly missing: 'nan';
  /** See MIN_WINDOW_SHARE. */
  readonly minWindowShare: number;
  /** Earlier rows of the same entity that a row needs. */
  readonly contextRows: number;
  /** Milliseconds between rows; null where no column depends on it. */
  readonly step: number | null;
  /** IANA name of the zone whose clocks days and weeks go by; left out: UTC. */
  readonly timeZone?: string;
}

/**
 * The columns that `settings` asks for, metrics in code unit order of their names so that the order of columns in a
 * file does not matter, then data_availability.
 * @param metrics those of the data
 * @param given.step ms
 * @param given.counters metrics that are judged by their rate where nothing else is asked of them
 * @throws FeatureError where a metric's name is empty, repeated or reserved, there is none, or a column cannot be made
 *   from these metrics or at this step
 */
export function planFeatures(
  metrics: readonly string[],
  given: {
    readonly settings: FeatureSettings;
    readonly step: number;
    readonly counters?: ReadonlyMap<string, Accumulating>;
  } = {
    settings: DEFAULT_FEATURES,
    step: 0,
  },
): FeaturePlan {
  const requested = planColumns(checkNames(metrics), given.settings, given.step, given.counters);
  const columns: PlannedColumn[] = [
    ...requested,
    { name: AVAILABILITY_COLUMN, source: { kind: 'availability' }, transforms: [] },
  ];
  const contextRows = Math.max(...columns.map(contextRowsOf));
  return {
    formatVersion: PLAN_FORMAT_VERSION,
    columns,
    missing: 'nan',
    minWindowShare: MIN_WINDOW_SHARE,
    contextRows,
    step: contextRows > 0 ? given.step : null,
    // Left out where it is the default: plans of before, and their hashes, stay what they are.
    ...(given.settings.timeZone !== DEFAULT_FEATURES.timeZone && { timeZone: given.settings.timeZone }),
  };
}

/** Earlier rows that a column needs: those of its transforms, added up. */
export function contextRowsOf({ transforms }: PlannedColumn): number {
  return transforms.reduce((sum, transform) => {
    if (transform.kind === 'log') return sum;
    return sum + (transform.kind === 'rolling' ? transform.rows - 1 : transform.rows);
  }, 0);
}

/** Column names in matrix order. */
export function columnNames(plan: FeaturePlan): readonly string[] {
  return plan.columns.map((column) => column.name);
}

/** Metrics that the plan reads, each once, in the order in which columns first read them. */
export function plannedMetrics(plan: FeaturePlan): readonly string[] {
  return [...new Set(plan.columns.flatMap(({ source }) => metricsOf(source)))];
}

function metricsOf(source: ColumnSource): readonly string[] {
  if (source.kind === 'metric') return [source.metric];
  return source.kind === 'ratio' ? [source.of, source.to] : [];
}

/** sha256 in hex over the plan's canonical JSON: keys sorted, no white space. */
export function hashPlan(plan: object): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}

/** @returns sorted */
function checkNames(metrics: readonly string[]): readonly string[] {
  if (metrics.length === 0)
    throw new FeatureError('no-metrics', 'no metric to plan features for: 0, at least 1');
  const sorted = [...metrics].sort();
  for (const [i, metric] of sorted.entries()) {
    if (metric === '') throw new FeatureError('bad-metric-name', 'a metric has an empty name');
    if (metric === sorted[i - 1])
      throw new FeatureError('bad-metric-name', `metric ${JSON.stringify(metric)} is given twice`);
    if (metric === AVAILABILITY_COLUMN)
      throw new FeatureError('bad-metric-name', `metric name ${AVAILABILITY_COLUMN} is reserved`);
  }
  return sorted;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
