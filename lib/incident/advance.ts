/**
 * Turns anomalies, policies and time into incidents and notifications. It is pure: taking the same changes again changes
 * nothing and tells nothing.
 *
 * - Anomalies that begin at about the same time and belong together are one incident. Its first message waits for
 *   `groupWait`, so that it speaks for all of them. An anomaly that joins later sends no message, unless it makes the
 *   incident louder.
 * - A worsening is told at most once in `groupInterval`, an escalation at once, and the end once it has lasted.
 * - An incident that a silence covers waits until the silence is over. It is told then if it is still open.
 * - Over the budget of a day, which is one for all severities, new incidents wait for the digest. Places of it are reserved for
 *   what is louder.
 * - Those of detectors with a digest of their own wait for that, whatever the budget, unless they are critical.
 */

import { matchesAll } from '../answers/matcher.ts';
import { isActive, type Silencing } from '../answers/silencing.ts';
import type { GroupingPolicy } from '../config/grouping.ts';
import { SEVERITIES } from '../config/severity.ts';
import { hasRoomFor, nextRoomFor } from './budget.ts';
import type { AnomalyChange, Incident, IncidentsState, Member, Notification } from './contract.ts';
import { digestId, makeDigest, nextDigest, passDigests } from './digest.ts';
import { isOnlyOf } from './is-only-of.ts';
import { isForOwnDigest, withOwnDigest } from './own-digest.ts';
import { putOpenFirst, rankMembers } from './rank-members.ts';
import { isLongOver, isOpen, isRetracted } from './severity.ts';
import { takeChange } from './take-change.ts';
import { nextDue, passTime, type Telling, tellIncident } from './tell.ts';
import { findNews } from './worsening.ts';

const DAY = 86_400_000;
/** Ms for which a closed incident is remembered: what comes back within it flaps. */
const REMEMBERED_FOR = 6 * 3_600_000;

export const NO_INCIDENTS: IncidentsState = { incidents: [], openings: [] };

export interface Advanced {
  readonly state: IncidentsState;
  /** In the order in which they are to go out. */
  readonly notifications: readonly Notification[];
  /** Epoch ms at which something is due if nothing new comes; Infinity where nothing is. */
  readonly due: number;
}

/**
 * @param given.hurried detectors: incidents of these alone wait neither for `groupWait` nor for `groupInterval`
 * @param given.now epoch ms
 */
export function advanceIncidents(given: {
  readonly state: IncidentsState;
  readonly changes: readonly AnomalyChange[];
  readonly policy: GroupingPolicy;
  readonly silencings?: readonly Silencing[];
  readonly hurried?: ReadonlySet<string> | undefined;
  readonly now: number;
}): Advanced {
  const { policy, hurried, now } = given;
  const policyOf = ({ members }: Incident): GroupingPolicy =>
    hurried !== undefined && isOnlyOf(members, hurried)
      ? { ...policy, groupWait: 0, groupInterval: 0 }
      : policy;
  // Before anything is taken, so that it is the same whether or not somebody looked meanwhile.
  let incidents: readonly Incident[] = given.state.incidents.filter((incident) =>
    isRemembered(incident, now),
  );
  for (const change of inOrder(given.changes)) incidents = takeChange(incidents, change, { policy, now });
  incidents = incidents.map((incident) => passTime(incident, now));

  const active = (given.silencings ?? []).filter((silencing) => isActive(silencing, now));
  let openings = given.state.openings.filter(({ at }) => at > now - DAY);
  const tellings = new Map<Incident, Telling>();
  for (const before of inOrderOfBudget(incidents)) {
    const telling = tellIncident(before, {
      now,
      policy: policyOf(before),
      findSilence: (incident) => findSilence(incident, active),
      hasRoom: (incident) =>
        !isForOwnDigest(incident) && hasRoomFor(incident.severity, openings, policy.incidentsADay),
    });
    const { incident, states } = telling;
    if (states.includes('opened'))
      openings = [...openings, { at: now, severity: incident.severity, incidentId: incident.id }];
    // It was not there by corrected data: whoever comes next today has its place.
    if (states.includes('retracted'))
      openings = openings.filter(({ incidentId }) => incidentId !== incident.id);
    tellings.set(before, telling);
  }
  const notifications: Notification[] = [];
  const afterDigests = passDigests(incidents, now);
  const told = incidents.map((before) => {
    const { incident, states } = tellings.get(before)!;
    const members = states.length === 0 ? [] : rankMembers(incident.members);
    let { firstCulprit } = incident;
    for (const [at, state] of states.entries()) {
      const whom = sayWhom(members, {
        ...((state === 'updated' || state === 'escalated') && sayWhy(state, before, now)),
        state,
        now,
        firstCulprit,
      });
      firstCulprit ??= whom.members[0]!.anomalyId;
      notifications.push({
        state,
        incidentId: incident.id,
        sequence: before.sequence + at + 1,
        severity: incident.severity,
        firstCulprit,
        ...whom,
      });
    }
    return withOwnDigest(firstCulprit === undefined ? incident : { ...incident, firstCulprit }, afterDigests);
  });

  const isOverBudget = (incident: Incident): boolean =>
    isForDigest(incident) && incident.ownDigestDue === undefined;
  const digestDue = told.some(isOverBudget)
    ? (given.state.digestDue ?? nextDigest(afterDigests, policy.digestAt))
    : undefined;
  const isDigestDue = digestDue !== undefined && digestDue <= now;
  // What is due at the same time is one digest, whatever it was held for.
  const dueOf = (incident: Incident): number | undefined =>
    isForDigest(incident) ? (incident.ownDigestDue ?? digestDue) : undefined;
  const digests = Map.groupBy(told, dueOf);
  for (const [due, held] of [...digests].sort(([a = 0], [b = 0]) => a - b))
    if (due !== undefined && due <= now) notifications.push(makeDigest(held, due));
  const kept = told
    .map((incident): Incident => {
      const due = dueOf(incident);
      return due !== undefined && due <= now
        ? { ...incident, status: 'digested', digestId: digestId(due) }
        : incident;
    })
    .filter((incident) => isRemembered(incident, now));
  const { digestDue: _, ...before } = given.state;
  const state: IncidentsState = {
    // What a newer release has added to it.
    ...before,
    incidents: kept,
    openings,
    ...(digestDue !== undefined && !isDigestDue && { digestDue }),
  };
  const roomAt = new Map(
    SEVERITIES.map((each) => [each, nextRoomFor(each, openings, policy.incidentsADay)] as const),
  );
  const dues = kept.map((incident) =>
    nextDue(
      incident,
      policyOf(incident),
      now,
      isForOwnDigest(incident) ? Infinity : roomAt.get(incident.severity),
    ),
  );
  const digestDues = kept.map(
    (incident) => (isForDigest(incident) ? incident.ownDigestDue : undefined) ?? Infinity,
  );
  return { state, notifications, due: Math.min(state.digestDue ?? Infinity, ...digestDues, ...dues) };
}

