/** Where what moved has stayed: the new level of the metric that an anomaly which settled was about. */
import type { AlertSettled, Reason } from '../../alert/alert.ts';
import { findLeadingReason } from '../../alert/summarize.ts';
import type { Transition } from '../../decision/contract.ts';
import { takeMedian } from '../../maths/median.ts';
import type { MetricWindow } from '../../window/window.ts';

/**
 * The median of the rows since its end.
 * @returns undefined where it did not settle, is about no metric itself, or no row since is measured
 */
export function measureSettled(
  { state, entity, end }: Pick<Transition, 'state' | 'entity' | 'end'>,
  reasons: readonly Reason[],
  window: Pick<MetricWindow, 'entities' | 'entityOf' | 'times' | 'metrics' | 'columns'>,
): AlertSettled | undefined {
  const leading = findLeadingReason(reasons);
  if (state !== 'settled' || end === undefined || leading === undefined) return undefined;
  const { metric, derived, usual, unit } = leading;
  const column = window.columns[window.metrics.indexOf(metric)];
  if (derived !== undefined || column === undefined) return undefined;
  const of = window.entities.indexOf(entity);
  const since = column.filter(
    (value, row) => window.entityOf[row] === of && window.times[row]! >= end && !Number.isNaN(value),
  );
  if (since.length === 0) return undefined;
  return { metric, value: takeMedian(since), usual, ...(unit !== undefined && { unit }) };
}
