import { WindowError } from '../errors.ts';
import { MAX_GRID_ROWS } from './limits.ts';
import type { MetricWindow } from './window.ts';

/**
 * The cost of `alignToGrid`, known before it is paid.
 * @throws WindowError `too-large` where entities × cells exceed MAX_GRID_ROWS, with the rows that lie furthest apart
 */
export function checkGrid(
  window: MetricWindow,
  { step, source }: { readonly step: number; readonly source: string },
): void {
  const { range, entities } = window;
  const cells = Math.ceil(range.end / step) - Math.floor(range.start / step);
  const rows = cells * entities.length;
  if (rows <= MAX_GRID_ROWS) return;
  throw new WindowError(
    'too-large',
    `${source}: ${entities.length} entities × ${cells} cells of ${step} ms are ${rows} rows, and the limit is ${MAX_GRID_ROWS}; ${describeEnds(window)}`,
  );
}

function describeEnds({ times, entityOf, entities }: MetricWindow): string {
  let [first, last] = [0, 0];
  for (let row = 1; row < times.length; row++) {
    if (times[row]! < times[first]!) first = row;
    if (times[row]! > times[last]!) last = row;
  }
  const show = (row: number): string =>
    `${new Date(times[row]!).toISOString()} (entity ${JSON.stringify(entities[entityOf[row]!]!.slice(0, 200))})`;
  return `its rows reach from ${show(first)} to ${show(last)}`;
}

/**
 * One row per entity and cell `[t, t + step)`, t a multiple of `step`, over the whole range (widened to the step).
 * Several samples in a cell become their mean; a cell without a sample is NaN in every metric. A cell's label is 1
 * where any of its rows was. A window that lies on the grid already is returned as it is.
 * @param step milliseconds
 * @throws WindowError `too-large` where entities × cells exceed MAX_GRID_ROWS
 */
export function alignToGrid(window: MetricWindow, step: number = window.step): MetricWindow {
  const range = {
    start: Math.floor(window.range.start / step) * step,
    end: Math.ceil(window.range.end / step) * step,
  };
  checkGrid(window, { step, source: window.detector });
  const cells = (range.end - range.start) / step;
  const rows = cells * window.entities.length;

  const target = window.entityOf.map(
    (entity, row) => entity * cells + Math.floor((window.times[row]! - range.start) / step),
  );
  const times = new Float64Array(rows);
  const entityOf = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    entityOf[row] = Math.floor(row / cells);
    times[row] = range.start + (row % cells) * step;
  }
  const isAligned =
    window.step === step &&
    window.times.length === rows &&
    range.start === window.range.start &&
    range.end === window.range.end &&
    window.times.every((time, row) => time === times[row]);
  if (isAligned) return window;
  return {
    ...window,
    range,
    step,
    entityOf,
    times,
    columns: window.columns.map((column) => averageInto(column, target, rows)),
    labels: window.labels && flagInto(window.labels, target, rows),
  };
}

/** Mean of the values that fall on a row, updated one by one: a single value stays exactly itself. */
function averageInto(values: Float64Array, target: Uint32Array, rows: number): Float64Array {
  const means = new Float64Array(rows).fill(Number.NaN);
  let lastTarget = -1;
  let count = 0;
  // Rows ascend in time, so those of one cell are neighbours.
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    const cell = target[row]!;
    if (cell !== lastTarget) count = 0;
    lastTarget = cell;
    if (Number.isNaN(value)) continue;
    count++;
    means[cell] = count === 1 ? value : means[cell]! + (value - means[cell]!) / count;
  }
  return means;
}

function flagInto(labels: Uint8Array, target: Uint32Array, rows: number): Uint8Array {
  const flags = new Uint8Array(rows);
  for (let row = 0; row < labels.length; row++) flags[target[row]!]! |= labels[row]!;
  return flags;
}
