/** An incident, or a digest, in one sentence. */
import { workloadOf } from '../base/workload.ts';
import { type Incident, isEnd, type Member, type Notification } from '../incident/contract.ts';
import { isSameEntity } from '../incident/relation.ts';
import { type AffectedWorkload, isOpen, listWorkloads, membersAtFault } from '../incident/severity.ts';
import type { AlertSilence, DescribedAnomaly } from './alert.ts';
import { chooseTold } from './choose-told.ts';
import type { Fate, ToldAgain } from './say-silence.ts';
import {
  type Course,
  describeCourse,
  describeSilence,
  describeWhat,
  sayScore,
  shorten,
  summarize,
} from './summarize.ts';

/** From the first of its members to the last of them. `end` is set where the message is of its end. */
export function courseOf({ state, members }: Pick<Notification, 'state' | 'members'>): Course {
  // Loops: spread arguments have a limit, and an incident may have more members.
  let [start, lastAnomalous, end] = [Infinity, -Infinity, -Infinity];
  for (const member of members) {
    start = Math.min(start, member.start);
    lastAnomalous = Math.max(lastAnomalous, member.lastAnomalous);
    end = Math.max(end, member.end ?? member.lastAnomalous + member.step);
  }
  return { state, start, lastAnomalous, end: isEnd(state) ? end : undefined };
}

/**
 * Whom the sentence is about: of what is there again, those that are; what was over is told already. Of several detectors,
 * that of the culprit leads where it is among them: receivers know an incident by it. Of what is told late, those that are open;
 * and pods that were off while they started only where there is nobody else.
 */
export function membersTold({
  members,
  backSince,
  isOfOpen,
}: Pick<Notification, 'members' | 'backSince' | 'isOfOpen'>): readonly Member[] {
  if (isOfOpen === true) return members.filter(isOpen);
  if (backSince === undefined) return membersAtFault(members);
  const back = members.filter(({ start }) => start >= backSince);
  return back.some(({ detector }) => detector === members[0]!.detector)
    ? back.toSorted(
        (a, b) => Number(b.detector === members[0]!.detector) - Number(a.detector === members[0]!.detector),
      )
    : members;
}

/**
 * "payment, 20 of 24 pods: cpu 0.83 (usual 0.01–0.05) and 2 more metrics, first in shop/payment-0, since 14:32 UTC, 6 min".
 * What is said is of the probable culprit, the first of `membersTold`; the number, after the first message, of what went farthest:
 * "mem up to 250 (usual 8–12) in payment-3, first in shop/payment-0".
 *
 * @param anomalyOf as its newest change left it
 */
export function summarizeIncident(
  notification: Notification,
  anomalyOf: (anomalyId: string) => DescribedAnomaly,
): string {
  const { state, news } = notification;
  const members = membersTold(notification);
  const culprit = members[0]!;
  const again = sayAgain(notification);
  const change: Course = {
    ...courseOf({ state, members }),
    again,
    news,
    isGone: areGone(notification, anomalyOf),
  };
  const { step } = culprit;
  const lead = anomalyOf(culprit.anomalyId);
  const told = chooseTold(state, members, anomalyOf);
  const { by, threshold, score, settled } = lead;
  const { isGone, parted } = findFate(members, anomalyOf);
  const silence = lead.silence && { ...lead.silence, isGone };
  const transition = { ...change, peakScore: score };
  const who = nameEntity(lead);
  // One that came back is still one.
  if (members.every((member) => isSameEntity(member, culprit))) {
    const atFirst = sayAtFirst(notification, members);
    if (members.length === 1 && lead.state === state && again === undefined && atFirst === '')
      return lead.summary;
    const restartedAt = lead.restarts?.at(-1)?.at;
    return summarize({
      who: `${who}${atFirst}`,
      transition,
      reasons: told.reasons,
      step,
      by,
      threshold,
      silence,
      restartedAt,
      settled,
      worst: told.worst,
    });
  }
  // Where all is of one entity, the beginning of the sentence names it.
  const isCrowd = countEntities(members) > 1;
  const first = isCrowd ? `, first in ${shorten(who)}` : '';
  const where = isCrowd
    ? `${sayWhere(members, news?.includes('wider') === true)}${sayAtFirst(notification, members)}`
    : saySeenBy(shorten(who), members);
  if (silence !== undefined)
    return `${where}: ${describeSilence({ silence, transition, step, fate: { parted } })}${first}`;
  const number = describeWhat(state, told);
  const what = number && `${number}${sayWhom(told, lead)}`;
  const why = what ?? sayScore(lead);
  return describeCourse({
    who: where,
    what: what === undefined ? undefined : `${what}${first}`,
    why: `${why}${first}`,
    change,
    step,
    settled,
  });
}

/**
 * "3 incidents over the day's budget, the most important: payment, 20 of 24 pods: over at 14:52 UTC after 20 min; …". Where one
 * of them is there because its detector has a digest, they are those "since the last digest".
 * @param first the sentence of the most important one
 */
export function summarizeDigest(digested: readonly Incident[], first: string): string {
  const count = digested.length;
  const why = digested.some(({ ownDigestDue }) => ownDigestDue !== undefined)
    ? 'since the last digest'
    : "over the day's budget";
  return count === 1
    ? `1 incident ${why}: ${first}`
    : `${count} incidents ${why}, the most important: ${first}`;
}

