/** Several windows as one, and a part of one: rows are moved in runs, not one by one. */
import { TidewatchError, WindowError } from '../base/errors.ts';
import type { TimeRange } from './time-range.ts';
import type { MetricWindow } from './window.ts';

/** Rows `from` up to `to` of a window, which stand together in the result from row `at`. */
interface Run {
  readonly window: MetricWindow;
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** Rows of one entity in one window. */
interface EntityRows {
  readonly window: MetricWindow;
  readonly from: number;
  readonly to: number;
}

interface Plan {
  readonly rows: number;
  readonly entities: readonly string[];
  readonly entityOf: Uint32Array;
  readonly times: Float64Array;
  readonly runs: readonly Run[];
}

/**
 * Union of rows, metrics (in order of first appearance) and entities. Where the same entity and time occur twice, the
 * later-listed window's value stands in each metric in which it has one; a label is 1 where any of them says so.
 * The range reaches from the earliest start to the latest end.
 * @throws WindowError `mixed-windows` where detectors or steps differ; TidewatchError `no-windows` for an empty list
 */
export function mergeWindows(windows: readonly MetricWindow[]): MetricWindow {
  const [first] = windows;
  if (!first) throw new TidewatchError('no-windows', 'no windows to combine');
  if (windows.length === 1) return first;
  for (const { detector, step } of windows)
    if (detector !== first.detector || step !== first.step)
      throw new WindowError(
        'mixed-windows',
        `${first.detector} at a step of ${first.step} ms and ${detector} at ${step} ms do not combine`,
      );
  const metrics = [...new Set(windows.flatMap((window) => window.metrics))];
  const { rows, runs, ...placed } = planRows(windows);
  return {
    detector: first.detector,
    step: first.step,
    range: {
      start: windows.reduce((start, { range }) => Math.min(start, range.start), first.range.start),
      end: windows.reduce((end, { range }) => Math.max(end, range.end), first.range.end),
    },
    metrics,
    ...placed,
    columns: metrics.map((metric) => gatherColumn(metric, runs, rows)),
    labels: windows.some((window) => window.labels) ? gatherLabels(runs, rows) : undefined,
  };
}

/** Rows inside `range`, and the entities that have any. The result's range is where the two ranges meet. */
export function sliceWindow(window: MetricWindow, range: TimeRange): MetricWindow {
  const start = Math.max(range.start, window.range.start);
  const end = Math.max(start, Math.min(range.end, window.range.end));
  if (start === window.range.start && end === window.range.end) return window;
  const entities: string[] = [];
  const runs: Run[] = [];
  let rows = 0;
  for (const [name, entity] of entityRowsOf(window)) {
    const from = firstRowAtOrAfter(window.times, entity, start);
    const to = firstRowAtOrAfter(window.times, entity, end);
    if (from === to) continue;
    entities.push(name);
    runs.push({ window, from, to, at: rows });
    rows += to - from;
  }
  const entityOf = new Uint32Array(rows);
  const times = new Float64Array(rows);
  for (const [index, { from, to, at }] of runs.entries()) {
    entityOf.fill(index, at, at + to - from);
    times.set(window.times.subarray(from, to), at);
  }
  return {
    ...window,
    range: { start, end },
    entities,
    entityOf,
    times,
    columns: window.metrics.map((metric) => gatherColumn(metric, runs, rows)),
    labels: window.labels && gatherLabels(runs, rows),
  };
}

function planRows(windows: readonly MetricWindow[]): Plan {
  const byEntity = new Map<string, EntityRows[]>();
  for (const window of windows)
    for (const [name, rows] of entityRowsOf(window)) {
      const list = byEntity.get(name);
      if (list) list.push(rows);
      else byEntity.set(name, [rows]);
    }
  const entities = [...byEntity.keys()].sort((left, right) => (left < right ? -1 : 1));
  const times = new Float64Array(windows.reduce((sum, window) => sum + window.times.length, 0));
  const entityOf = new Uint32Array(times.length);
  const runs: Run[] = [];
  let rows = 0;
  for (const [index, name] of entities.entries()) {
    const end = placeEntity(byEntity.get(name)!, times, rows, runs);
    entityOf.fill(index, rows, end);
    rows = end;
  }
  return { rows, entities, runs, times: times.subarray(0, rows), entityOf: entityOf.subarray(0, rows) };
}

/** Writes the entity's times from row `at` on, adds the runs that lead there, and returns the row behind them. */
function placeEntity(parts: readonly EntityRows[], times: Float64Array, at: number, runs: Run[]): number {
  const ascending = parts.toSorted((left, right) => firstTime(left) - firstTime(right));
  const isDisjoint = ascending.every(
    (part, index) => index === 0 || lastTime(ascending[index - 1]!) < firstTime(part),
  );
  let end = at;
  if (isDisjoint) {
    for (const { window, from, to } of ascending) {
      times.set(window.times.subarray(from, to), end);
      runs.push({ window, from, to, at: end });
      end += to - from;
    }
    return end;
  }
  for (const { window, from, to } of parts) {
    times.set(window.times.subarray(from, to), end);
    end += to - from;
  }
  const sorted = times.subarray(at, end).sort();
  let distinct = 0;
  for (let row = 0; row < sorted.length; row++)
    if (row === 0 || sorted[row] !== sorted[distinct - 1]) sorted[distinct++] = sorted[row]!;
  // In the order of the list, so that a later window is laid over an earlier one.
  for (const part of parts) addRuns(part, sorted.subarray(0, distinct), at, runs);
  return at + distinct;
}

/** Cuts a part where rows of other windows stand between its own. */
function addRuns({ window, from, to }: EntityRows, merged: Float64Array, at: number, runs: Run[]): void {
  let start = from;
  let startPlace = firstRowAtOrAfter(merged, { from: 0, to: merged.length }, window.times[from]!);
  let place = startPlace;
  for (let row = from + 1; row < to; row++) {
    const next = place + 1;
    do place++;
    while (merged[place] !== window.times[row]);
    if (place === next) continue;
    runs.push({ window, from: start, to: row, at: at + startPlace });
    start = row;
    startPlace = place;
  }
  runs.push({ window, from: start, to, at: at + startPlace });
}

function* entityRowsOf(window: MetricWindow): Generator<[name: string, rows: EntityRows]> {
  const { entityOf } = window;
  let from = 0;
  for (let row = 1; row <= entityOf.length; row++) {
    if (row < entityOf.length && entityOf[row] === entityOf[from]) continue;
    yield [window.entities[entityOf[from]!]!, { window, from, to: row }];
    from = row;
  }
}

function firstTime({ window, from }: EntityRows): number {
  return window.times[from]!;
}

function lastTime({ window, to }: EntityRows): number {
  return window.times[to - 1]!;
}

function firstRowAtOrAfter(
  times: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
  time: number,
): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function gatherColumn(metric: string, runs: readonly Run[], rows: number): Float64Array {
  const gathered = new Float64Array(rows).fill(Number.NaN);
  for (const { window, from, to, at } of runs) {
    const column = window.columns[window.metrics.indexOf(metric)];
    if (!column) continue;
    for (let row = from; row < to; row++) {
      const value = column[row]!;
      if (!Number.isNaN(value)) gathered[at + row - from] = value;
    }
  }
  return gathered;
}

function gatherLabels(runs: readonly Run[], rows: number): Uint8Array {
  const labels = new Uint8Array(rows);
  for (const { window, from, to, at } of runs)
    for (let row = from; row < to; row++) labels[at + row - from]! |= window.labels?.[row] ?? 0;
  return labels;
}
