/** A window becomes rows that a model can see: on the grid, short gaps filled, availability told. */
import type { Detector } from '../config/detector.ts';
import { fillGaps } from '../window/gaps.ts';
import { alignToGrid } from '../window/grid.ts';
import type { MetricWindow } from '../window/window.ts';

export interface PreparedRows {
  readonly window: MetricWindow;
  /** Share of the metrics that hold a value, per row, 0 to 1. */
  readonly availability: Float64Array;
}

/** @param step grid distance in ms */
export function prepareRows(window: MetricWindow, detector: Detector, step: number): PreparedRows {
  return fillGaps(alignToGrid(window, step), detector.gaps.interpolateSteps);
}
