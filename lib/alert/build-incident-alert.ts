/** Makes the message of a notification about an incident: what is said of its culprit, and who else is part of it. */
import type { Incident, Member, Notification } from '../incident/contract.ts';
import { rankMembers } from '../incident/rank-members.ts';
import { isOpen, stateAtEnd } from '../incident/severity.ts';
import type { Alert, AlertCulprit, AlertMember, AlertRollout, DescribedAnomaly } from './alert.ts';
import { departureOf } from './choose-told.ts';
import { MOST_ROLLOUTS } from './describe-anomaly.ts';
import { areGone, courseOf, membersTold, summarizeDigest, summarizeIncident } from './summarize-incident.ts';

/** Members that a message lists; the incident's object has them all. */
export const MOST_MEMBERS = 50;

export interface AlertKeys {
  readonly incident: (incidentId: string) => string;
  readonly anomaly: (detector: string, anomalyId: string) => string;
  readonly page: (incidentId: string) => string;
}

export interface AlertPlace {
  readonly bucket: string;
  /** Left out where it is not known. */
  readonly region?: string;
}

/**
 * @param given.anomalyOf as its newest change left it
 * @param given.keys of objects in the bucket
 */
export function buildIncidentAlert(given: {
  readonly notification: Notification;
  readonly anomalyOf: (anomalyId: string) => DescribedAnomaly;
  readonly keys: AlertKeys;
  /** Where the bucket is; left out: there is none. */
  readonly place?: AlertPlace | undefined;
}): Alert {
  const { notification, anomalyOf, keys, place } = given;
  const { incidentId, state, severity, members } = notification;
  const culprit = membersTold(notification)[0]!;
  const lead = anomalyOf(culprit.anomalyId);
  const course = courseOf(notification);
  const described =
    notification.digested
      ?.slice(0, MOST_MEMBERS)
      .map((incident) => describeDigested(incident, anomalyOf, keys)) ??
    chooseListed(members).map((member) => describeMember(member, anomalyOf(member.anomalyId), keys));
  const rollouts =
    state === 'digest'
      ? (lead.rollouts ?? [])
      : joinRollouts(members.map((each) => anomalyOf(each.anomalyId)));
  const {
    formatVersion,
    anomalyId: _,
    changeId: __,
    state: ___,
    isGone: ____,
    ...told
  } = withWorst(lead, notification, anomalyOf);
  return {
    formatVersion,
    notificationId: `${incidentId}-${String(notification.sequence).padStart(4, '0')}`,
    incidentId,
    state,
    ...told,
    ...(areGone(notification, anomalyOf) && { isGone: true }),
    ...(rollouts.length > 0 && { rollouts }),
    ...(notification.backSince !== undefined && { isBack: true }),
    severity,
    summary:
      state === 'digest'
        ? summarizeDigest(notification.digested ?? [], described[0]!.summary)
        : summarizeIncident(notification, anomalyOf),
    start: new Date(course.start).toISOString(),
    lastAnomalous: new Date(course.lastAnomalous).toISOString(),
    end: course.end === undefined ? null : new Date(course.end).toISOString(),
    ...(state !== 'digest' && { firstCulprit: describeFirst(notification, anomalyOf) }),
    members: described,
    membersLeftOut: Math.max(0, members.length - MOST_MEMBERS),
    objects: {
      ...place,
      ...lead.objects,
      incident: keys.incident(incidentId),
      anomaly: keys.anomaly(culprit.detector, culprit.anomalyId),
      ...(state !== 'digest' && { page: keys.page(incidentId) }),
    },
  };
}

/** Of an incident whose first message did not keep it, the culprit of this one. */
function describeFirst(
  { firstCulprit, members }: Notification,
  anomalyOf: (anomalyId: string) => DescribedAnomaly,
): AlertCulprit {
  const first = members.find(({ anomalyId }) => anomalyId === firstCulprit) ?? members[0]!;
  const { detector, targetService, namespace, workload, anomalyId } = first;
  const { labels } = anomalyOf(anomalyId);
  return {
    detector,
    ...(targetService !== undefined && { targetService }),
    ...(namespace !== undefined && { namespace }),
    workload,
    ...(labels !== undefined && { labels }),
  };
}

/** Of what came back, how far its entity went in any of the times that are told of. */
function withWorst(
  lead: DescribedAnomaly,
  { state, members }: Notification,
  anomalyOf: (anomalyId: string) => DescribedAnomaly,
): DescribedAnomaly {
  if (lead.worst === undefined || state === 'digest') return lead;
  let { worst } = lead;
  for (const { anomalyId, detector, entity, state } of members) {
    if (detector !== lead.detector || entity !== lead.entity || state === 'retracted') continue;
    const other = anomalyOf(anomalyId).worst;
    if (other?.metric === worst.metric && departureOf(other) > departureOf(worst)) worst = other;
  }
  return { ...lead, worst };
}

/** Of all members, each once. */
function joinRollouts(anomalies: readonly DescribedAnomaly[]): readonly AlertRollout[] {
  const known = new Map<string, AlertRollout>();
  for (const rollout of anomalies.flatMap(({ rollouts = [] }) => rollouts))
    known.set(JSON.stringify([rollout.workload, rollout.at, rollout.to]), rollout);
  return [...known.values()]
    .sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)) || (a.workload < b.workload ? -1 : 1))
    .slice(-MOST_ROLLOUTS);
}

/**
 * In their order, with one of each detector and workload before more of the same: what answers the incident is made of those
 * that the message lists, and has to match the others too.
 */
function chooseListed(members: readonly Member[]): readonly Member[] {
  if (members.length <= MOST_MEMBERS) return members;
  const firsts = Map.groupBy(members, ({ detector, workload }) => JSON.stringify([detector, workload]));
  const kinds = [...firsts.values()].map(([first]) => first!);
  const chosen = new Set<Member>();
  for (const member of [members[0]!, ...kinds, ...members])
    if (chosen.size < MOST_MEMBERS) chosen.add(member);
  return members.filter((member) => chosen.has(member));
}

export function describeMember(member: Member, described: DescribedAnomaly, keys: AlertKeys): AlertMember {
  const { anomalyId, detector, entity, workload, state, start, end } = member;
  return {
    anomalyId,
    detector,
    entity,
    workload,
    state,
    start: new Date(start).toISOString(),
    end: end === undefined ? null : new Date(end).toISOString(),
    summary: described.summary,
    object: keys.anomaly(detector, anomalyId),
  };
}

/** An incident that a digest tells of: its probable culprit, and what became of the whole. */
export function describeDigested(
  { id, severity, sequence, members: joined }: Incident,
  anomalyOf: (anomalyId: string) => DescribedAnomaly,
  keys: AlertKeys,
): AlertMember {
  const members = rankMembers(joined);
  const [culprit] = members;
  const lead = anomalyOf(culprit!.anomalyId);
  const isOver = !members.some(isOpen);
  const ended = stateAtEnd(members);
  // Of what goes on, that it is still there: the digest comes hours after its first row.
  const told: Notification = {
    ...(isOver ? { state: ended } : { state: 'updated', isReminder: true }),
    incidentId: id,
    sequence,
    severity,
    members,
  };
  const { start, end } = courseOf(told);
  return {
    ...describeMember(culprit!, lead, keys),
    incidentId: id,
    state: isOver ? ended : 'opened',
    start: new Date(start).toISOString(),
    end: end === undefined ? null : new Date(end).toISOString(),
    summary: summarizeIncident(told, anomalyOf),
  };
}
