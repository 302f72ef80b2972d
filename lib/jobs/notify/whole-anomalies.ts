/**
 * Of an incident of many the state keeps only what a message most likely tells whole, as each run reads and writes it. A message
 * whose probable culprit is another one, as those told late are, has it from the anomaly's object.
 */
import type { DescribedAnomaly } from '../../alert/alert.ts';
import { chooseTold } from '../../alert/choose-told.ts';
import { membersTold } from '../../alert/summarize-incident.ts';
import { ArtifactError, NotFoundError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import type { Incident, Member, Notification } from '../../incident/contract.ts';
import { rankMembers } from '../../incident/rank-members.ts';
import { isOpen } from '../../incident/severity.ts';
import { decodeJson } from '../../store/json.ts';
import { anomalyKey } from '../../store/keys.ts';
import type { StoreContext } from '../shared/context.ts';
import { anomalySchema } from './record-anomaly.ts';
import { withRelated } from './relate-others.ts';

/** Reasons of an anomaly that are kept where an incident has many; the anomaly's object has them all. */
const MANY_MEMBERS = 20;
const KEPT_REASONS = 3;
const CONCURRENCY = 8;

type Anomalies = ReadonlyMap<string, DescribedAnomaly>;

/**
 * Of many members only the reasons of those whose number a message may tell are kept whole.
 * @param newest by id, as their newest changes left them
 */
export function keepAnomalies(
  members: readonly Member[],
  newest: Anomalies,
): readonly (readonly [string, DescribedAnomaly])[] {
  const whole = members.length > MANY_MEMBERS ? findTold(members, newest) : undefined;
  return members.map((member) => {
    const anomaly = newest.get(member.anomalyId)!;
    return [member.anomalyId, whole === undefined || whole.has(anomaly) ? anomaly : cutReasons(anomaly)];
  });
}

/**
 * Reads what was cut of those that the messages tell. A message goes out with what is known where that cannot be read.
 * @param given.fresh ids of those that a change of this run left whole
 * @returns `newest` with them; a request for each anomaly that is read, of messages about many alone
 */
export async function readCut(
  context: Pick<StoreContext, 'store' | 'telemetry'>,
  given: {
    readonly notifications: readonly Notification[];
    readonly incidents: readonly Incident[];
    readonly newest: Anomalies;
    readonly fresh: ReadonlySet<string>;
  },
): Promise<Anomalies> {
  const { notifications, newest, fresh } = given;
  const many = given.incidents.filter(({ members }) => members.length > MANY_MEMBERS);
  if (many.length === 0 || notifications.length === 0) return newest;
  const ofMany = new Set(many.flatMap(({ members }) => members.map(({ anomalyId }) => anomalyId)));
  const told = new Set(notifications.flatMap((each) => listTold(each, newest)));
  const cut = [...told].filter(
    (anomaly) => ofMany.has(anomaly.anomalyId) && !fresh.has(anomaly.anomalyId) && mayBeCut(anomaly),
  );
  const whole = new Map(newest);
  await forEachConcurrently(cut, CONCURRENCY, async (anomaly) => {
    const { anomalyId, detector } = anomaly;
    try {
      whole.set(anomalyId, await readWhole(context, anomaly));
    } catch (error) {
      if (!(error instanceof ArtifactError || error instanceof NotFoundError)) throw error;
      context.telemetry.warn('a message has the first reasons of its anomaly alone', {
        detector,
        anomalyId,
        reason: error.message,
      });
    }
  });
  return whole;
}

/** The probable culprit, and the one whose number is told; of a digest, who leads it. */
function listTold(notification: Notification, newest: Anomalies): readonly DescribedAnomaly[] {
  const anomalyOf = (anomalyId: string): DescribedAnomaly => newest.get(anomalyId)!;
  const members = membersTold(notification);
  const lead = anomalyOf(members[0]!.anomalyId);
  return notification.state === 'digest'
    ? [lead]
    : [lead, chooseTold(notification.state, members, anomalyOf)];
}

/**
 * As `cutReasons` leaves it, or as it may be by itself. What moved with it in other detectors may have been found since
 * (relate-others.ts), and is no sign that it is whole.
 */
function mayBeCut({ detector, reasons, related = [] }: DescribedAnomaly): boolean {
  return reasons.length <= KEPT_REASONS && related.every((other) => other.detector !== detector);
}

/** As its change left it that `cut` is of, with what was known before of what moved with it, and what was found since. */
async function readWhole(
  { store }: Pick<StoreContext, 'store'>,
  cut: DescribedAnomaly,
): Promise<DescribedAnomaly> {
  const key = anomalyKey(cut.detector, cut.anomalyId);
  const { changes } = decodeJson(key, (await store.get(key)).body, anomalySchema);
  let known: DescribedAnomaly | undefined;
  for (const { anomaly } of changes) {
    known = withRelated(known, anomaly);
    if (anomaly.changeId !== cut.changeId) continue;
    const { reasons, reasonsLeftOut } = known;
    const { related } = withRelated(cut, known);
    return { ...cut, reasons, reasonsLeftOut, ...(related !== undefined && { related }) };
  }
  // Its record could not be written then, and its incident was told of all the same.
  return cut;
}

/** Of the probable culprit, and of what went farthest: of what is open, and of all, which the end tells. */
function findTold(members: readonly Member[], newest: Anomalies): ReadonlySet<DescribedAnomaly> {
  const ranked = rankMembers(members);
  const ended = ranked.map((each) => (isOpen(each) ? { ...each, state: 'resolved' as const } : each));
  const anomalyOf = (anomalyId: string): DescribedAnomaly => newest.get(anomalyId)!;
  return new Set([
    anomalyOf(ranked[0]!.anomalyId),
    chooseTold('updated', ranked, anomalyOf),
    chooseTold('resolved', ended, anomalyOf),
  ]);
}

function cutReasons({ related: _, ...anomaly }: DescribedAnomaly): DescribedAnomaly {
  const left = anomaly.reasons.slice(KEPT_REASONS).length;
  if (left === 0) return anomaly;
  return {
    ...anomaly,
    reasons: anomaly.reasons.slice(0, KEPT_REASONS),
    reasonsLeftOut: anomaly.reasonsLeftOut + left,
  };
}
