/** What the plots of an incident cover: enough before it to see what is usual, and not more than can be read. */
import type { TimeRange } from '../../../window/time-range.ts';

/** Ms before the first row, by how long it lasted: twice that, within these, and so many rows at least. */
const BEFORE = { least: 2 * 3_600_000, most: 12 * 3_600_000, rows: 60 } as const;
/** Ms after the last row, likewise. */
const AFTER = { least: 3_600_000, most: 6 * 3_600_000, rows: 20 } as const;
/** Ms of the incident itself: its beginning tells more than its third day. */
const DURING = { most: 24 * 3_600_000, rows: 300 } as const;

/** Members that have plots: those that are most likely the cause. */
export const MOST_PLOTTED = 6;

export interface PlotRange extends TimeRange {
  /** Whether the incident goes on beyond what is plotted. */
  readonly isCut: boolean;
}

/**
 * @param given.start first anomalous row, epoch ms
 * @param given.end exclusive, or the newest anomalous row while it is open
 * @param given.step ms between rows
 * @param given.now epoch ms: there is nothing to plot afterwards
 */
export function findPlotRange(given: {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly now: number;
}): PlotRange {
  const { start, step, now } = given;
  const shownEnd = Math.min(given.end, start + Math.max(DURING.most, DURING.rows * step));
  const length = shownEnd - start;
  const after = Math.max(AFTER.rows * step, Math.min(AFTER.most, Math.max(AFTER.least, length)));
  const before = Math.max(BEFORE.rows * step, Math.min(BEFORE.most, Math.max(BEFORE.least, 2 * length)));
  return {
    start: start - before,
    // The newest row is to be seen whatever a clock says.
    end: Math.max(shownEnd + step, Math.min(shownEnd + after, now)),
    isCut: shownEnd < given.end,
  };
}
