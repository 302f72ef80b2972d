/** What is due to be told of one incident at a time. */
import type { GroupingPolicy } from '../config/grouping.ts';
import type { Incident, NotifiedState } from './contract.ts';
import { holdOf } from './hold.ts';
import { isForOwnDigest } from './own-digest.ts';
import {
  canBeLouder,
  isLouder,
  isOpen,
  isRetracted,
  judgeIncident,
  LONG,
  membersPresent,
  START,
  stateAtEnd,
} from './severity.ts';
import { measureExtent } from './worsening.ts';

export interface Telling {
  readonly incident: Incident;
  /** In their order. */
  readonly states: readonly NotifiedState[];
}

interface Moment {
  readonly now: number;
  readonly policy: GroupingPolicy;
  /** Whether it may be told of by itself: the budget has room, and no digest is there for it. */
  readonly hasRoom: (incident: Incident) => boolean;
  /** The name of the silence that keeps an incident from being told; undefined where none does. */
  readonly findSilence: (incident: Incident) => string | undefined;
}

/**
 * Opened, then its end where that is due at once as well: a backlog may hold both.
 * @param given as `passTime` has it at that moment
 */
export function tellIncident(given: Incident, moment: Moment): Telling {
  let incident = silence(given, moment);
  const states: NotifiedState[] = [];
  for (let due = nextState(incident, moment); due !== undefined; due = nextState(incident, moment)) {
    incident = advance(incident, due, moment.now);
    if (due !== 'held' && due !== 'dropped') states.push(due);
  }
  return { incident, states };
}

/**
 * Epoch ms at which something becomes due if nothing new comes; Infinity where nothing does.
 * @param now epoch ms: who could have become louder by then, and has not, does not by time alone
 * @param roomAt epoch ms at which the budget has room for it again
 */
export function nextDue(
  incident: Incident,
  policy: GroupingPolicy,
  now: number,
  roomAt: number = Infinity,
): number {
  const { status, toldAt = 0, overSince, firstSeen } = incident;
  // The end of a silence is found by the tick of its minute. The end of what people were told of they hear all the same.
  if (incident.silencedBy !== undefined && !(status === 'told' && overSince !== undefined)) return Infinity;
  if (status === 'waiting')
    return firstSeen + (isOfStarts(incident) ? Math.max(START, policy.groupWait) : policy.groupWait);
  if (status === 'closed') return Infinity;
  if (status === 'told' && incident.backSince !== undefined) return toldAt + policy.groupInterval;
  const isAhead = overSince === undefined && firstSeen + LONG > now;
  const becomesLong = isAhead && canBeLouder(incident) ? firstSeen + LONG : Infinity;
  if (status !== 'told') {
    // What a digest told of, and is over, closes with the next look.
    if (overSince !== undefined) return status === 'digested' ? overSince : Infinity;
    return Math.min(becomesLong, isDueByItself(incident) ? roomAt : Infinity);
  }
  if (overSince !== undefined) return overSince + holdOf(incident, policy);
  return Math.min(becomesLong, toldAt + (incident.isWorse ? policy.groupInterval : policy.repeatInterval));
}

