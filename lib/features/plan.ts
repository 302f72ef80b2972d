/** Which columns a model sees and how each is made from a window. Part of the artifact, identified by its hash. */
import { createHash } from 'node:crypto';
import { FeatureError } from '../errors.ts';

/** Name of the column that says how much of a row was measured; a metric can't have it. */
export const AVAILABILITY_COLUMN = 'data_availability';

export const PLAN_FORMAT_VERSION = 1;

export type PlannedColumn =
  | {
      readonly kind: 'metric';
      readonly name: string;
      readonly metric: string;
      readonly transform: 'identity';
    }
  | { readonly kind: 'availability'; readonly name: typeof AVAILABILITY_COLUMN };

export interface FeaturePlan {
  readonly formatVersion: typeof PLAN_FORMAT_VERSION;
  /** In matrix order. */
  readonly columns: readonly PlannedColumn[];
  /** What stands for a value that was not measured. */
  readonly missing: 'nan';
  /** Earlier rows of the same entity that a row needs. */
  readonly contextRows: number;
}

/**
 * One scaled column per metric, in code unit order of the names so that the order of columns in a file does not
 * matter, then data_availability.
 * @throws FeatureError where a name is empty, repeated or reserved, or there is none
 */
export function planFeatures(metrics: readonly string[]): FeaturePlan {
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
  const columns: PlannedColumn[] = sorted.map((metric) => ({
    kind: 'metric',
    name: metric,
    metric,
    transform: 'identity',
  }));
  columns.push({ kind: 'availability', name: AVAILABILITY_COLUMN });
  return { formatVersion: PLAN_FORMAT_VERSION, columns, missing: 'nan', contextRows: 0 };
}

/** Column names in matrix order. */
export function columnNames(plan: FeaturePlan): readonly string[] {
  return plan.columns.map((column) => column.name);
}

/** Metrics that the plan reads, in column order. */
export function plannedMetrics(plan: FeaturePlan): readonly string[] {
  return plan.columns.flatMap((column) => (column.kind === 'metric' ? [column.metric] : []));
}

/** sha256 in hex over the plan's canonical JSON: keys sorted, no white space. */
export function hashPlan(plan: FeaturePlan): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
