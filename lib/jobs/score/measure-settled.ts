/** Where what moved has stayed: the new level of a metric that an anomaly which settled was about. */
import type { AlertSettled, Reason } from '../../alert/alert.ts';
import type { Transition } from '../../decision/contract.ts';
import { takeMedian } from '../../maths/median.ts';
import type { MetricWindow } from '../../window/window.ts';

/**
 * Of the first of the reasons that is still off what was usual, by the median of the rows since the end: another one may have come
 * back by then, and it is the rest that has stayed.
 * @returns undefined where it did not settle, or no metric itself is off by a row that is measured
 */
export function measureSettled(
  { state, entity, end }: Pick<Transition, 'state' | 'entity' | 'end'>,
  reasons: readonly Reason[],
  window: Pick<MetricWindow, 'entities' | 'entityOf' | 'times' | 'metrics' | 'columns'>,
): AlertSettled | undefined {
  if (state !== 'settled' || end === undefined) return undefined;
  const of = window.entities.indexOf(entity);
  for (const { metric, derived, usual, usualLow, usualHigh, unit } of reasons) {
    const column = window.columns[window.metrics.indexOf(metric)];
    if (derived !== undefined || column === undefined) continue;
    const since = column.filter(
      (value, row) => window.entityOf[row] === of && window.times[row]! >= end && !Number.isNaN(value),
    );
    if (since.length === 0) continue;
    const value = takeMedian(since);
    if (value < usualLow || value > usualHigh)
      return { metric, value, usual, ...(unit !== undefined && { unit }) };
  }
  return undefined;
}
