/**
 * Tells whether an incident is news again. It is judged as a whole, not member by member: if the memory of twenty pods
 * leaks, each pod gets twice as far out at a time of its own, and people would hear the same twenty times.
 */
import type { AnomalyChange, Extent, Incident, Member, News } from './contract.ts';
import {
  isWide,
  LONG,
  lastsLong,
  listWorkloads,
  membersAtFault,
  membersPresent,
  UNUSUAL,
  WIDE_WORKLOADS,
} from './severity.ts';

/** Times as far out as what people were last told of, or of as many workloads. */
const WORSE = 2;
/**
 * Ms from a message until a metric that goes on is news. A detector makes it a change after an hour; the message about the one
 * before may have gone out later than that was scored.
 */
const GOES_ON_AFTER = 30 * 60_000;

export function measureExtent(all: readonly Member[]): Extent {
  const members = membersAtFault(all);
  const highest = findMost(members.map(({ level }) => level));
  const reach = findMost(members.map(({ reach }) => reach));
  const workloads = listWorkloads(members);
  return {
    ...(highest !== undefined && { level: highest }),
    ...(reach !== undefined && { reach }),
    isWide: isWide(members),
    workloads: workloads.length,
    entities: workloads.reduce((sum, { affected }) => sum + affected, 0),
  };
}

function findMost(values: readonly (number | undefined)[]): number | undefined {
  let most: number | undefined;
  for (const value of values) if (value !== undefined && (most === undefined || value > most)) most = value;
  return most;
}

/**
 * Finds what makes it worse, or louder, than when people were told, so that the message says that first. That it lasts is
 * news only if nothing else made it loud.
 */
export function findNews(
  incident: Pick<Incident, 'told' | 'toldAt' | 'members' | 'firstSeen'>,
  now: number,
): readonly News[] {
  const { told, toldAt, firstSeen } = incident;
  if (told === undefined || toldAt === undefined) return [];
  // As `told` was measured.
  const members = membersPresent(incident.members, now);
  const extent = measureExtent(members);
  const isWider =
    told.entities === undefined ? extent.isWide && !told.isWide : extent.entities! > told.entities;
  const isFarther = isFartherOut(told.level, extent.level) || hasGoneOn(incident, members, now);
  const isLonger =
    !isFarther && !extent.isWide && toldAt - firstSeen < LONG && lastsLong({ members, firstSeen }, now);
  return [
    ...(isWider ? ['wider' as const] : []),
    ...(isFarther ? ['farther' as const] : []),
    ...(isLonger ? ['longer' as const] : []),
  ];
}

/** Twice as far, or from where it was no more than conspicuous to where it is clearly unusual. */
function isFartherOut(before: number | undefined, now: number | undefined): boolean {
  if (before === undefined || now === undefined) return false;
  return now >= WORSE * before || (before < UNUSUAL && now >= UNUSUAL);
}

/**
 * True if, since people were told, one of its members is twice as far out as anything was then, a metric went on, or the
 * incident has become wide: most of a workload, where one pod had been for hours, or twice as many workloads. If no level is
 * known (an old record, or a member without one), the member itself says whether it is worse.
 *
 * @param all with the change
 * @param now epoch ms
 */
export function isWorsened(
  incident: Pick<Incident, 'told' | 'toldAt'>,
  all: readonly Member[],
  { state, level }: AnomalyChange,
  now: number,
): boolean {
  const { told } = incident;
  const isHeld = told?.level !== undefined && level !== undefined;
  if (state === 'updated' && (!isHeld || level >= WORSE * told.level)) return true;
  if (told === undefined) return false;
  const members = membersPresent(all, now);
  if (hasGoneOn(incident, members, now)) return true;
  if (!told.isWide && isWide(membersAtFault(members))) return true;
  // What is part of it already makes it no wider.
  return state === 'opened' && hasSpread(told, members);
}

/**
 * True if a metric went on since people were told, some time ago: twice as far from what was expected as any of its members was
 * then. A disk that fills over hours is not more unusual with each hour, and people heard nothing from its first hour to its end.
 */
function hasGoneOn(
  { told, toldAt }: Pick<Incident, 'told' | 'toldAt'>,
  members: readonly Member[],
  now: number,
): boolean {
  if (told?.reach === undefined || toldAt === undefined || now - toldAt < GOES_ON_AFTER) return false;
  return members.some(({ state, reach = 0 }) => state === 'updated' && reach >= WORSE * told.reach!);
}

/** Both pods of one workload are wide, and so are three workloads that follow: people know of one. */
function hasSpread({ workloads: before }: Extent, members: readonly Member[]): boolean {
  if (before === undefined) return false;
  const there = members.filter(({ state }) => state !== 'retracted');
  const workloads = listWorkloads(membersAtFault(there)).length;
  return workloads >= WIDE_WORKLOADS && workloads >= WORSE * before;
}
