/** A notification about an incident becomes a message: what its culprit's newest alert says, and who else is part of it. */
import type { Member, Notification } from '../incident/contract.ts';
import { isSameEntity } from '../incident/relation.ts';
import { type AffectedWorkload, listWorkloads } from '../incident/severity.ts';
import type { Alert, AlertMember } from './alert.ts';
import { describeCourse, describeReasons, shorten, summarize } from './summarize.ts';

/** Members that a message lists; the incident's object has them all. */
export const MOST_MEMBERS = 50;

export interface AlertKeys {
  readonly incident: (incidentId: string) => string;
  readonly anomaly: (detector: string, anomalyId: string) => string;
}

export interface AlertPlace {
  readonly bucket: string;
  /** Left out where it is not known. */
  readonly region?: string;
}

/**
 * @param given.alertOf the newest alert of an anomaly, as scoring made it
 * @param given.keys of objects in the bucket
 */
export function buildIncidentAlert(given: {
  readonly notification: Notification;
  readonly alertOf: (anomalyId: string) => Alert;
  readonly keys: AlertKeys;
  /** Where the bucket is; left out: there is none. */
  readonly place?: AlertPlace | undefined;
}): Alert {
  const { notification, alertOf, keys, place } = given;
  const { incidentId, state, severity, members } = notification;
  const culprit = members[0]!;
  const lead = alertOf(culprit.anomalyId);
  const course = courseOf(notification);
  const { incident: _, ...objects } = lead.objects;
  return {
    ...lead,
    notificationId: `${incidentId}-${String(notification.sequence).padStart(4, '0')}`,
    incidentId,
    state,
    severity,
    summary: summarizeIncident(notification, lead),
    start: new Date(course.start).toISOString(),
    lastAnomalous: new Date(course.lastAnomalous).toISOString(),
    end: course.end === undefined ? null : new Date(course.end).toISOString(),
    members: members
      .slice(0, MOST_MEMBERS)
      .map((member) => describeMember(member, alertOf(member.anomalyId), keys)),
    membersLeftOut: Math.max(0, members.length - MOST_MEMBERS),
    objects: {
      ...place,
      ...objects,
      incident: keys.incident(incidentId),
      anomaly: keys.anomaly(culprit.detector, culprit.anomalyId),
    },
  };
}

export function describeMember(member: Member, alert: Alert, keys: AlertKeys): AlertMember {
  const { anomalyId, detector, entity, workload, state, start, end } = member;
  return {
    anomalyId,
    detector,
    entity,
    workload,
    state,
    start: new Date(start).toISOString(),
    end: end === undefined ? null : new Date(end).toISOString(),
    summary: alert.summary,
    object: keys.anomaly(detector, anomalyId),
  };
}

/** From the first of its members to the last of them. `end` is set where the message is of its end. */
function courseOf({ state, members }: Notification): {
  readonly state: Notification['state'];
  readonly start: number;
  readonly lastAnomalous: number;
  readonly end: number | undefined;
} {
  // Loops: spread arguments have a limit, and an incident may have more members.
  let [start, lastAnomalous, end] = [Infinity, -Infinity, -Infinity];
  for (const member of members) {
    start = Math.min(start, member.start);
    lastAnomalous = Math.max(lastAnomalous, member.lastAnomalous);
    end = Math.max(end, member.end ?? member.lastAnomalous + member.step);
  }
  const isOver = state === 'settled' || state === 'resolved';
  return { state, start, lastAnomalous, end: isOver ? end : undefined };
}

/** "payment: 20 of 24 pods, first shop/payment-0: cpu 0.83 (usual 0.01–0.05) and 2 more, since 14:32 UTC, 6 min". */
function summarizeIncident(notification: Notification, lead: Alert): string {
  const { state, members, isReminder } = notification;
  const culprit = members[0]!;
  const change = courseOf(notification);
  const { step } = culprit;
  const { reasons, by, threshold, score } = lead;
  const who = lead.entity || lead.targetService || lead.detector;
  // One that came back is still one.
  if (members.every((member) => isSameEntity(member, culprit)) && state !== 'digest') {
    if (members.length === 1 && lead.state === state && isReminder !== true) return lead.summary;
    const transition = { ...change, peakScore: score };
    const restartedAt = lead.restarts?.at(-1)?.at;
    const { silence } = lead;
    return summarize({ who, transition, reasons, step, by, threshold, silence, restartedAt, isReminder });
  }
  const first = `first ${shorten(who)}`;
  const what = describeReasons(reasons);
  const whole = what === undefined ? first : `${first}: ${what}`;
  if (state === 'digest')
    return `${members.length} ${members.length === 1 ? 'incident' : 'incidents'} over the budget of the day, not told of one by one; ${whole}`;
  return describeCourse({
    who: sayWhere(listWorkloads(members)),
    what: whole,
    why: whole,
    change,
    step,
    isReminder,
  });
}

/** "payment, 20 of 24 pods"; "payment and 2 more, 23 anomalies". */
function sayWhere(workloads: readonly AffectedWorkload[]): string {
  const [first] = workloads;
  const name = shorten(first!.workload);
  if (workloads.length === 1) return `${name}, ${sayHowWide(first!)}`;
  const affected = workloads.reduce((sum, workload) => sum + workload.affected, 0);
  const more = `${name} and ${workloads.length - 1} more`;
  return affected === workloads.length ? more : `${more}, ${affected} entities`;
}

function sayHowWide({ affected, of }: AffectedWorkload): string {
  return affected === of ? `all ${of}` : `${affected} of ${of}`;
}
