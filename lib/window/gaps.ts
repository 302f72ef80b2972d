import type { MetricWindow } from './window.ts';

export interface FilledWindow {
  readonly window: MetricWindow;
  /**
   * Per row: share of the metrics that have a value after filling, 0 to 1. A metric without a single value in the whole
   * window counts as missing, since that is how an exporter that died looks.
   */
  readonly availability: Float64Array;
}

/**
 * Fills gaps by linear interpolation in time, for each entity and metric on its own. A gap is filled where at most
 * `maxSteps` cells are missing between two values; a longer one, or one at either end, stays NaN entirely.
 * @param window on its grid (`alignToGrid`)
 * @param restarting metrics that begin again at times: no line is drawn through a restart
 */
export function fillGaps(
  window: MetricWindow,
  maxSteps: number,
  restarting: ReadonlySet<string> = new Set(),
): FilledWindow {
  const columns = window.columns.map((column, m) =>
    fillColumn(column, window, { maxSteps, isRestarting: restarting.has(window.metrics[m]!) }),
  );
  const availability = new Float64Array(window.times.length);
  for (const column of columns)
    for (let row = 0; row < column.length; row++) if (!Number.isNaN(column[row]!)) availability[row]! += 1;
  for (let row = 0; row < availability.length; row++) availability[row]! /= columns.length;
  return { window: { ...window, columns }, availability };
}

/** The same array where nothing was filled. */
function fillColumn(
  column: Float64Array,
  window: MetricWindow,
  { maxSteps, isRestarting }: { readonly maxSteps: number; readonly isRestarting: boolean },
): Float64Array {
  const { times, entityOf, step } = window;
  let filled = column;
  let last = -1;
  for (let row = 0; row < column.length; row++) {
    if (Number.isNaN(column[row]!)) continue;
    const isGap = last !== -1 && row - last > 1 && entityOf[last] === entityOf[row];
    const isRestart = isRestarting && last !== -1 && column[row]! < column[last]!;
    if (isGap && !isRestart && (times[row]! - times[last]!) / step - 1 <= maxSteps) {
      if (filled === column) filled = column.slice();
      interpolate(filled, times, last, row);
    }
    last = row;
  }
  return filled;
}

/** Rows between `from` and `to`, both exclusive. Kept between the two values whatever rounding does. */
function interpolate(values: Float64Array, times: Float64Array, from: number, to: number): void {
  const [first, last] = [values[from]!, values[to]!];
  const [low, high] = [Math.min(first, last), Math.max(first, last)];
  for (let row = from + 1; row < to; row++) {
    const share = (times[row]! - times[from]!) / (times[to]! - times[from]!);
    values[row] = Math.min(high, Math.max(low, first * (1 - share) + last * share));
  }
}
