/**
 * Median and interquartile range over the last rows, from the window's values kept in order: a row's value takes the
 * place of the one that leaves, and only what lies between the two moves.
 */
import { quantile } from '../maths/quantile.ts';
import type { RollingWindow } from './rolling-moments.ts';

/** Which of the two are wanted; both cost hardly more than one. */
export interface OrderOutputs {
  readonly median: Float64Array | undefined;
  readonly iqr: Float64Array | undefined;
}

/** Values from which one call is faster than a loop. */
const COPIED_AT_ONCE = 32;

/** Quantiles are interpolated between ranks, as numpy and pandas do. NaN where the window holds fewer than `least` values. */
export function rollOrder(
  values: Float64Array,
  { median, iqr }: OrderOutputs,
  { rows, least }: Omit<RollingWindow, 'firstCell'>,
): void {
  const sorted = new Float64Array(rows);
  let count = 0;
  for (let row = 0; row < values.length; row++) {
    const leaving = row >= rows ? values[row - rows]! : NaN;
    const value = values[row]!;
    const leaves = !Number.isNaN(leaving);
    const enters = !Number.isNaN(value);
    if (leaves && enters) replaceSorted(sorted, count, leaving, value);
    else if (leaves) removeSorted(sorted, count--, leaving);
    else if (enters) insertSorted(sorted, count++, value);
    const enough = count >= least && count > 0;
    if (median) median[row] = enough ? quantile(sorted, 0.5, count) : NaN;
    if (iqr) iqr[row] = enough ? quantile(sorted, 0.75, count) - quantile(sorted, 0.25, count) : NaN;
  }
}

/** First index whose value is not below `value`. */
function findSorted(sorted: Float64Array, count: number, value: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function replaceSorted(sorted: Float64Array, count: number, leaving: number, value: number): void {
  const from = findSorted(sorted, count, leaving);
  const to = findSorted(sorted, count, value);
  // What lies between the two places moves up or down by one.
  const place = value > leaving ? to - 1 : to;
  if (Math.abs(place - from) > COPIED_AT_ONCE) {
    if (place > from) sorted.copyWithin(from, from + 1, place + 1);
    else sorted.copyWithin(place + 1, place, from);
  } else {
    for (let at = from; at < place; at++) sorted[at] = sorted[at + 1]!;
    for (let at = from; at > place; at--) sorted[at] = sorted[at - 1]!;
  }
  sorted[place] = value;
}

function removeSorted(sorted: Float64Array, count: number, value: number): void {
  const at = findSorted(sorted, count, value);
  sorted.copyWithin(at, at + 1, count);
}

function insertSorted(sorted: Float64Array, count: number, value: number): void {
  const at = findSorted(sorted, count, value);
  sorted.copyWithin(at + 1, at, count);
  sorted[at] = value;
}