/** `held`: for the digest. `dropped`: there is nothing to tell any more. */
function nextState(incident: Incident, moment: Moment): NotifiedState | 'held' | 'dropped' | undefined {
  const { status, overSince } = incident;
  const { now, policy } = moment;
  const isSilenced = incident.silencedBy !== undefined;
  // What is over when its silence is needs nobody any more.
  if (isSilenced && overSince !== undefined && (isUntold(status) || incident.backSince !== undefined))
    return 'dropped';
  if (isRetracted(incident.members)) {
    if (incident.sequence === 0 || status === 'held' || status === 'digested')
      return status === 'closed' ? undefined : 'dropped';
    return incident.isRetracted === true ? undefined : 'retracted';
  }
  if (status === 'closed') return undefined;
  if (isBackForNothing(incident)) return 'dropped';
  if (status === 'waiting') {
    if (now < nextDue(incident, policy, now)) return undefined;
    if (overSince !== undefined && isOfStarts(incident)) return 'dropped';
    return moment.hasRoom(incident) ? 'opened' : 'held';
  }
  if (status !== 'told') {
    if (overSince === undefined)
      return isDueByItself(incident) && !isSilenced && moment.hasRoom(incident) ? 'opened' : undefined;
    return status === 'digested' ? 'dropped' : undefined;
  }
  if (overSince === undefined && isLouderThanTold(incident) && !isSilenced) return 'escalated';
  if (now < nextDue(incident, policy, now)) return undefined;
  // That it was back is told also where it is over once more: what ends is what people know of.
  return overSince === undefined || incident.backSince !== undefined
    ? 'updated'
    : stateAtEnd(incident.members);
}

/** Corrected data took back what was there again before anybody heard of it: that the rest is over was told. */
function isBackForNothing({ backSince, members }: Incident): boolean {
  return backSince !== undefined && isRetracted(members.filter(({ start }) => start >= backSince));
}

function isUntold(status: Incident['status']): boolean {
  return status === 'waiting' || status === 'held';
}

/** It became louder since people were told of it, or since it was held back. */
function isLouderThanTold({ severity, toldSeverity }: Incident): boolean {
  return toldSeverity !== undefined && isLouder(severity, toldSeverity);
}

/** Of what a digest was to tell of, or told of: that it became louder, or is no longer of detectors that have a digest alone. */
function isDueByItself(incident: Incident): boolean {
  return isLouderThanTold(incident) || (incident.ownDigestDue !== undefined && !isForOwnDigest(incident));
}

/** A scale-up or a rollout, as far as anybody can tell yet. */
function isOfStarts({ members }: Incident): boolean {
  return members.every(({ isStart }) => isStart === true);
}

function advance(
  { backSince: _, ...incident }: Incident,
  due: NotifiedState | 'held' | 'dropped',
  now: number,
): Incident {
  switch (due) {
    case 'held':
      return { ...incident, status: 'held', toldSeverity: incident.severity };
    case 'dropped':
      return { ...incident, status: 'closed', isWorse: false };
    case 'settled':
    case 'resolved':
    case 'retracted':
      return {
        ...incident,
        ...(due === 'retracted' && { isRetracted: true }),
        status: 'closed',
        sequence: incident.sequence + 1,
        toldAt: now,
        isWorse: false,
      };
    default:
      return {
        ...incident,
        status: 'told',
        sequence: incident.sequence + 1,
        toldAt: now,
        toldSeverity: incident.severity,
        told: measureExtent(membersPresent(incident.members, now)),
        isWorse: false,
      };
  }
}

/**
 * What was silenced until it was over stays so, for the record. What waits for a digest and was over before any silence began stays in
 * that: a silence of the night after is not about it.
 */
function silence(incident: Incident, moment: Moment): Incident {
  const { status, overSince = Infinity } = incident;
  if (status === 'closed' || (status === 'held' && overSince < moment.now)) return incident;
  const { silencedBy: before, ...rest } = incident;
  const silencedBy = moment.findSilence(rest) ?? (rest.overSince === undefined ? undefined : before);
  return silencedBy === undefined ? rest : { ...rest, silencedBy };
}

/**
 * An open one grows louder with time, and milder only as long as nobody was told; one whose members are all over is over since the first look
 * at it.
 */
export function passTime({ overSince: before, ...incident }: Incident, now: number): Incident {
  if (!incident.members.some(isOpen)) return { ...incident, overSince: before ?? now };
  const { firstSeen, members, status } = incident;
  if (status !== 'waiting') return { ...incident, severity: judgeIncident(incident, now) };
  return { ...incident, severity: judgeIncident({ firstSeen, members }, now) };
}
