/**
 * Publishes the messages that the state of notifications holds as decided and not yet sent. Each goes out once, however
 * often this runs, however many run at once, and wherever a run before it died.
 *
 * For each message: write the incident, claim the notification, publish, mark it as published; then do what belongs to
 * what was told, such as pages, and take it all out of the outbox. A run that dies between publishing and marking leaves a claim; the receipt, which comes back to us as a
 * subscriber of our own topic, marks it before that claim runs out. Without a receipt the next run publishes again,
 * under the same notificationId: late and twice rather than never. What the transport will never take is dropped from the
 * outbox, logged and counted.
 */
import type { Alert } from '../../alert/alert.ts';
import { PublishRejectedError, UndeliverableError } from '../../alert/publisher.ts';
import { correlationOf } from '../../base/correlation.ts';
import { PreconditionFailedError, RetryLaterError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import { isOnlyOf } from '../../incident/is-only-of.ts';
import { incidentKey } from '../../store/keys.ts';
import { claimNotification, markPublished, releaseNotification } from '../../store/notifications.ts';
import {
  type NotifyState,
  type PendingNotification,
  readNotifyState,
  type StoredNotifyState,
  writeNotifyState,
} from '../../store/notify-state.ts';
import type { NotifyContext } from '../shared/context.ts';
import type { FoundRelated } from './incident-page/relate-members.ts';
import { keepRecord } from './keep-record.ts';
import { recordIncident } from './record-incident.ts';
import { keepRelated } from './relate-others.ts';

export interface OutboxResult {
  /** Published by this run. */
  readonly published: number;
  /**
   * Of those that this run may send, left in the outbox: held by another run, sent without an answer, or out of time. The
   * caller comes back later.
   */
  readonly inFlight: number;
}

/** Milliseconds. Longer than a publish may take and than a receipt takes to arrive. */
export const CLAIM_LEASE: number = 2 * 60_000;

/** No publish starts with less than this left, ms: of the claim, so that nobody takes it over meanwhile… */
const MIN_CLAIM_LEFT = 20_000;
/** …and of the run, so that the answer can still be noted. */
const MIN_RUN_LEFT = 5_000;

/** Others may add to the state meanwhile; each round one of them gets through. */
const MAX_ROUNDS = 20;

/** Incidents that are told of at once. The alerts of one incident go out one after the other, in order. */
const CONCURRENCY = 8;

type Outcome = 'published' | 'already-published' | 'undeliverable' | 'in-flight' | PublishRejectedError;

/** Nothing more is to be done for it. */
const ENDED: readonly unknown[] = ['published', 'already-published', 'undeliverable'];

/**
 * With `context.only`, the messages of those detectors alone; the others stay as they are.
 * @param given.stored as it was read before; what others added to it since is theirs to send
 * @param given.recorded ids of messages that their incidents' objects have already
 * @param given.beforeRemoval runs while what was sent still stands in the outbox: a run that dies in it is followed by one that
 * finds the messages as already published and does it again. What it found is kept with the alerts, for the next message
 * @throws RetryLaterError where the transport refused alerts, after everything else was published; they stay in the
 * outbox, unclaimed
 */
export async function publishOutbox(
  context: NotifyContext,
  given: {
    readonly stored?: StoredNotifyState;
    readonly recorded?: ReadonlySet<string>;
    readonly beforeRemoval?: () => Promise<readonly FoundRelated[]>;
  } = {},
): Promise<OutboxResult> {
  const stored = given.stored ?? (await readNotifyState(context.store));
  const { state } = stored;
  const outbox = selectMessages(state, context.only);
  const incidents = [...Map.groupBy(outbox, ({ alert }) => alert.incidentId).values()];
  const outcomes = new Map<string, Outcome>();
  await forEachConcurrently(incidents, CONCURRENCY, async (alerts) => {
    for (const message of alerts) {
      const { notificationId } = message.alert;
      const isRecorded = given.recorded?.has(notificationId) === true;
      const outcome = await publishOne(context, { state, message, isRecorded });
      outcomes.set(notificationId, outcome);
      // What comes later in this incident's story waits, so that nobody reads of its end before its start.
      if (!ENDED.includes(outcome)) break;
    }
  });
  const done = new Set([...outcomes].flatMap(([id, outcome]) => (ENDED.includes(outcome) ? [id] : [])));
  const found = (await given.beforeRemoval?.()) ?? [];
  await settleOutbox(context, { done, found }, stored);
  const rejections = [...outcomes.values()].filter((outcome) => outcome instanceof PublishRejectedError);
  if (rejections[0] !== undefined)
    throw new RetryLaterError(
      'alerts-rejected',
      `${rejections.length} of ${outbox.length} alerts were refused: ${rejections[0].message}`,
      { cause: rejections[0] },
    );
  return {
    published: [...outcomes.values()].filter((outcome) => outcome === 'published').length,
    inFlight: outbox.length - done.size,
  };
}

/** Of an incident either all messages or none, so that they keep their order. */
function selectMessages(
  { outbox, incidents }: NotifyState,
  only: NotifyContext['only'],
): readonly PendingNotification[] {
  if (only === undefined) return outbox;
  const known = new Map(incidents.incidents.map(({ id, members }) => [id, members]));
  const others = new Set<string>();
  for (const { alert } of outbox) {
    // A digest, or what was told long ago, is no longer among the incidents: its message says whose it is, if it has room.
    const members = known.get(alert.incidentId) ?? alert.members ?? [alert];
    const isCut = !known.has(alert.incidentId) && (alert.membersLeftOut ?? 0) > 0;
    if (isCut || !isOnlyOf(members, only)) others.add(alert.incidentId);
  }
  return outbox.filter(({ alert }) => !others.has(alert.incidentId));
}

async function publishOne(
  context: NotifyContext,
  given: {
    readonly state: NotifyState;
    readonly message: PendingNotification;
    readonly isRecorded: boolean;
  },
): Promise<Outcome> {
  const { state, message, isRecorded } = given;
  const { store, publisher, telemetry } = context;
  const { alert } = message;
  if (context.deadline.remaining() < MIN_RUN_LEFT) return 'in-flight';
  const { detector, incidentId } = alert;
  if (!isRecorded)
    await keepRecord(context, { detector, key: incidentKey(incidentId) }, () =>
      recordIncident(store, state, { incidentId, message }),
    );
  const linked = await withLinks(context, alert);
  const claim = await claimNotification(store, alert, { now: context.now(), leaseMs: CLAIM_LEASE });
  if (claim.outcome === 'published') return 'already-published';
  if (claim.outcome === 'held' || claim.until - context.now() < MIN_CLAIM_LEFT) return 'in-flight';
  const fields = {
    detector: alert.detector,
    notificationId: alert.notificationId,
    incidentId: alert.incidentId,
    state: alert.state,
    entity: alert.entity,
    severity: alert.severity,
    correlationId: correlationOf(alert.objects.window),
  };
  let messageId: string;
  try {
    ({ messageId } = await publisher.publish(linked));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof PublishRejectedError) {
      telemetry.error('alert refused', { ...fields, reason });
      await releaseNotification(store, alert, claim);
      if (!(error instanceof UndeliverableError)) return error;
      // It would hold up every later one of its incident. The incident's object has it.
      telemetry.count('AlertsUndeliverable', 1, { detector: alert.detector });
      return 'undeliverable';
    }
    telemetry.error('alert sent without an answer: waiting for its receipt', { ...fields, reason });
    return 'in-flight';
  }
  await markPublished(store, alert, { messageId, at: context.now() }, claim.stored);
  telemetry.count('AlertsPublished', 1, { detector: alert.detector });
  telemetry.info('alert published', { ...fields, messageId, summary: alert.summary });
  return 'published';
}

