import { tooLarge, windowLimits } from './limits.ts';
import { snapTimes } from './snap-times.ts';
import type { TimeRange } from './time-range.ts';
import type { MetricWindow } from './window.ts';

/**
 * The cost of `alignToGrid`, known before it is paid.
 * @throws WindowError `too-large` where that are more rows than a grid may have, with those that lie furthest apart
 */
export function checkGrid(
  window: MetricWindow,
  { step, source }: { readonly step: number; readonly source: string },
): void {
  const spans = findSpans(window, window.times, step);
  const rows = spans.reduce((sum, { cells }) => sum + cells, 0);
  if (rows <= windowLimits().gridRows) return;
  throw tooLarge(
    source,
    `${rows} rows on its grid, cells of ${step} ms from the first row of each of ${window.entities.length} entities to its last (${describeEnds(window)})`,
    'gridRows',
  );
}

/** Cells that an entity has, from the first in which it was measured to the last. */
interface Span {
  /** Epoch ms of the first. */
  readonly start: number;
  readonly cells: number;
}

/** One an entity; none where it has no row. @param times of the window's rows */
function findSpans({ entities, entityOf }: MetricWindow, times: Float64Array, step: number): readonly Span[] {
  const first = new Float64Array(entities.length).fill(Number.POSITIVE_INFINITY);
  const last = new Float64Array(entities.length).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < times.length; row++) {
    const entity = entityOf[row]!;
    if (times[row]! < first[entity]!) first[entity] = times[row]!;
    if (times[row]! > last[entity]!) last[entity] = times[row]!;
  }
  return Array.from(first, (time, entity) => {
    const start = Math.floor(time / step) * step;
    const cells = Math.floor(last[entity]! / step) - Math.floor(time / step) + 1;
    return Number.isFinite(start) ? { start, cells } : { start: 0, cells: 0 };
  });
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
 * One row per entity and cell `[t, t + step)`, t a multiple of `step`, from the first cell with a row of that entity to the
 * last: pods that live for minutes cost no more than their minutes, however long the window is.
 * A series whose samples come a little before and after the cells' starts takes the nearest ones (`snap-times.ts`).
 * Several samples in a cell become their mean; a cell without a sample is NaN in every metric. A cell's label is 1
 * where any of its rows was. A window that lies on the grid already is returned as it is. Its range is widened to the step.
 * @param step milliseconds
 * @throws WindowError `too-large` where that are more than a grid may have
 */
export function alignToGrid(window: MetricWindow, step: number = window.step): MetricWindow {
  checkGrid(window, { step, source: window.detector });
  const times = snapTimes(window, step);
  const range = gridRange(window.range, times, step);
  const spans = findSpans(window, times, step);
  const offsets = new Float64Array(spans.length + 1);
  for (const [entity, { cells }] of spans.entries()) offsets[entity + 1] = offsets[entity]! + cells;
  const rows = offsets[spans.length]!;

  const target = window.entityOf.map((entity, row) => {
    const { start } = spans[entity]!;
    return offsets[entity]! + Math.floor((times[row]! - start) / step);
  });
  const cellTimes = new Float64Array(rows);
  const entityOf = new Uint32Array(rows);
  for (const [entity, { start, cells }] of spans.entries())
    for (let cell = 0; cell < cells; cell++) {
      entityOf[offsets[entity]! + cell] = entity;
      cellTimes[offsets[entity]! + cell] = start + cell * step;
    }
  const isAligned =
    window.step === step &&
    window.times.length === rows &&
    range.start === window.range.start &&
    range.end === window.range.end &&
    areEqual(window.times, cellTimes);
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

function areEqual(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
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
