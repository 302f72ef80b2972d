/** What a plan reads from a window. */
import { FeatureError } from '../base/errors.ts';
import { listForeign } from '../base/foreign-text.ts';
import type { MetricWindow } from '../window/window.ts';
import { type FeaturePlan, plannedMetrics } from './plan.ts';

export interface PlannedRows {
  /** History included: columns that look back see no further than its first row. */
  readonly window: MetricWindow;
  /** Per row of the window, 0 to 1. */
  readonly availability: Float64Array;
  readonly plan: FeaturePlan;
  /** Rows of the window to make features of, ascending; the others are history only. All where left out. */
  readonly rows?: Uint32Array | undefined;
}

/** @throws FeatureError naming the metrics that the window lacks */
export function checkColumns({ window, availability, plan }: PlannedRows): void {
  if (availability.length !== window.times.length)
    throw new FeatureError(
      'bad-availability',
      `availability has ${availability.length} values for ${window.times.length} rows`,
    );
  const { missing, extra } = compareMetrics(plan, window);
  if (missing.length > 0)
    throw new FeatureError(
      'schema-drift',
      `the window lacks metrics that the model was trained on: ${listForeign(missing)}` +
        (extra.length > 0 ? `; it has others that the model does not know: ${listForeign(extra)}` : ''),
    );
}

/** How a window's metrics differ from the plan's: `missing` ones are an error to build with, `extra` ones are ignored. */
export function compareMetrics(
  plan: FeaturePlan,
  window: Pick<MetricWindow, 'metrics'>,
): { readonly missing: readonly string[]; readonly extra: readonly string[] } {
  const planned = new Set(plannedMetrics(plan));
  const given = new Set(window.metrics);
  return {
    missing: [...planned].filter((metric) => !given.has(metric)),
    extra: [...given].filter((metric) => !planned.has(metric)),
  };
}
