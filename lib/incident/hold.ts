/** For how long an incident that is over is kept open, in case that it comes back. */
import type { GroupingPolicy } from '../config/grouping.ts';
import type { Incident } from './contract.ts';

/** By how much longer each time that it comes back, and at most, in ms. */
const LONGER = 4;
export const LONGEST_HOLD = 3_600_000;

/** Ms. */
export function holdOf({ flaps }: Incident, { groupInterval }: GroupingPolicy): number {
  return Math.max(groupInterval, Math.min(groupInterval * LONGER ** flaps, LONGEST_HOLD));
}
