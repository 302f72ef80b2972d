/** Weak labels where nobody labelled: the detector's criteria over its whole history, so that they can look back. */
import type { Detector } from '../config/detector.ts';
import type { TimeRange } from '../window/time-range.ts';
import type { MetricWindow } from '../window/window.ts';
import { countByCriterion, labelRows } from './labels.ts';
import { type PreparedRows, withoutMetrics } from './prepare-rows.ts';

export type CriterionCounts = Readonly<Record<string, number>>;

/**
 * @param judged ranges of the windows that had a label column, which wins
 * @returns rows without the columns that serve labels alone
 * @throws LabelError where a criterion reads a column that is neither declared nor in the data
 */
export function applyCriteria(
  rows: PreparedRows,
  detector: Detector,
  judged: readonly TimeRange[],
): PreparedRows & { readonly labelledBy: CriterionCounts } {
  const { criteria, columns } = detector.labels;
  if (criteria.length === 0) return { ...rows, labelledBy: {} };
  const declared = [...detector.metrics.map(({ name }) => name), ...columns];
  const made = labelRows(withDeclared(rows.window, declared), criteria);
  const { times, labels } = rows.window;
  const isJudged = (row: number): boolean =>
    judged.some(({ start, end }) => times[row]! >= start && times[row]! < end);
  const settled = made.labels.map((label, row) => (isJudged(row) ? (labels?.[row] ?? 0) : label));
  const window = { ...withoutMetrics(rows.window, columns), labels: settled };
  return { window, availability: rows.availability, labelledBy: countByCriterion(made) };
}

/** A metric that is queried and was never measured is missing data, not an unknown column. */
function withDeclared(window: MetricWindow, declared: readonly string[]): MetricWindow {
  const missing = declared.filter((name) => !window.metrics.includes(name));
  const nothing = new Float64Array(window.times.length).fill(Number.NaN);
  return {
    ...window,
    metrics: [...window.metrics, ...missing],
    columns: [...window.columns, ...missing.map(() => nothing)],
  };
}
