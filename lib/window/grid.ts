import { WindowError } from '../base/errors.ts';
import { MAX_GRID_ROWS } from './limits.ts';
import { snapTimes } from './snap-times.ts';
import type { TimeRange } from './time-range.ts';
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
 * A series whose samples come a little before and after the cells' starts takes the nearest ones (`snap-times.ts`).
 * Several samples in a cell become their mean; a cell without a sample is NaN in every metric. A cell's label is 1
 * where any of its rows was. A window that lies on the grid already is returned as it is.
 * @param step milliseconds
 * @throws WindowError `too-large` where entities × cells exceed MAX_GRID_ROWS
 */
export function alignToGrid(window: MetricWindow, step: number = window.step): MetricWindow {
  checkGrid(window, { step, source: window.detector });
  const times = snapTimes(window, step);
  const range = gridRange(window.range, times, step);
  const cells = (range.end - range.start) / step;
  const rows = cells * window.entities.length;

  const target = window.entityOf.map(
    (entity, row) => entity * cells + Math.floor((times[row]! - range.start) / step),
  );
  const cellTimes = new Float64Array(rows);
  const entityOf = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    entityOf[row] = Math.floor(row / cells);
    cellTimes[row] = range.start + (row % cells) * step;
  }
  const isAligned =
    window.step === step &&
    window.times.length === rows &&
    range.start === window.range.start &&
    range.end === window.range.end &&
    window.times.every((time, row) => time === cellTimes[row]);
  if (isAligned) return window;
  return {
    ...window,
    range,
    step,
    entityOf,
    times: cellTimes,
    columns: window.columns.map((column) => averageInto(column, target, rows)),
    labels: window.labels && flagInto(window.labels, target, rows),
  };
}

/** Widened to the step, and to a sample that came a little before the end and belongs to the cell that begins there. */
function gridRange({ start, end }: TimeRange, times: Float64Array, step: number): TimeRange {
  let last = Math.ceil(end / step) * step;
  for (const time of times) if (time >= last) last = Math.floor(time / step) * step + step;
  return { start: Math.floor(start / step) * step, end: last };
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
