/**
 * Which incidents a threshold would have opened, and up to which threshold each of them would have opened at all: the
 * peak, over its rows, of the level that k of the newest n rows reached together.
 */
import type { DecisionPolicy, ScoredRows } from './contract.ts';

export type PeakRules = Pick<DecisionPolicy, 'minDeviation' | 'k' | 'n' | 'resolveAfter'>;

export interface RowLevels {
  readonly entityOf: Uint32Array;
  /** Epoch ms, ascending within an entity. */
  readonly times: Float64Array;
  /** A row's score; -Infinity where it cannot be anomalous. */
  readonly levels: Float64Array;
  /** Level that k of the newest n rows reach: an incident opens at a threshold up to it. */
  readonly reached: Float64Array;
  /** Ms between rows. */
  readonly step: number;
  readonly rules: PeakRules;
}

/** @param labels 1 where a row is known to be anomalous: it says nothing of false alarms */
export function levelRows(given: {
  readonly rows: ScoredRows;
  readonly labels: Uint8Array | undefined;
  readonly rules: PeakRules;
  readonly step: number;
}): RowLevels {
  const { rows, labels, rules, step } = given;
  const { entityOf, times, scores, deviations } = rows;
  const levels = scores.map((score, row) =>
    Number.isNaN(score) || !(deviations[row]! >= rules.minDeviation) || labels?.[row] === 1
      ? Number.NEGATIVE_INFINITY
      : score,
  );
  const reached = new Float64Array(levels.length);
  let first = 0;
  for (let row = 0; row < levels.length; row++) {
    if (row > 0 && !follows({ entityOf, times }, row, step)) first = row;
    const from = Math.max(first, row - rules.n + 1);
    reached[row] = kthLargest(levels.subarray(from, row + 1), rules.k);
  }
  return { entityOf, times, levels, reached, step, rules };
}

/** One peak per incident that `threshold` opens, as `decideWindow` would. Each is at or above it. */
export function findPeaks(
  { entityOf, times, levels, reached, step, rules }: RowLevels,
  threshold: number,
): number[] {
  const peaks: number[] = [];
  let isOpen = false;
  let quiet = 0;
  /** Rows before it were part of an incident, and count for no other. */
  let from = 0;
  for (let row = 0; row < levels.length; row++) {
    if (row > 0 && entityOf[row] !== entityOf[row - 1]) isOpen = false;
    if (row === 0 || !follows({ entityOf, times }, row, step)) from = row;
    const isAnomalous = levels[row]! >= threshold;
    if (isOpen) {
      quiet = isAnomalous ? 0 : quiet + 1;
      if (reached[row]! > peaks.at(-1)!) peaks[peaks.length - 1] = reached[row]!;
      if (quiet >= rules.resolveAfter) {
        isOpen = false;
        from = row + 1;
      }
      continue;
    }
    // Cheap first: most rows reach nothing.
    if (!isAnomalous || reached[row]! < threshold) continue;
    const own = kthLargest(levels.subarray(Math.max(from, row - rules.n + 1), row + 1), rules.k);
    if (own < threshold) continue;
    peaks.push(own);
    isOpen = true;
    quiet = 0;
  }
  return peaks;
}

function follows(
  { entityOf, times }: Pick<RowLevels, 'entityOf' | 'times'>,
  row: number,
  step: number,
): boolean {
  return entityOf[row] === entityOf[row - 1] && times[row]! - times[row - 1]! <= step;
}

/** -Infinity where there are fewer than k. */
function kthLargest(values: Float64Array, k: number): number {
  return values.length < k ? Number.NEGATIVE_INFINITY : values.toSorted()[values.length - k]!;
}
