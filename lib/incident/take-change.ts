/** A change of an anomaly becomes part of its incident. */
import { unknownMembers } from '../base/unknown-members.ts';
import type { GroupingPolicy } from '../config/grouping.ts';
import type { AnomalyChange, EarlierStretch, Incident, Member } from './contract.ts';
import { findIncident, findUntold, isSameEntity, joinsLate } from './relation.ts';
import { isLouder, isOpen, isRetracted, judgeIncident } from './severity.ts';
import { isWorsened } from './worsening.ts';

/** Stretches: of what flaps each quarter of an hour, a day. */
const MOST_EARLIER = 100;

const CHANGE_MEMBERS: Readonly<Record<keyof AnomalyChange, true>> = {
  anomalyId: true,
  state: true,
  sequence: true,
  detector: true,
  entity: true,
  start: true,
  lastAnomalous: true,
  end: true,
  level: true,
  reach: true,
  cap: true,
  targetService: true,
  namespace: true,
  workload: true,
  siblings: true,
  isStart: true,
  earliestStart: true,
  dependsOn: true,
  step: true,
  digest: true,
  metric: true,
};

/**
 * Takes one change of an anomaly. A change that was taken before changes nothing. An anomaly that begins joins the incident
 * it belongs to, or opens one. If it belongs to several, those that nobody was told of become one with it. An incident that
 * was over a short while ago is open again. An unknown anomaly that is past its beginning was told of before there were
 * incidents, or by a state that is lost: it becomes an incident of its own, and its messages keep counting. If an incident
 * is forgotten, a retraction changes only the anomaly's record.
 *
 * @returns the incidents, the one that changed in its place
 */
export function takeChange(
  incidents: readonly Incident[],
  change: AnomalyChange,
  given: { readonly policy: GroupingPolicy; readonly now: number },
): readonly Incident[] {
  const known = incidents.find(({ members }) =>
    members.some(({ anomalyId }) => anomalyId === change.anomalyId),
  );
  if (known !== undefined) return replace(incidents, known, update(known, change, given.now));
  if (change.state === 'retracted') return incidents.map((incident) => forgetStretch(incident, change));
  if (change.sequence > 1) return [...incidents, adopt(change, given.now)];
  const joined = findIncident(incidents, change, given.policy);
  if (joined !== undefined) {
    const others = findUntold(incidents, change, given.policy).filter((other) => other !== joined);
    const rest = incidents.filter((incident) => !others.includes(incident));
    return replace(rest, joined, join(merge(reopen(joined, change), others), change, given.now));
  }
  // What was taken back was never there: what begins after it is not back.
  const before = incidents.findLast(
    ({ status, members }) =>
      status === 'closed' && !isRetracted(members) && members.some((member) => isSameEntity(member, change)),
  );
  return [...incidents, open(change, { now: given.now, flaps: before === undefined ? 0 : before.flaps + 1 })];
}

function update(incident: Incident, change: AnomalyChange, now: number): Incident {
  const isNews = incident.members.some(
    ({ anomalyId, sequence }) => anomalyId === change.anomalyId && sequence < change.sequence,
  );
  if (!isNews) return incident;
  const members = incident.members.map((member) =>
    member.anomalyId === change.anomalyId
      ? { ...unknownMembers(member, CHANGE_MEMBERS), ...change, ...keepEarliestStart(member) }
      : member,
  );
  return {
    ...incident,
    members,
    severity: judgeIncident({ ...incident, members }, now),
    isWorse: incident.isWorse || isWorsened(incident, members, change, now),
  };
}

/** Its first change alone says it. */
function keepEarliestStart({ earliestStart }: Member): Pick<Member, 'earliestStart'> {
  return earliestStart === undefined ? {} : { earliestStart };
}

function join(incident: Incident, change: AnomalyChange, now: number): Incident {
  const isBack = incident.members.some((member) => isSameEntity(member, change));
  // Of what comes back again and again, the first time says since when, and the newest how it is. Receivers know the incident by
  // what led its first message.
  const kept = incident.members.filter(
    (member, at) =>
      !isSameEntity(member, change) ||
      isOpen(member) ||
      member.anomalyId === incident.firstCulprit ||
      incident.members.findIndex((first) => isSameEntity(first, change)) === at,
  );
  const members = [...kept, change];
  const left = incident.members.filter((member) => !kept.includes(member) && member.state !== 'retracted');
  return {
    ...incident,
    members,
    ...keepEarlier([...(incident.earlier ?? []), ...left.map(toStretch)]),
    severity: judgeIncident({ ...incident, members }, now),
    isWorse: incident.isWorse || isWorsened(incident, members, change, now) || joinsLate(incident, change),
    // Counted where it was opened again.
    flaps: incident.flaps + Number(isBack && incident.backSince === undefined),
  };
}

function keepEarlier(earlier: readonly EarlierStretch[]): Pick<Incident, 'earlier'> {
  return earlier.length === 0 ? {} : { earlier: earlier.slice(-MOST_EARLIER) };
}

/** What was taken back after the incident stopped listing it. */
function forgetStretch(incident: Incident, { anomalyId }: AnomalyChange): Incident {
  const { earlier = [], ...rest } = incident;
  const kept = earlier.filter((stretch) => stretch.anomalyId !== anomalyId);
  return kept.length === earlier.length ? incident : { ...rest, ...keepEarlier(kept) };
}

function toStretch({ anomalyId, detector, entity, start, end, lastAnomalous, step }: Member): EarlierStretch {
  return { anomalyId, detector, entity, start, end: end ?? lastAnomalous + step };
}

function reopen(incident: Incident, { start }: AnomalyChange): Incident {
  if (incident.status !== 'closed') return incident;
  const { overSince: _, ...rest } = incident;
  // Each time it is kept for longer before it is called over, whichever of its entities it was.
  return { ...rest, status: 'told', backSince: start, flaps: incident.flaps + 1 };
}

function merge(incident: Incident, others: readonly Incident[]): Incident {
  if (others.length === 0) return incident;
  const all = [incident, ...others];
  const { overSince: _, ...rest } = incident;
  return {
    ...rest,
    members: all.flatMap(({ members }) => members),
    ...keepEarlier(all.flatMap(({ earlier = [] }) => earlier)),
    firstSeen: Math.min(...all.map(({ firstSeen }) => firstSeen)),
    severity: all.map(({ severity }) => severity).reduce((a, b) => (isLouder(b, a) ? b : a)),
    isWorse: all.some(({ isWorse }) => isWorse),
    flaps: Math.max(...all.map(({ flaps }) => flaps)),
    mergedFrom: [
      ...(incident.mergedFrom ?? []),
      ...others.flatMap(({ id, mergedFrom = [] }) => [id, ...mergedFrom]),
    ],
  };
}

function open(change: AnomalyChange, { now, flaps }: { now: number; flaps: number }): Incident {
  return {
    id: change.anomalyId,
    members: [change],
    firstSeen: now,
    status: 'waiting',
    severity: judgeIncident({ members: [change], firstSeen: now }, now),
    sequence: 0,
    isWorse: false,
    flaps,
  };
}

function adopt(change: AnomalyChange, now: number): Incident {
  return {
    ...open(change, { now, flaps: 0 }),
    status: 'told',
    severity: change.cap,
    toldSeverity: change.cap,
    sequence: change.sequence - 1,
    isWorse: change.state === 'updated',
  };
}

function replace(incidents: readonly Incident[], before: Incident, after: Incident): readonly Incident[] {
  return before === after ? incidents : incidents.map((incident) => (incident === before ? after : incident));
}
