/** The raw columns that a plan reads from a window. */
import { FeatureError } from '../errors.ts';
import type { MetricWindow } from '../window/window.ts';
import type { FeaturePlan } from './plan.ts';

export interface PlannedRows {
  readonly window: MetricWindow;
  /** Per row, 0 to 1. */
  readonly availability: Float64Array;
  readonly plan: FeaturePlan;
}

/** One array per planned column, raw. @throws FeatureError naming the metrics that the window lacks */
export function sourceColumns({ window, availability, plan }: PlannedRows): readonly Float64Array[] {
  if (availability.length !== window.times.length)
    throw new FeatureError(
      'bad-availability',
      `availability has ${availability.length} values for ${window.times.length} rows`,
    );
  const { missing, extra } = compareMetrics(plan, window);
  if (missing.length > 0)
    throw new FeatureError(
      'schema-drift',
      `the window lacks metrics that the model was trained on: ${quoted(missing)}` +
        (extra.length > 0 ? `; it has others that the model does not know: ${quoted(extra)}` : ''),
    );
  return plan.columns.map((column) =>
    column.kind === 'availability' ? availability : window.columns[window.metrics.indexOf(column.metric)]!,
  );
}

/** How a window's metrics differ from the plan's: `missing` ones are an error to build with, `extra` ones are ignored. */
export function compareMetrics(
  plan: FeaturePlan,
  window: Pick<MetricWindow, 'metrics'>,
): { readonly missing: readonly string[]; readonly extra: readonly string[] } {
  const planned = new Set(
    plan.columns.flatMap((column) => (column.kind === 'metric' ? [column.metric] : [])),
  );
  const given = new Set(window.metrics);
  return {
    missing: [...planned].filter((metric) => !given.has(metric)),
    extra: [...given].filter((metric) => !planned.has(metric)),
  };
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}
