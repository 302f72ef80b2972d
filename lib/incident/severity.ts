/** How loud an incident is: how unusual, how wide and how long it is, and never louder than its detectors allow. */
import { SEVERITIES, type Severity } from '../config/severity.ts';
import type { Incident, Member } from './contract.ts';

/** Times what alerts: clearly more than what normal data reaches by itself. */
export const UNUSUAL = 3;
/** Share of a workload's entities, where it has several… */
const WIDE_SHARE = 0.5;
/** …or so many workloads. */
export const WIDE_WORKLOADS = 3;
/** Ms. */
export const LONG: number = 30 * 60_000;
/** Ms for which pods that have just begun may be unlike those that run: caches fill, code is compiled. */
export const START: number = 15 * 60_000;

/** Off while it started, and no longer than a start may take: what starts is no fault unless it stays. */
export function wasStart({ isStart, start, end }: Member): boolean {
  return isStart === true && end !== undefined && end - start <= START;
}

/** Those that an incident is about: pods that were off while they started are, where nobody else was. */
export function membersAtFault(members: readonly Member[]): readonly Member[] {
  const others = members.filter((member) => !wasStart(member));
  return isRetracted(others) ? members : others;
}

/** Over for so long that whoever hears of the incident now need not look there. @param now epoch ms */
export function isLongOver({ end, lastAnomalous, step, state }: Member, now: number): boolean {
  return !isOpen({ state }) && now - (end ?? lastAnomalous + step) >= LONG;
}

/** Without what was over long ago; where nobody is open, long before the last of them was over. @param now epoch ms */
export function membersPresent(members: readonly Member[], now: number): readonly Member[] {
  const at = members.some(isOpen) ? now : lastEnd(members);
  return at === undefined ? members : members.filter((member) => !isLongOver(member, at));
}

/** Epoch ms; undefined: none of them was there. */
function lastEnd(members: readonly Member[]): number | undefined {
  let last: number | undefined;
  for (const { state, end, lastAnomalous, step } of members)
    if (state !== 'retracted') last = Math.max(last ?? -Infinity, end ?? lastAnomalous + step);
  return last;
}

/**
 * The loudest `alert_severity` of its members if the incident is unusual, wide or long, and one step below it otherwise.
 * The severity never falls while the incident lasts.
 *
 * @param now epoch ms: rows of an open anomaly go on arriving, and no change tells of each
 */
export function judgeIncident(
  {
    members,
    firstSeen,
    severity,
  }: Pick<Incident, 'members' | 'firstSeen'> & { readonly severity?: Severity },
  now: number,
): Severity {
  const own = membersAtFault(membersPresent(members, now));
  const isLoud = own.some(isUnusual) || isWide(own) || lastsLong({ members: own, firstSeen }, now);
  const judged = SEVERITIES[Math.max(0, isLoud ? capOf(own) : capOf(own) - 1)]!;
  return severity !== undefined && isLouder(severity, judged) ? severity : judged;
}

/** @param now epoch ms */
export function lastsLong(
  { members, firstSeen }: Pick<Incident, 'members' | 'firstSeen'>,
  now: number,
): boolean {
  return members.some(isLong) || (members.some(isOpen) && now - firstSeen >= LONG);
}

export function canBeLouder({ members, severity }: Incident): boolean {
  return SEVERITIES.indexOf(severity) < capOf(members);
}

export function isOpen({ state }: Pick<Member, 'state'>): boolean {
  return state === 'opened' || state === 'updated';
}

/** Corrected data show that none of it was there. */
export function isRetracted(members: readonly Member[]): boolean {
  return members.every(({ state }) => state === 'retracted');
}

/** What has stayed for one of them is the news for whoever looks. */
export function stateAtEnd(members: readonly Member[]): 'settled' | 'resolved' | 'retracted' {
  if (isRetracted(members)) return 'retracted';
  return members.some(({ state }) => state === 'settled') ? 'settled' : 'resolved';
}

export function isLouder(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b);
}

export interface AffectedWorkload {
  readonly workload: string;
  /** Entities of it that are, or were, part of the incident. */
  readonly affected: number;
  /** Entities of it in all. */
  readonly of: number;
}

/** In the order of their first members. */
export function listWorkloads(members: readonly Member[]): readonly AffectedWorkload[] {
  const groups = Map.groupBy(members, (member) =>
    JSON.stringify([member.namespace ?? null, member.workload]),
  );
  return [...groups.values()].map((group) => {
    const affected = new Set(group.map(({ entity }) => entity)).size;
    const { workload } = group[0]!;
    // Counted when each anomaly opened: pods came and went since.
    return {
      workload,
      affected,
      of: group.reduce((most, { siblings }) => Math.max(most, siblings), affected),
    };
  });
}

function capOf(members: readonly Member[]): number {
  return members.reduce((most, { cap }) => Math.max(most, SEVERITIES.indexOf(cap)), Number.NEGATIVE_INFINITY);
}

function isUnusual({ level }: Member): boolean {
  return level === undefined || level >= UNUSUAL;
}

export function isWide(members: readonly Member[]): boolean {
  const workloads = listWorkloads(members);
  return (
    workloads.length >= WIDE_WORKLOADS ||
    workloads.some(({ affected, of }) => affected >= 2 && affected / of >= WIDE_SHARE)
  );
}

function isLong({ start, end, lastAnomalous }: Member): boolean {
  return (end ?? lastAnomalous) - start >= LONG;
}
