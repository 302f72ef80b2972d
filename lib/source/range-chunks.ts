import { SourceError } from '../base/errors.ts';
import type { TimeRange } from '../window/time-range.ts';

/** Prometheus refuses a query_range with more points in a series (web/api/v1: "exceeded maximum resolution"). */
export const MAX_POINTS_PER_SERIES = 11_000;

/**
 * Cuts `[start, end)` into ranges of at most `maxPoints` grid cells, in order, without overlap or hole.
 * @throws SourceError where the range is no whole number of steps
 */
export function splitRange(
  { start, end }: TimeRange,
  step: number,
  maxPoints: number = MAX_POINTS_PER_SERIES,
): TimeRange[] {
  const points = (end - start) / step;
  if (!(step > 0) || !Number.isInteger(points) || points <= 0)
    throw new SourceError(
      'bad-range',
      `the range [${start}, ${end}) is no whole number of steps of ${step} ms`,
    );
  const chunks: TimeRange[] = [];
  for (let from = 0; from < points; from += maxPoints)
    chunks.push({ start: start + from * step, end: start + Math.min(points, from + maxPoints) * step });
  return chunks;
}
