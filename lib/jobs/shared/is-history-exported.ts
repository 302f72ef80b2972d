import type { Detector } from '../../config/detector.ts';
import type { DetectorState } from '../../store/detector-state.ts';

/**
 * False while an export is still bringing in the history. A first model from the oldest part of it would judge the rest,
 * and wake people about last week.
 * @param now epoch ms
 */
export function isHistoryExported(detector: Detector, state: DetectorState, now: number): boolean {
  if (detector.metrics.length === 0) return true;
  // Declared, and nothing exports it: fed by dropped files.
  if (state.exportedUntil === undefined) return state.exporting === undefined;
  // The cursor moves after the window is written, so it can be a window behind the event that asks.
  const slack = 2 * Math.max(detector.detectionWindow, detector.schedule);
  return now - detector.ingestDelay - state.exportedUntil <= slack;
}
