/**
 * Whether an incident is news again: as a whole, and not each of its members by itself. Of twenty pods whose memory leaks each
 * gets twice as far out at a time of its own, and people would hear the same twenty times.
 */
import type { AnomalyChange, Extent, Incident, Member } from './contract.ts';
import { isWide, listWorkloads, WIDE_WORKLOADS } from './severity.ts';

/** Times as far out as what people were last told of, or of as many workloads. */
const WORSE = 2;

export function measureExtent(members: readonly Member[]): Extent {
  let highest: number | undefined;
  for (const { level } of members)
    if (level !== undefined && (highest === undefined || level > highest)) highest = level;
  return {
    ...(highest !== undefined && { level: highest }),
    isWide: isWide(members),
    workloads: listWorkloads(members).length,
  };
}

/**
 * Since people were told, what one of its members does is twice as far out as anything was then, or it has come to be wide: most of
 * a workload, where one pod had been for hours, or twice as many workloads. What people were told before that was kept, and
 * what has no level, is worse where the member says so.
 *
 * @param members with the change
 */
export function isWorsened(
  { told }: Pick<Incident, 'told'>,
  members: readonly Member[],
  { state, level }: AnomalyChange,
): boolean {
  const isHeld = told?.level !== undefined && level !== undefined;
  if (state === 'updated' && (!isHeld || level >= WORSE * told.level)) return true;
  if (told === undefined) return false;
  if (!told.isWide && isWide(members)) return true;
  // What is part of it already makes it no wider.
  return state === 'opened' && hasSpread(told, members);
}

/** Both pods of one workload are wide, and so are three workloads that follow: people know of one. */
function hasSpread({ workloads: before }: Extent, members: readonly Member[]): boolean {
  if (before === undefined) return false;
  const workloads = listWorkloads(members.filter(({ state }) => state !== 'retracted')).length;
  return workloads >= WIDE_WORKLOADS && workloads >= WORSE * before;
}
