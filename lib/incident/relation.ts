/** Which incident an anomaly belongs to. */
import type { GroupingPolicy, GroupKey } from '../config/grouping.ts';
import type { AnomalyChange, Incident, Member } from './contract.ts';
import { LONGEST_HOLD } from './hold.ts';

/**
 * Ms between two onsets that count as one time, or so many rows where those are further apart. Where a mean opened an anomaly, its
 * onset is any time within that: of ten services whose load stops at once, one shows it in a minute, and another in half an hour.
 */
const ONSETS_WITHIN = 10 * 60_000;
const ONSETS_WITHIN_ROWS = 2;
/**
 * An incident takes new entities in for this many times that. Without a limit a large fleet, in which something always
 * begins, would be one incident for ever.
 */
const GROWS_FOR = 6;
/**
 * Ms from its first onset within which an incident takes in the same metric of other entities of a workload: a leak shows in each
 * pod at its own time, and a pod that is new lacks what its siblings lack.
 */
const SPREADS_FOR = 24 * 3_600_000;
/** Ms from its end. Within them, the same anomaly again is the same incident, even if people have heard that it was over. */
const BACK_WITHIN = 30 * 60_000;

/**
 * The incident whose onset is nearest, of those that are not closed and have a member to which the anomaly is related.
 * The same entity again, before people heard that it was over, is the same incident whenever that is; so is the same metric of
 * another entity of the workload, within a day.
 */
export function findIncident(
  incidents: readonly Incident[],
  change: AnomalyChange,
  policy: GroupingPolicy,
): Incident | undefined {
  const held = incidents.filter(
    (incident) => incident.status !== 'closed' && !isLongOver(incident, change, policy),
  );
  let [nearest, distance]: [Incident | undefined, number] = [undefined, Infinity];
  for (const incident of held) {
    if (policy.groupBy.length > 0 && incident.members.some((member) => isSameEntity(member, change)))
      return incident;
    const found = distanceTo(incident, change, policy.groupBy);
    if (found < distance) [nearest, distance] = [incident, found];
  }
  if (policy.groupBy.length === 0) return nearest;
  return nearest ?? findSpreading(held, change) ?? findOver(incidents, change);
}

function findSpreading(held: readonly Incident[], change: AnomalyChange): Incident | undefined {
  return held.findLast(
    ({ members }) =>
      change.start - startOf(members) <= SPREADS_FOR &&
      members.some((member) => isSameOfWorkload(member, change)),
  );
}

/**
 * True if everything of it had ended so long before the anomaly began that people would have heard of the end by then. After a
 * silence of days both come at once.
 */
function isLongOver(
  { status, members }: Incident,
  change: AnomalyChange,
  { groupInterval }: GroupingPolicy,
): boolean {
  return (
    status === 'told' &&
    members.every(({ end }) => end !== undefined) &&
    change.start - endOf(members) > Math.max(LONGEST_HOLD, groupInterval)
  );
}

/**
 * True if people know of it, and heard a short while ago that it was over. There are three exceptions: a pod that starts is
 * not what went wrong before, a departure from a level that has settled is new (but not what another pod of the workload departed to before
 * that, as of a slow drift people hear hours late), and an anomaly that was taken back was never there.
 */
function findOver(incidents: readonly Incident[], change: AnomalyChange): Incident | undefined {
  if (change.isStart === true) return undefined;
  return incidents.findLast(
    ({ status, sequence, silencedBy, members }) =>
      status === 'closed' &&
      sequence > 0 &&
      silencedBy === undefined &&
      change.lastAnomalous >= startOf(members) &&
      change.start - endOf(members) <= BACK_WITHIN &&
      members.some(
        (member) =>
          (member.state === 'resolved' && isSameEntity(member, change)) ||
          (isOverFor(member, change) && isSameOfWorkload(member, change)),
      ),
  );
}

function isOverFor({ state, end }: Member, change: AnomalyChange): boolean {
  return state === 'resolved' || (state === 'settled' && end !== undefined && change.start < end);
}

function startOf(members: readonly Member[]): number {
  return members.reduce((first, { start }) => Math.min(first, start), Infinity);
}

function endOf(members: readonly Member[]): number {
  return members.reduce(
    (last, { end, lastAnomalous, step }) => Math.max(last, end ?? lastAnomalous + step),
    -Infinity,
  );
}

/**
 * Other incidents that the anomaly is related to and that nobody was told of. The anomaly joins them: in a cascade, the
 * services at both ends may come before the one between them.
 */
export function findUntold(
  incidents: readonly Incident[],
  change: AnomalyChange,
  policy: GroupingPolicy,
): readonly Incident[] {
  return incidents.filter(
    (incident) =>
      incident.status === 'waiting' && Number.isFinite(distanceTo(incident, change, policy.groupBy)),
  );
}

export function isSameEntity(a: AnomalyChange, b: AnomalyChange): boolean {
  return a.detector === b.detector && a.entity === b.entity;
}

/** The same metric of one workload. */
function isSameOfWorkload(a: Member, b: AnomalyChange): boolean {
  return (
    a.detector === b.detector &&
    a.namespace === b.namespace &&
    a.workload === b.workload &&
    a.metric !== undefined &&
    a.metric === b.metric
  );
}

/** Names by which others depend on it. */
function namesOf({ targetService, detector, workload }: AnomalyChange): readonly string[] {
  return targetService === undefined ? [detector, workload] : [targetService, detector, workload];
}

export function dependsOn(a: AnomalyChange, b: AnomalyChange): boolean {
  return a.dependsOn.some((name) => namesOf(b).includes(name));
}

/** Ms from the onset of the nearest related member; Infinity where none is near enough. */
function distanceTo(incident: Incident, change: AnomalyChange, groupBy: readonly GroupKey[]): number {
  const first = startOf(incident.members);
  let nearest = Infinity;
  for (const member of incident.members) {
    const within = onsetsWithin(member, change);
    const distance = Math.abs(change.start - member.start);
    if (betweenOnsets(member, change) > within || change.start - first > GROWS_FOR * within) continue;
    if (distance < nearest && groupBy.some((key) => isRelated(key, member, change))) nearest = distance;
  }
  return nearest;
}

/**
 * True if people know of the incident, and it is of another workload than all that it is of, which began at another time by what
 * was seen of it: that both have one cause is a guess then, and people hear of it.
 */
export function joinsLate({ told, members }: Incident, change: AnomalyChange): boolean {
  return (
    told !== undefined &&
    members.every(
      (member) =>
        (member.namespace !== change.namespace || member.workload !== change.workload) &&
        Math.abs(change.start - member.start) > onsetsWithin(member, change),
    )
  );
}

function onsetsWithin(a: AnomalyChange, b: AnomalyChange): number {
  return Math.max(ONSETS_WITHIN, ONSETS_WITHIN_ROWS * Math.max(a.step, b.step));
}

/** Ms between the nearest times at which the two may have begun. */
function betweenOnsets(a: AnomalyChange, b: AnomalyChange): number {
  const [first, last] = a.start <= b.start ? [a, b] : [b, a];
  return Math.max(0, Math.min(last.start, last.earliestStart ?? last.start) - first.start);
}

function isRelated(key: GroupKey, a: Member, b: AnomalyChange): boolean {
  switch (key) {
    case 'detector':
      return a.detector === b.detector;
    case 'target_service':
      return a.targetService !== undefined && a.targetService === b.targetService;
    case 'namespace':
      return a.namespace !== undefined && a.namespace === b.namespace;
    case 'dependency':
      return dependsOn(a, b) || dependsOn(b, a);
  }
}
