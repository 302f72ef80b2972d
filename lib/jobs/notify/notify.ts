/**
 * Tells people, each of them once. Scoring leaves each change of an anomaly in its detector's state. The notify job takes
 * these changes over, makes incidents of them by policies and time, and sends what is due.
 *
 * A run has three steps: take over (from then on the state of notifications holds the messages, so they are not lost),
 * remove from the detectors' states what was taken, send what the state holds. The next run finishes a run that was cut
 * short anywhere, and any number may run at once. Pages for people come after the messages, and delay none.
 */
import { ArtifactError, PreconditionFailedError, RetryLaterError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import type { Incident } from '../../incident/contract.ts';
import { rankMembers } from '../../incident/rank-members.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { moveState } from '../../store/detector-states.ts';
import { incidentKey, NOTIFY_STATE_KEY, STATES_PREFIX, unitOfStateKey } from '../../store/keys.ts';
import {
  INITIAL_NOTIFY_STATE,
  type NotifyState,
  readNotifyState,
  type StoredNotifyState,
  writeNotifyState,
} from '../../store/notify-state.ts';
import type { NotifyContext } from '../shared/context.ts';
import { quarantine } from '../shared/quarantine.ts';
import { keepRecord } from './keep-record.ts';
import { loadSilencings } from './load-silencings.ts';
import { publishOutbox } from './publish-outbox.ts';
import { recordIncident, recordMerged } from './record-incident.ts';
import { redrawPages } from './redraw-pages.ts';
import { relateWaiting } from './relate-waiting.ts';
import { type TakenOver, takeChanges } from './take-changes.ts';
import { writePages } from './write-pages.ts';

export interface NotifyResult {
  /** Messages that went out. */
  readonly published: number;
  /** Incidents that wait for their first message, or whose end is not told yet. */
  readonly open: number;
  /** As this run left them. */
  readonly incidents: readonly Incident[];
  /** Epoch ms at which something is due if nothing new comes; Infinity where nothing is. */
  readonly due: number;
}

/** Ms after which the states of all detectors are looked through for what nobody asked to take over. */
const SWEEP_EVERY = 10 * 60_000;
const DAY = 86_400_000;
/** Ms: what is due later is found by the tick of its minute. */
const LONGEST_WAKE = 60_000;
const CONCURRENCY = 8;

/**
 * @param detectors whose states have something to take over; empty for a tick
 * @throws RetryLaterError where another run is sending, or where messages were refused: they stay, and go out later
 */
export async function notify(context: NotifyContext, detectors: readonly string[]): Promise<NotifyResult> {
  const read = await readOrHeal(context);
  const sweep = detectors.length === 0 ? await sweepIfDue(context, read.state) : undefined;
  // What is wrong with one of them is told by the next sweep, if no incident asks for them until then.
  const atSweep = sweep === undefined ? undefined : await loadSilencings(context);
  const takenOver = await takeChanges(context, sweep?.detectors ?? detectors, {
    stored: read,
    loadSilencings: async () => atSweep ?? (await loadSilencings(context)),
    sweptAt: sweep?.at,
  });
  const { stored, changed, silenced, unknownZones, due } = takenOver;
  const { state } = stored;
  for (const { id, silencedBy, members } of silenced) {
    const { detector } = rankMembers(members)[0]!;
    context.telemetry.count('IncidentsSilenced', 1, { detector });
    context.telemetry.info('incident silenced', { detector, incidentId: id, silence: silencedBy });
  }
  for (const { detector, timeZone } of unknownZones)
    context.telemetry.warn('zone of a digest is not known here: it goes out in UTC', { detector, timeZone });
  await removeTaken(context, takenOver);
  // A sweep also writes what a run that died in between did not.
  const toRecord = sweep === undefined ? changed : state.incidents.incidents;
  // Each with the message that goes out next, so that it need not be written again for that.
  const nextMessages = new Map(
    state.outbox.map((message) => [message.alert.incidentId, message] as const).reverse(),
  );
  const recorded = new Set<string>();
  await forEachConcurrently(toRecord, CONCURRENCY, async ({ id: incidentId, members }) => {
    const message = nextMessages.get(incidentId);
    const isNew = takenOver.created.has(incidentId);
    const key = incidentKey(incidentId);
    await keepRecord(context, { detector: rankMembers(members)[0]!.detector, key }, () =>
      recordIncident(context.store, state, { incidentId, message, isNew }),
    );
    if (message !== undefined) recorded.add(message.alert.notificationId);
  });
  const merged = toRecord.flatMap((into) =>
    (into.mergedFrom ?? []).map((incidentId) => ({ incidentId, into })),
  );
  await forEachConcurrently(merged, CONCURRENCY, ({ incidentId, into }) =>
    keepRecord(context, { detector: into.members[0]!.detector, key: incidentKey(incidentId) }, () =>
      recordMerged(context.store, { incidentId, into }),
    ),
  );
  const { published, inFlight } = await publishOutbox(context, {
    stored,
    recorded,
    // Whatever was refused: what is due later is still due, and those that were told of have pages.
    beforeRemoval: async () => {
      await wake(context, due);
      if (context.withoutPages === true) return [];
      const ofPages = await writePages(context, state, [
        ...state.outbox.map(({ alert }) => alert.incidentId),
        ...changed.map(({ id }) => id),
      ]);
      return [...ofPages, ...(await relateWaiting(context, state, changed))];
    },
  });
  if (sweep !== undefined) await redrawPages(context, state, sweep.written);
  if (inFlight > 0)
    throw new RetryLaterError('in-flight', `another invocation is sending ${inFlight} alerts`);
  const { incidents } = state.incidents;
  return {
    published,
    open: incidents.filter(({ status }) => status === 'waiting' || status === 'told').length,
    incidents,
    due,
  };
}

/** Asking is a favour: the tick of its minute finds what is due in any case. @param due epoch ms */
async function wake({ wakeIn, telemetry, now }: NotifyContext, due: number): Promise<void> {
  const wait = due - now();
  if (wait > LONGEST_WAKE) return;
  try {
    await wakeIn(Math.max(0, wait));
  } catch (error) {
    telemetry.warn('waking could not be asked for', { reason: String(error) });
  }
}

/** A look through the states of all detectors. Times are epoch ms. */
interface Sweep {
  readonly at: number;
  /** Whose states may be new since the sweep before. */
  readonly detectors: readonly string[];
  /** When each of these was written last. */
  readonly written: ReadonlyMap<string, number>;
}

async function sweepIfDue(context: NotifyContext, state: NotifyState): Promise<Sweep | undefined> {
  const at = context.now();
  if (state.sweptAt !== undefined && Math.abs(at - state.sweptAt) < SWEEP_EVERY) return undefined;
  const written = new Map<string, number>();
  // The sweep before has read what was written before it, except what differing clocks may hide. Once a day all are read.
  const { sweptAt = -Infinity } = state;
  const isWhole = Math.floor(at / DAY) !== Math.floor(sweptAt / DAY);
  const since = isWhole ? -Infinity : sweptAt - SWEEP_EVERY;
  for await (const { key, lastModified } of context.store.list(STATES_PREFIX)) {
    const unit = unitOfStateKey(key);
    if (unit !== undefined && lastModified >= since) written.set(unit, lastModified);
  }
  return { detectors: [...written.keys()], written, at };
}

/** What was added since the outboxes were read stays for the next run. */
async function removeTaken({ store }: NotifyContext, { stored, states }: TakenOver): Promise<void> {
  await forEachConcurrently(Object.entries(stored.state.taken), CONCURRENCY, async ([detector, ids]) => {
    const done = new Set(ids);
    const change = (state: DetectorState): DetectorState | undefined => {
      const outbox = state.outbox.filter(({ anomaly }) => !done.has(anomaly.changeId));
      return outbox.length === state.outbox.length ? undefined : { ...state, outbox };
    };
    await moveState(store, detector, { change, known: states.get(detector) });
  });
}

/**
 * Reads the state, once for the whole run. If it is no JSON, for example because it was cut by hand, it starts anew, with a
 * copy in quarantine. Messages that were not sent yet are lost then, and people hear of open incidents when they change
 * next. JSON that does not fit, such as that of a newer release, is left alone.
 */
async function readOrHeal(context: NotifyContext): Promise<StoredNotifyState> {
  const { store, telemetry } = context;
  try {
    return await readNotifyState(store);
  } catch (error) {
    if (!(error instanceof ArtifactError) || error.code !== 'not-json') throw error;
    const { etag } = await store.head(NOTIFY_STATE_KEY);
    await quarantine(context, { detector: 'none', key: NOTIFY_STATE_KEY, etag, error });
    try {
      const stored = await writeNotifyState(store, INITIAL_NOTIFY_STATE, etag);
      telemetry.warn('the state of notifications could not be read and starts anew', {});
      return stored;
    } catch (lost) {
      // Another run was faster, to the same end.
      if (!(lost instanceof PreconditionFailedError)) throw lost;
      return await readNotifyState(store);
    }
  }
}
