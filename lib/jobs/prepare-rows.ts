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
 * @param step grid distance in ms
 */
export function prepareRows(window: MetricWindow, detector: Detector, step: number): PreparedRows {
  const filled = fillGaps(alignToGrid(window, step), detector.gaps.interpolateSteps);
  const present = findPresentRows(filled);
  return {
    window: selectRows(filled.window, (row) => present[row] === 1),
    availability: filled.availability.filter((_, row) => present[row] === 1),
  };
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
