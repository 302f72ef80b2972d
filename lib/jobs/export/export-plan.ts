/** When an export is due and how time is cut into windows. All times are epoch milliseconds. */

import { SourceError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import type { TimeRange } from '../../window/time-range.ts';

const DAY_MS = 86_400_000;

/** What an export needs of a detector, checked. Milliseconds. */
export interface ExportGrid {
  readonly step: number;
  readonly detectionWindow: number;
}

/** @throws SourceError where the detector has no queries, or its windows are no whole number of steps */
export function exportGrid(detector: Detector, state: DetectorState): ExportGrid {
  const { name, detectionWindow } = detector;
  if (detector.metrics.length === 0)
    throw new SourceError('no-metrics', `detector ${name} has no queries, so there is nothing to export`);
  const step = detector.step ?? state.step;
  if (step === undefined)
    throw new SourceError('no-step', `detector ${name} has no step: set spec.step in its manifest`);
  if (!(step >= 1000) || step % 1000 !== 0)
    throw new SourceError('bad-step', `detector ${name} has a step of ${step} ms, not whole seconds`);
  if (!(detectionWindow > 0) || detectionWindow % step !== 0)
    throw new SourceError(
      'bad-detection-window',
      `detector ${name} has a detection window of ${detectionWindow} ms, which is no multiple of its step of ${step} ms`,
    );
  return { step, detectionWindow };
}

/** Exclusive end of what Prometheus can be trusted to know: the newest window boundary before now − ingest delay. */
export function exportLimit(detector: Detector, now: number): number {
  return floorTo(now - detector.ingestDelay, detector.detectionWindow);
}

/** Where the very first export starts: a window boundary at least `backfill` ago. */
export function backfillStart(detector: Detector, now: number): number {
  const start = floorTo(now - detector.backfill, detector.detectionWindow);
  return Math.min(start, exportLimit(detector, now));
}

/**
 * Up to where backfill is written as whole UTC days: a week at 15 minutes is then 6 objects and 2 days of windows
 * instead of 672. The newest whole day stays in windows, so that learning ends on data cut like the data to come.
 */
export function wholeDaysUntil(detector: Detector, { step }: ExportGrid, now: number): number {
  if (detector.detectionWindow >= DAY_MS || DAY_MS % step !== 0) return 0;
  return floorTo(exportLimit(detector, now) - DAY_MS, DAY_MS);
}

/**
 * The window that starts at `cursor`: up to the next window boundary, or to the end of the UTC day where it may be a
 * whole day. Shorter than a window only after the manifest changed its length.
 */
export function nextRange(
  cursor: number,
  grid: ExportGrid,
  days: { readonly until: number; readonly allowed: boolean },
): TimeRange {
  const start = Math.ceil(cursor / grid.step) * grid.step;
  const unit = days.allowed && start < days.until ? DAY_MS : grid.detectionWindow;
  return { start, end: floorTo(start, unit) + unit };
}

/** Cells of a whole day. */
export function pointsOfDay({ step }: ExportGrid): number {
  return DAY_MS / step;
}

/** The window boundary at or before `time`. */
export function windowStart(time: number, { detectionWindow }: ExportGrid): number {
  return floorTo(time, detectionWindow);
}

/**
 * From when on a run finds a complete window, and the schedule wants one. It follows from the manifest and the cursor alone,
 * so that it is known for as long as neither changes.
 * @returns epoch ms; 0: since ever; Infinity: never
 */
export function exportDueAt(
  { metrics, ingestDelay, detectionWindow, schedule }: Detector,
  { exportedUntil }: Pick<DetectorState, 'exportedUntil'>,
): number {
  if (metrics.length === 0) return Infinity;
  if (exportedUntil === undefined) return 0;
  const complete = floorTo(exportedUntil, detectionWindow) + detectionWindow;
  return ingestDelay + Math.max(complete, exportedUntil + schedule);
}

export function isExportDue(detector: Detector, state: DetectorState, now: number): boolean {
  return now >= exportDueAt(detector, state);
}

function floorTo(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
}