/** " (20 at first)", of one " (one of 20 at first)", where others are over since long. */
function sayAtFirst({ members, isOfOpen }: Notification, open: readonly Member[]): string {
  const [before, now] = [members, open].map(countEntities) as [number, number];
  if (isOfOpen !== true || before === now) return '';
  return now === 1 ? ` (one of ${before} at first)` : ` (${before} at first)`;
}

function sayAgain({ backSince, isReminder }: Notification): ToldAgain | undefined {
  if (backSince !== undefined) return 'back';
  return isReminder === true ? 'still' : undefined;
}

/** Whether it ended, the last time that each was told of, with their pods. */
export function areGone(
  { state, members }: Pick<Notification, 'state' | 'members'>,
  anomalyOf: (anomalyId: string) => DescribedAnomaly,
): boolean {
  const newest = newestOf(members);
  return (
    state === 'resolved' &&
    newest.length > 0 &&
    newest.every(({ anomalyId }) => endedGone(anomalyOf(anomalyId)))
  );
}

/** What lacked data says so in its silence. */
function endedGone({ isGone, silence }: DescribedAnomaly): boolean {
  return isGone === true || silence?.isGone === true;
}

/** Of each entity the last time that it was so, by its end. */
function newestOf(members: readonly Member[]): readonly Member[] {
  const there = members.filter(({ state }) => state !== 'retracted');
  const byEntity = Map.groupBy(there, ({ namespace, entity }) => JSON.stringify([namespace ?? null, entity]));
  const endOf = ({ end, lastAnomalous, step }: Member): number => end ?? lastAnomalous + step;
  return [...byEntity.values()].map((group) =>
    group.reduce((last, member) =>
      endOf(member) > endOf(last) || (endOf(member) === endOf(last) && member.start >= last.start)
        ? member
        : last,
    ),
  );
}

/** Whether all are gone, or how many of those that were silent, by the newest of each. */
function findFate(
  members: readonly Member[],
  anomalyOf: (anomalyId: string) => DescribedAnomaly,
): Pick<AlertSilence, 'isGone'> & Pick<Fate, 'parted'> {
  const newest = newestOf(members).map(({ anomalyId }) => anomalyOf(anomalyId));
  const gone = newest.filter(endedGone).length;
  if (gone === 0) return {};
  if (gone === newest.length) return { isGone: true };
  return {
    parted: { gone, back: newest.filter((each) => each.silence !== undefined && !endedGone(each)).length },
  };
}

/** What the data say it is, or else that all of them are one. */
function nameEntity({ entity, targetService, detector }: DescribedAnomaly): string {
  return entity || targetService || detector;
}

/** " in payment-3", without the beginning that its name shares with the lead's; nothing where it is the lead's own entity. */
function sayWhom(told: DescribedAnomaly, lead: DescribedAnomaly): string {
  const [who, first] = [nameEntity(told), nameEntity(lead)];
  if (who === first) return '';
  const parts = who.split('/');
  const others = first.split('/');
  let shared = 0;
  while (shared < parts.length - 1 && parts[shared] === others[shared]) shared++;
  return ` in ${shorten(parts.slice(shared).join('/'))}`;
}

function countEntities(members: readonly Member[]): number {
  return listWorkloads(members).reduce((sum, { affected }) => sum + affected, 0);
}

/** "shop/payment-0, found by 2 detectors" */
function saySeenBy(who: string, members: readonly Member[]): string {
  const detectors = new Set(members.map(({ detector }) => detector)).size;
  return detectors === 1 ? who : `${who}, found by ${detectors} detectors`;
}

/** Workloads that are named; of more, the first one and how many others. */
const NAMED = 3;

/**
 * "payment, 20 of 24 pods"; "database, orders and web"; "database and 4 more workloads, 23 entities".
 * @param isWider people knew of fewer: "payment, now 20 of 24 pods"
 */
function sayWhere(members: readonly Member[], isWider: boolean): string {
  const now = isWider ? 'now ' : '';
  const workloads = listWorkloads(members);
  const names = [...new Set(workloads.map(({ workload }) => shorten(workload)))];
  const [first] = names;
  const noun = members.every(isPod) ? 'pods' : 'entities';
  if (workloads.length === 1) return `${first}, ${now}${sayHowWide(workloads[0]!, noun)}`;
  const where =
    names.length === workloads.length && names.length <= NAMED
      ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
      : `${first} and ${workloads.length - 1} more workload${workloads.length === 2 ? '' : 's'}`;
  const affected = countEntities(members);
  return affected === workloads.length ? `${now}${where}` : `${where}, ${now}${affected} ${noun}`;
}

function sayHowWide({ affected, of }: AffectedWorkload, noun: string): string {
  return affected === of ? `all ${of} ${noun}` : `${affected} of ${of} ${noun}`;
}

/** Named after its workload, in a namespace or as only a controller of Kubernetes names things. */
function isPod({ namespace, entity, workload }: Member): boolean {
  if (!entity.split('/').some((part) => part.startsWith(`${workload}-`))) return false;
  const { kind } = workloadOf(entity);
  return namespace !== undefined || (kind !== undefined && kind !== 'StatefulSet' && kind !== 'Static');
}
