/** What a detector without a model has seen so far. */
import type { Seen } from '../../config/warmup.ts';
import type { DetectorState, LearnedWindow } from '../../store/detector-state.ts';
import { WIDEST_HOLE } from '../../window/time-bounds.ts';
import type { MetricWindow } from '../../window/window.ts';

/** Epoch ms: the oldest row, and the end of the newest. */
export type Span = Required<Pick<LearnedWindow, 'start' | 'end'>>;

/** The time from its oldest row to the end of its newest, epoch ms: what a window was cut to may be more. */
export function spanOf({ times, step }: MetricWindow): Span {
  let start = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < start) start = time;
    if (time > newest) newest = time;
  }
  return { start, end: newest + step };
}

export function sumLearned({ learning }: Pick<DetectorState, 'learning'>): Seen {
  const windows = Object.values(learning);
  const spans = windows.flatMap(({ start, end }) =>
    start === undefined || end === undefined ? [] : [{ start, end }],
  );
  return { rows: windows.reduce((sum, { rows }) => sum + rows, 0), span: measureHistory(spans) };
}

/**
 * Ms from the newest end back to the oldest start, or to the first hole that no history has: a file whose clock said 1970
 * does not make it fifty years long.
 */
export function measureHistory(spans: readonly Span[]): number {
  const [newest, ...older] = spans.toSorted((a, b) => b.end - a.end);
  if (newest === undefined) return 0;
  let oldest = newest.start;
  for (const { start, end } of older) {
    if (oldest - end > WIDEST_HOLE) break;
    oldest = Math.min(oldest, start);
  }
  return newest.end - oldest;
}
