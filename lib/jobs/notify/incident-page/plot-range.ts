/** What the plots of an incident cover: enough before it to see what is usual, and not more than can be read. */
import type { TimeRange } from '../../../window/time-range.ts';

/** Ms before the first row, by how long it lasted: twice that, within these, and so many rows at least. */
const BEFORE = { least: 2 * 3_600_000, most: 12 * 3_600_000, rows: 60 } as const;
/** Ms after the last row, likewise: no longer than an incident that is over has its page redrawn. */
const AFTER = { least: 3_600_000, most: 5 * 3_600_000, rows: 20 } as const;
/** Ms of the incident itself: its beginning tells more than its third day. */
const DURING = { most: 24 * 3_600_000, rows: 300 } as const;

/** Members that have plots: those that are most likely the cause. */
export const MOST_PLOTTED = 6;

/**
 * @param given.start first row, epoch ms
 * @param given.end exclusive, or the newest row while it is open
 * @param given.step ms between rows
 * @param given.now epoch ms: there is nothing to plot afterwards
 */
export function findPlotRange(given: {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly now: number;
}): TimeRange {
  const { start, step, now } = given;
  const shownEnd = Math.min(given.end, start + Math.max(DURING.most, DURING.rows * step));
  const length = shownEnd - start;
  const after = lengthAfter(length, step);
  const before = Math.max(BEFORE.rows * step, Math.min(BEFORE.most, Math.max(BEFORE.least, 2 * length)));
  return {
    start: start - before,
    // The newest row is to be seen whatever a clock says.
    end: Math.max(shownEnd + step, Math.min(shownEnd + after, now)),
  };
}

/** Ms that are shown after an incident. @param length of it, and `step` between rows, ms */
export function lengthAfter(length: number, step: number): number {
  return Math.max(AFTER.rows * step, Math.min(AFTER.most, Math.max(AFTER.least, length)));
}
