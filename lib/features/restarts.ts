/** Where something began again, told by the metrics that count since then. */
import { isReset } from './counters.ts';
import type { FeaturePlan } from './plan.ts';
import type { Transform } from './planned-column.ts';
import type { PlannedRows } from './source-columns.ts';

export interface Restart {
  readonly metric: string;
  /** Epoch ms of the first row after it. */
  readonly time: number;
  /** Of the metric, before and after. */
  readonly from: number;
  readonly to: number;
}

/** Metrics that the plan reads as counters or uptimes. */
export function restartingMetrics(plan: FeaturePlan): ReadonlySet<string> {
  return new Set(Array.from(countingColumns(plan), ([metric]) => metric));
}

/**
 * Of one entity, oldest first.
 * @param given.from, given.to epoch ms, inclusive
 */
export function findRestarts(
  { window, plan }: Pick<PlannedRows, 'window' | 'plan'>,
  given: { readonly entity: string; readonly from: number; readonly to: number },
): readonly Restart[] {
  const entity = window.entities.indexOf(given.entity);
  const found: Restart[] = [];
  for (const [metric, transform] of countingColumns(plan)) {
    const values = window.columns[window.metrics.indexOf(metric)];
    if (values === undefined) continue;
    let before = Number.NaN;
    for (let row = window.entityOf.indexOf(entity); row >= 0 && window.entityOf[row] === entity; row++) {
      const value = values[row]!;
      if (Number.isNaN(value)) continue;
      const time = window.times[row]!;
      if (time >= given.from && time <= given.to && isReset(transform, before, value))
        found.push({ metric, time, from: before, to: value });
      before = value;
    }
  }
  return found.sort((a, b) => a.time - b.time || (a.metric < b.metric ? -1 : 1));
}

/** A metric as it is, and its rate from row to row. */
function countingColumns({ columns }: FeaturePlan): ReadonlyMap<string, Transform> {
  const found = new Map<string, Transform>();
  for (const { source, transforms } of columns) {
    const [first] = transforms;
    if (source.kind === 'metric' && (first?.kind === 'rate' || first?.kind === 'uptime'))
      found.set(source.metric, first);
  }
  return found;
}
