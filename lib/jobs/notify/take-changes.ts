/** Takes over what the detectors' states hold for people to hear of, and moves the incidents by it. */
import { isDeepStrictEqual } from 'node:util';
import type { DescribedAnomaly } from '../../alert/alert.ts';
import { buildIncidentAlert } from '../../alert/build-incident-alert.ts';
import type { Silencing } from '../../answers/silencing.ts';
import { ArtifactError, PreconditionFailedError, RetryLaterError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import { workloadOf } from '../../base/workload.ts';
import { type Advanced, advanceIncidents, asksForSilences } from '../../incident/advance.ts';
import type { AnomalyChange, Incident, Member } from '../../incident/contract.ts';
import { unknownZone } from '../../incident/digest.ts';
import type { AnomalyContext, PendingChange } from '../../store/detector-state.ts';
import { readState, type StoredState } from '../../store/detector-states.ts';
import { anomalyKey } from '../../store/keys.ts';
import {
  type NotifyState,
  readNotifyState,
  type StoredNotifyState,
  writeNotifyState,
} from '../../store/notify-state.ts';
import type { NotifyContext } from '../shared/context.ts';
import { ALERT_KEYS } from './alert-keys.ts';
import { keepRecord } from './keep-record.ts';
import { recordAnomaly } from './record-anomaly.ts';
import { withRelated } from './relate-others.ts';
import { keepAnomalies, readCut } from './whole-anomalies.ts';

export interface TakenOver {
  /** As it stands in the bucket, or stood there when it was read. */
  readonly stored: StoredNotifyState;
  /** Incidents that this call changed, but for those of which a message alone tells. */
  readonly changed: readonly Incident[];
  /** Incidents that a silence keeps from being told since this call. */
  readonly silenced: readonly Incident[];
  /** Ids of those that nobody knew of before. */
  readonly created: ReadonlySet<string>;
  /** The detectors' states as they were read; without those that could not be. */
  readonly states: ReadonlyMap<string, StoredState>;
  /** Digests that incidents were held for by this call and that are in UTC, since the zone is not known. */
  readonly unknownZones: readonly { readonly detector: string; readonly timeZone: string }[];
  /** Epoch ms at which something is due if nothing new comes; Infinity where nothing is. */
  readonly due: number;
}

/** Each round one writer gets through. */
const MAX_ROUNDS = 20;
const CONCURRENCY = 8;

/**
 * Changes that were taken stay in the detectors' outboxes until the caller removes them. They are not taken again.
 * @param given.stored as it was read before: where others changed it since, it is read anew
 * @param given.loadSilencings called only where they decide on anything
 * @throws RetryLaterError where others changed the state every time
 */
export async function takeChanges(
  context: NotifyContext,
  detectors: readonly string[],
  given: {
    readonly stored?: StoredNotifyState;
    readonly loadSilencings: () => Promise<readonly Silencing[]>;
    readonly sweptAt: number | undefined;
  },
): Promise<TakenOver> {
  const { store } = context;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    // The state first: what another run takes over after it was read makes the write below fail.
    const stored = (round === 0 ? given.stored : undefined) ?? (await readNotifyState(store));
    const { state, etag } = stored;
    const states = await readStates(context, new Set([...detectors, ...Object.keys(state.taken)]));
    const fresh = [...states].flatMap(([detector, read]) => {
      const known = new Set(state.taken[detector]);
      return read.state.outbox.filter(({ anomaly }) => !known.has(anomaly.changeId));
    });
    // Before anybody can be told of them, so that the key in their alert leads somewhere.
    const byAnomaly = Map.groupBy(fresh, ({ anomaly }) => anomaly.anomalyId);
    await forEachConcurrently([...byAnomaly.values()], CONCURRENCY, async (changes) => {
      const { detector, anomalyId } = changes[0]!.anomaly;
      await keepRecord(context, { detector, key: anomalyKey(detector, anomalyId) }, async () => {
        for (const change of changes) await recordAnomaly(store, change);
      });
    });
    const silencings = asksForSilences(state.incidents, fresh) ? await given.loadSilencings() : [];
    const advanced = advanceIncidents({
      state: state.incidents,
      changes: fresh.map(toChange),
      policy: context.grouping,
      silencings,
      hurried: context.only,
      now: context.now(),
    });
    const newest = await readCut(context, {
      notifications: advanced.notifications,
      incidents: advanced.state.incidents,
      newest: newestAnomalies(state, fresh),
      fresh: new Set(byAnomaly.keys()),
    });
    const { next, ...moved } = move(state, { ...given, context, states, advanced, newest });
    if (isDeepStrictEqual(next, state)) return { stored, ...moved };
    try {
      return { stored: await writeNotifyState(store, next, etag), ...moved };
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError(
    'state-contended',
    `the state of notifications was changed by others ${MAX_ROUNDS} times in a row`,
  );
}

/** A state that cannot be read keeps no other detector's changes: whoever scores it next mends it or says what is wrong. */
async function readStates(
  { store, telemetry }: NotifyContext,
  detectors: ReadonlySet<string>,
): Promise<ReadonlyMap<string, StoredState>> {
  const states = new Map<string, StoredState>();
  await forEachConcurrently([...detectors].sort(), CONCURRENCY, async (detector) => {
    try {
      states.set(detector, await readState(store, detector));
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      telemetry.error('changes not taken over', { detector, reason: error.message });
      telemetry.count('DetectorsFailed', 1, { detector });
    }
  });
  return states;
}

function move(
  state: NotifyState,
  given: {
    readonly context: NotifyContext;
    readonly states: ReadonlyMap<string, StoredState>;
    readonly advanced: Advanced;
    readonly newest: ReadonlyMap<string, DescribedAnomaly>;
    readonly sweptAt: number | undefined;
  },
): { readonly next: NotifyState } & Omit<TakenOver, 'stored'> {
  const { context, states, advanced, newest } = given;
  const { incidents } = advanced.state;
  const messages = advanced.notifications.map((notification) => ({
    alert: buildIncidentAlert({
      notification,
      anomalyOf: (anomalyId) => newest.get(anomalyId)!,
      keys: ALERT_KEYS,
      place: context.place,
    }),
    sequence: notification.sequence,
  }));
  const kept = incidents.flatMap(({ members }) => keepAnomalies(members, newest));
  const unread = Object.entries(state.taken).filter(([detector]) => !states.has(detector));
  const read = [...states]
    .filter(
      ([
        ,
        {
          state: { outbox },
        },
      ]) => outbox.length > 0,
    )
    .map(
      ([
        detector,
        {
          state: { outbox },
        },
      ]) => [detector, outbox.map(({ anomaly }) => anomaly.changeId)] as const,
    );
  const before = new Map(state.incidents.incidents.map((incident) => [incident.id, incident]));
  return {
    next: {
      // What a newer release has added to it.
      ...state,
      formatVersion: 1,
      incidents: advanced.state,
      anomalies: Object.fromEntries(kept),
      taken: Object.fromEntries([...unread, ...read]),
      outbox: [...state.outbox, ...messages],
      ...((given.sweptAt ?? state.sweptAt) !== undefined && { sweptAt: given.sweptAt ?? state.sweptAt }),
    },
    changed: incidents.filter(({ id, members, earlier, silencedBy, status }) => {
      const known = before.get(id);
      if (silencedBy !== known?.silencedBy || !isDeepStrictEqual(members, known?.members)) return true;
      if (!isDeepStrictEqual(earlier, known?.earlier)) return true;
      // With a message, the status is written together with it.
      return status !== known?.status && !messages.some(({ alert }) => alert.incidentId === id);
    }),
    silenced: incidents.filter(
      ({ id, silencedBy }) => silencedBy !== undefined && before.get(id)?.silencedBy === undefined,
    ),
    unknownZones: incidents
      .filter(({ id, ownDigestDue }) => ownDigestDue !== before.get(id)?.ownDigestDue)
      .flatMap(({ members }) => listUnknownZones(members)),
    created: new Set(incidents.flatMap(({ id }) => (before.has(id) ? [] : [id]))),
    states,
    due: advanced.due,
  };
}

/** Each detector once. */
function listUnknownZones(members: readonly Member[]): TakenOver['unknownZones'] {
  const zones = new Map<string, string>();
  for (const { detector, digest } of members) {
    const timeZone = digest && unknownZone(digest);
    if (timeZone !== undefined) zones.set(detector, timeZone);
  }
  return [...zones].map(([detector, timeZone]) => ({ detector, timeZone }));
}

function newestAnomalies(
  state: NotifyState,
  fresh: readonly PendingChange[],
): ReadonlyMap<string, DescribedAnomaly> {
  const newest = new Map(Object.entries(state.anomalies));
  for (const { anomaly } of fresh.toSorted((a, b) => a.sequence - b.sequence))
    newest.set(anomaly.anomalyId, withRelated(newest.get(anomaly.anomalyId), anomaly));
  return newest;
}

function toChange({ anomaly, sequence, about = contextOf(anomaly) }: PendingChange): AnomalyChange {
  const { anomalyId, state, detector, entity, by, score, threshold, severity } = anomaly;
  const metric = anomaly.silence?.metrics[0] ?? anomaly.reasons[0]?.metric;
  return {
    anomalyId,
    state,
    sequence,
    detector,
    entity,
    start: Date.parse(anomaly.start),
    lastAnomalous: Date.parse(anomaly.lastAnomalous),
    ...(anomaly.end !== null && { end: Date.parse(anomaly.end) }),
    // What is enough to alert differs with each model's scores; of evidence it is 1.
    ...(by === 'evidence' && { level: score / threshold }),
    ...measureReach(anomaly),
    cap: severity,
    ...(anomaly.targetService !== null && { targetService: anomaly.targetService }),
    ...(metric !== undefined && { metric }),
    ...about,
  };
}

/** Absent where no metric leads by itself, or nothing is known of how it strays. */
function measureReach({ worst }: DescribedAnomaly): Pick<AnomalyChange, 'reach'> {
  if (worst === undefined) return {};
  const reach = Math.abs(worst.value - worst.usual) / ((worst.usualHigh - worst.usualLow) / 2);
  return Number.isFinite(reach) ? { reach } : {};
}

/** Of a change from before there were incidents. */
function contextOf({ entity, targetService, detector }: DescribedAnomaly): AnomalyContext {
  const { namespace, name } = workloadOf(entity);
  return {
    ...(namespace !== undefined && { namespace }),
    workload: name || targetService || detector,
    siblings: 1,
    dependsOn: [],
    step: 60_000,
  };
}
