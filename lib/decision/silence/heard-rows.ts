/**
 * Tells who was heard when, cell by cell of the grid, in order of time. The result does not depend on how rows are cut into
 * files.
 */
import type { MetricWindow } from '../../window/window.ts';

export interface HeardEntity {
  /** Index into the window's entities. */
  readonly entity: number;
  /** Per metric, 1 = it has a value. */
  readonly has: Uint8Array;
}

export interface HeardCell {
  /** Epoch ms, a multiple of the step. */
  readonly time: number;
  /** Those with at least one of the metrics. */
  readonly entities: readonly HeardEntity[];
}

/**
 * Cells in which anybody was heard.
 * @param window on its grid or not: a row belongs to the cell that it lies in
 * @param metrics that count; one that the window does not have is missing of everyone
 */
export function* hearCells(
  window: MetricWindow,
  { step, metrics }: { readonly step: number; readonly metrics: readonly string[] },
): Generator<HeardCell, void, undefined> {
  const columns = metrics.map((name) => window.columns[window.metrics.indexOf(name)]);
  const order = orderByCell(window, step);
  const cellOf = (at: number): number => Math.floor(window.times[order[at]!]! / step);
  let at = 0;
  while (at < order.length) {
    const cell = cellOf(at);
    const entities: HeardEntity[] = [];
    while (at < order.length && cellOf(at) === cell) {
      const entity = window.entityOf[order[at]!]!;
      const has = new Uint8Array(metrics.length);
      let isHeard = false;
      while (at < order.length && window.entityOf[order[at]!] === entity && cellOf(at) === cell) {
        const row = order[at++]!;
        for (let m = 0; m < columns.length; m++) {
          const value = columns[m]?.[row];
          if (value === undefined || Number.isNaN(value)) continue;
          has[m] = 1;
          isHeard = true;
        }
      }
      if (isHeard) entities.push({ entity, has });
    }
    if (entities.length > 0) yield { time: cell * step, entities };
  }
}

/** Rows by cell, then as they stand: by entity and time. */
function orderByCell({ times }: MetricWindow, step: number): Uint32Array {
  const rows = times.length;
  let first = Number.POSITIVE_INFINITY;
  for (const time of times) if (time < first) first = time;
  const origin = Math.floor(first / step);
  // One number a row sorts without calls; cells times rows stay far below 2^53.
  const keys = times.map((time, row) => (Math.floor(time / step) - origin) * rows + row).sort();
  return Uint32Array.from(keys, (key) => key % rows);
}