/**
 * A link is of the message alone: in the bucket it would be for whoever may read that. An alert is told without one rather
 * than not.
 */
async function withLinks({ linkPage, telemetry }: NotifyContext, alert: Alert): Promise<Alert> {
  const { detector, incidentId, notificationId, objects } = alert;
  if (linkPage === undefined || objects.page === undefined) return alert;
  try {
    return { ...alert, links: await linkPage(incidentId) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    telemetry.error('alert without a link', { detector, incidentId, notificationId, reason });
    telemetry.count('DetectorsFailed', 1, { detector });
    return alert;
  }
}

/** Takes what is done out of the outbox, and keeps what was found, in one write where anything changes by it. */
async function settleOutbox(
  { store }: NotifyContext,
  given: { readonly done: ReadonlySet<string>; readonly found: readonly FoundRelated[] },
  stored: StoredNotifyState,
): Promise<void> {
  const { done, found } = given;
  if (done.size === 0 && found.length === 0) return;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { state, etag } = round === 0 ? stored : await readNotifyState(store);
    const outbox = state.outbox.filter(({ alert }) => !done.has(alert.notificationId));
    const anomalies = keepRelated(state.anomalies, found);
    if (outbox.length === state.outbox.length && anomalies === state.anomalies) return;
    try {
      await writeNotifyState(store, { ...state, anomalies, outbox }, etag);
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError(
    'state-contended',
    `the state of notifications was changed by others ${MAX_ROUNDS} times in a row`,
  );
}
