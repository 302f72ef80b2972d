/** What a detector without a model has seen so far. */
import type { Seen } from '../config/warmup.ts';
import type { DetectorState, LearnedWindow } from '../store/detector-state.ts';
import type { MetricWindow } from '../window/window.ts';

/** The time from its oldest row to the end of its newest, epoch ms: what a window was cut to may be more. */
export function spanOf({ times, step }: MetricWindow): Required<Pick<LearnedWindow, 'start' | 'end'>> {
  let start = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < start) start = time;
    if (time > newest) newest = time;
  }
  return { start, end: newest + step };
}

export function sumLearned({ learning }: DetectorState): Seen {
  let rows = 0;
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const window of Object.values(learning)) {
    rows += window.rows;
    start = Math.min(start, window.start ?? Number.POSITIVE_INFINITY);
    end = Math.max(end, window.end ?? Number.NEGATIVE_INFINITY);
  }
  return { rows, span: Math.max(0, end - start) };
}
