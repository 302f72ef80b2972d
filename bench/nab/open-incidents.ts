/**
 * What people would be told of: the rows that open an incident. As in decision/entity-track.ts it goes on while rows are
 * anomalous, and is over when they have not been for a while; what is still going on is no news, however high it climbs.
 */
import { parseDuration } from '../../lib/base/duration.ts';

/** Ms without an anomalous row after which the next one is another incident. 4h to 12h: within 2 points. */
const QUIET = parseDuration('8h');

/** @returns per row 1 where an incident opens, 0 elsewhere */
export function openIncidents(given: {
  readonly times: Float64Array;
  readonly surprises: Float64Array;
  /** Rows at or above it are anomalous. */
  readonly threshold: number;
}): Float64Array {
  const { times, surprises, threshold } = given;
  let last = -Infinity;
  return surprises.map((surprise, row) => {
    if (surprise < threshold) return 0;
    const isNew = times[row]! - last > QUIET;
    last = times[row]!;
    return isNew ? 1 : 0;
  });
}