/** What a silence is about waits for its end. */
function isForDigest({ status, silencedBy }: Incident): boolean {
  return status === 'held' && silencedBy === undefined;
}

/**
 * Whom a message is about. A reminder leaves the detector first that receivers know the incident by.
 * @param members ranked
 */
function sayWhom(
  members: readonly Member[],
  {
    state,
    now,
    firstCulprit,
    ...why
  }: Pick<Notification, 'state' | 'backSince' | 'isReminder' | 'news'> & {
    readonly now: number;
    readonly firstCulprit: string | undefined;
  },
): Pick<Notification, 'members' | 'backSince' | 'isReminder' | 'news' | 'isOfOpen'> {
  const isLate = state === 'opened' || why.isReminder === true;
  if (!isLate || !members.some((member) => isLongOver(member, now))) return { ...why, members };
  const open = putOpenFirst(members);
  const known = members.find(({ anomalyId }) => anomalyId === firstCulprit) ?? members[0]!;
  const isKnownBy = state === 'opened' || open[0]!.detector === known.detector;
  return isOpen(open[0]!) && isKnownBy ? { ...why, members: open, isOfOpen: true } : { ...why, members };
}

/**
 * Whether silences decide on anything: they keep back what is not closed and what comes. Without either `advanceIncidents` is the
 * same whatever they say.
 */
export function asksForSilences({ incidents }: IncidentsState, changes: readonly unknown[]): boolean {
  return changes.length > 0 || incidents.some(({ status }) => status !== 'closed');
}

/** Nothing is new of a reminder but that it is still there. */
function sayWhy(
  state: 'updated' | 'escalated',
  before: Incident,
  now: number,
): Pick<Notification, 'backSince' | 'isReminder' | 'news'> {
  const { backSince, isWorse } = before;
  if (backSince !== undefined) return { backSince };
  if (!isWorse && state === 'updated') return { isReminder: true };
  const news = findNews(before, now);
  return news.length === 0 ? {} : { news };
}

function isRemembered(incident: Incident, now: number): boolean {
  const { status, overSince } = incident;
  if (status !== 'closed' || overSince === undefined || now - overSince < REMEMBERED_FOR) return true;
  // A clock that is behind the one by which its digest went out has to know of that.
  return passDigests([incident], now) > now;
}

/** By onset, so that those that begin an incident come first; each anomaly's own changes in their order. */
function inOrder(changes: readonly AnomalyChange[]): readonly AnomalyChange[] {
  return changes.toSorted(
    (a, b) =>
      a.start - b.start ||
      (a.anomalyId < b.anomalyId ? -1 : Number(a.anomalyId > b.anomalyId)) ||
      a.sequence - b.sequence,
  );
}

/** What was taken back first, which frees its place; then the loudest, so that of what is due at one look it has the places. */
function inOrderOfBudget(incidents: readonly Incident[]): readonly Incident[] {
  const rankOf = ({ members, severity }: Incident): number =>
    isRetracted(members) ? SEVERITIES.length : SEVERITIES.indexOf(severity);
  return incidents.toSorted((a, b) => rankOf(b) - rankOf(a));
}

/**
 * Finds the silence of an incident. Each of its open anomalies has to be silenced (each of all, once none is open); the
 * result is the silence of the first. If one anomaly is not silenced, the whole incident is told.
 * @param active those that hold at this time
 */
export function findSilence(incident: Incident, active: readonly Silencing[]): string | undefined {
  const { members, severity } = incident;
  const open = members.filter(isOpen);
  let first: string | undefined;
  for (const { detector, entity, workload, metric = '' } of open.length > 0 ? open : members) {
    const subject = { detector, entity, workload, metric, severity };
    const silencing = active.find(({ matchers }) => matchesAll(matchers, subject));
    if (silencing === undefined) return undefined;
    first ??= silencing.name;
  }
  return first;
}
