/**
 * How old an entity is that training knew too briefly or not at all. While an entity starts, it is no anomaly that its values
 * are not those of the others, and these values do not show its usual level.
 */
import { LEAST_BLOCKS, type RecentReach } from '../expectation/recent-level.ts';

export interface RecentPlan {
  /** Ms. */
  readonly step: number;
  readonly recent: RecentReach;
}

/** Ms for which an entity that training did not know is young. */
export function graceOf({ recent, step }: RecentPlan): number {
  return LEAST_BLOCKS * recent.block * step;
}

/**
 * An entity that was away for longer than its levels look back begins anew: a longer history would show what was before
 * such a silence, and with one or without it the entity is as old.
 * @param times epoch ms of its rows, ascending
 * @returns ms since it began, one a row
 */
export function measureAges(times: Float64Array, { recent, step }: RecentPlan): Float64Array {
  const silence = recent.rows * step;
  let begun = Number.NEGATIVE_INFINITY;
  let before = Number.NEGATIVE_INFINITY;
  return times.map((time) => {
    if (time - before > silence) begun = time;
    before = time;
    return time - begun;
  });
}
