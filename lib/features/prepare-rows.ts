/** A window becomes rows that a model can see: on the grid, short gaps filled, availability told. */
import type { Detector } from '../config/detector.ts';
import { fillGaps } from '../window/gaps.ts';
import { alignToGrid } from '../window/grid.ts';
import { selectRows } from '../window/select-rows.ts';
import type { MetricWindow } from '../window/window.ts';

export interface PreparedRows {
  readonly window: MetricWindow;
  /** Share of the metrics that hold a value, per row, 0 to 1. */
  readonly availability: Float64Array;
}

/**
 * Each entity's rows reach from the first to the last in which anything was measured. Before it began or after it
 * ended within the window, as every pod that a deployment replaces does, it has no gap: it is not there.
 * Columns that serve labels alone are left out, so that a model never sees them.
 * @param step grid distance in ms
 * @param restarting metrics that begin again at times, as counters do
 */
export function prepareRows(
  window: MetricWindow,
  detector: Detector,
  step: number,
  restarting?: ReadonlySet<string>,
): PreparedRows {
  const { columns } = detector.labels;
  return prepare(withoutMetrics(alignToGrid(window, step), columns), detector, { restarting });
}

/**
 * As `prepareRows`, with the columns that serve labels alone behind the others, as they were measured: a state that a
 * line was drawn to has not been reached yet. They count for no availability.
 */
export function prepareLabelledRows(
  window: MetricWindow,
  detector: Detector,
  step: number,
  restarting?: ReadonlySet<string>,
): PreparedRows {
  const aligned = alignToGrid(window, step);
  const names = aligned.metrics.filter((name) => detector.labels.columns.includes(name));
  return prepare(withoutMetrics(aligned, names), detector, {
    restarting,
    metrics: names,
    columns: names.map((name) => aligned.columns[aligned.metrics.indexOf(name)]!),
  });
}

/** The same window where it has none of them. */
export function withoutMetrics(window: MetricWindow, names: readonly string[]): MetricWindow {
  const kept = [...window.metrics.keys()].filter((i) => !names.includes(window.metrics[i]!));
  if (kept.length === window.metrics.length) return window;
  return {
    ...window,
    metrics: kept.map((i) => window.metrics[i]!),
    columns: kept.map((i) => window.columns[i]!),
  };
}

/** @param window on its grid; `metrics` and `columns` beside it go with its rows untouched */
function prepare(
  window: MetricWindow,
  detector: Detector,
  given: Partial<Pick<MetricWindow, 'metrics' | 'columns'>> & {
    readonly restarting: ReadonlySet<string> | undefined;
  },
): PreparedRows {
  const { metrics = [], columns = [], restarting } = given;
  const filled = fillGaps(window, detector.gaps.interpolateSteps, restarting);
  const present = findPresentRows(filled);
  dropSilence(filled, present);
  const whole = {
    ...filled.window,
    metrics: [...filled.window.metrics, ...metrics],
    columns: [...filled.window.columns, ...columns],
  };
  if (!present.includes(0)) return { window: whole, availability: filled.availability };
  return {
    window: selectRows(whole, (row) => present[row] === 1),
    availability: filled.availability.filter((_, row) => present[row] === 1),
  };
}

/**
 * Where no entity at all was measured, it is the source that was silent, and not ten entities that have a gap: the
 * exporter's alarm is for that. A single entity's gap could be either, and stays.
 */
function dropSilence({ window, availability }: PreparedRows, present: Uint8Array): void {
  // Where each row that is present was measured, each time was heard of.
  if (!present.some((isPresent, row) => isPresent === 1 && availability[row] === 0)) return;
  const heard = new Set<number>();
  const entities = new Set<number>();
  for (let row = 0; row < present.length; row++) {
    if (availability[row] === 0) continue;
    heard.add(window.times[row]!);
    entities.add(window.entityOf[row]!);
  }
  if (entities.size < 2) return;
  for (let row = 0; row < present.length; row++) if (!heard.has(window.times[row]!)) present[row] = 0;
}

function findPresentRows({ window, availability }: PreparedRows): Uint8Array {
  const { entityOf } = window;
  const present = new Uint8Array(entityOf.length);
  let last = -1;
  for (let row = 0; row < present.length; row++) {
    if (availability[row] === 0) continue;
    const isSameEntity = last !== -1 && entityOf[last] === entityOf[row];
    present.fill(1, isSameEntity ? last : row, row + 1);
    last = row;
  }
  return present;
}
