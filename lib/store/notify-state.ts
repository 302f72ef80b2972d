/**
 * What the stage that tells people remembers between runs: one JSON object, moved by If-Match. Unlike a detector's it
 * spans all of them, since an incident does. Times are epoch ms.
 */
import * as z from 'zod';
import type { Alert, DescribedAnomaly } from '../alert/alert.ts';
import { describedAnomalySchema } from '../alert/anomaly-schema.ts';
import { alertSchema } from '../alert/parse-alert.ts';
import { NotFoundError } from '../base/errors.ts';
import { renameMembers } from '../base/rename-members.ts';
import { dailyTimeSchema } from '../config/daily-time.ts';
import { SEVERITIES } from '../config/severity.ts';
import { ANOMALY_STATES } from '../decision/contract.ts';
import { NO_INCIDENTS } from '../incident/advance.ts';
import {
  type AnomalyChange,
  type EarlierStretch,
  type Extent,
  INCIDENT_STATUSES,
  type Incident,
  type IncidentsState,
} from '../incident/contract.ts';
import { decodeJson, encodeJson } from './json.ts';
import { NOTIFY_STATE_KEY } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

export interface NotifyState {
  readonly formatVersion: 1;
  readonly incidents: IncidentsState;
  /** The anomalies of those incidents, by id, each as its newest change left it. */
  readonly anomalies: Readonly<Record<string, DescribedAnomaly>>;
  /**
   * By detector, what its outbox held when it was last taken over: what is found there again was taken, and is only to be
   * removed. A run that dies in between takes nothing twice.
   */
  readonly taken: Readonly<Record<string, readonly string[]>>;
  /** Decided to be told, not yet confirmed as published, oldest first. */
  readonly outbox: readonly PendingNotification[];
  /** When the outboxes of all detectors were last looked through, in case that a request was lost. */
  readonly sweptAt?: number | undefined;
}

export interface PendingNotification {
  readonly alert: Alert;
  /** Of the incident's notifications, from 1. */
  readonly sequence: number;
}

export const INITIAL_NOTIFY_STATE: NotifyState = {
  formatVersion: 1,
  incidents: NO_INCIDENTS,
  anomalies: {},
  taken: {},
  outbox: [],
};

/** A schema for each member, so that a member added to the type and forgotten here does not compile. */
type Shape<T> = { readonly [Member in keyof T]-?: z.ZodType<unknown> };

const time = z.number();
const count = z.int().min(0);
const severity = z.enum(SEVERITIES);

const member: z.ZodType<AnomalyChange> = z.looseObject({
  anomalyId: z.string(),
  state: z.enum(ANOMALY_STATES),
  sequence: count,
  detector: z.string(),
  entity: z.string(),
  start: time,
  lastAnomalous: time,
  end: time.optional(),
  level: z.number().optional(),
  reach: z.number().optional(),
  cap: severity,
  targetService: z.string().optional(),
  namespace: z.string().optional(),
  workload: z.string(),
  siblings: count,
  isStart: z.boolean().optional(),
  earliestStart: time.optional(),
  dependsOn: z.array(z.string()),
  step: z.number().positive(),
  digest: dailyTimeSchema.optional(),
  metric: z.string().optional(),
} satisfies Shape<AnomalyChange>);

const incident: z.ZodType<Incident> = z.looseObject({
  id: z.string(),
  members: z.array(member).min(1),
  firstSeen: time,
  status: z.enum(INCIDENT_STATUSES),
  severity,
  sequence: count,
  toldAt: time.optional(),
  toldSeverity: severity.optional(),
  isWorse: z.boolean(),
  firstCulprit: z.string().optional(),
  told: z
    .looseObject({
      level: z.number().optional(),
      reach: z.number().optional(),
      isWide: z.boolean(),
      workloads: count.optional(),
      entities: count.optional(),
    } satisfies Shape<Extent>)
    .optional(),
  backSince: time.optional(),
  overSince: time.optional(),
  flaps: count,
  silencedBy: z.string().optional(),
  isRetracted: z.boolean().optional(),
  digestId: z.string().optional(),
  ownDigestDue: time.optional(),
  earlier: z
    .array(
      z.looseObject({
        anomalyId: z.string(),
        detector: z.string(),
        entity: z.string(),
        start: time,
        end: time,
      } satisfies Shape<EarlierStretch>),
    )
    .optional(),
  mergedFrom: z.array(z.string()).optional(),
} satisfies Shape<Incident>);

/** Unknown members are a newer release's: they are kept, and written back. */
const schema: z.ZodType<NotifyState> = z.preprocess(
  (value) => renameMembers(value, { alerts: 'anomalies' }),
  z.looseObject({
    formatVersion: z.literal(1),
    incidents: z.looseObject({
      incidents: z.array(incident),
      openings: z.array(z.looseObject({ at: time, severity, incidentId: z.string().optional() })),
      digestDue: time.optional(),
    } satisfies Shape<IncidentsState>),
    anomalies: z.record(z.string(), describedAnomalySchema),
    taken: z.record(z.string(), z.array(z.string())),
    outbox: z.array(
      z.looseObject({ alert: alertSchema, sequence: count } satisfies Shape<PendingNotification>),
    ),
    sweptAt: time.optional(),
  } satisfies Shape<NotifyState>),
);

export interface StoredNotifyState {
  readonly state: NotifyState;
  /** Undefined where nothing is stored yet; the state is then the initial one. */
  readonly etag: string | undefined;
}

/** @throws ArtifactError where the stored state is not one, or of another format version */
export async function readNotifyState(store: ObjectStore): Promise<StoredNotifyState> {
  try {
    const { body, etag } = await store.get(NOTIFY_STATE_KEY);
    return { state: decodeJson(NOTIFY_STATE_KEY, body, schema), etag };
  } catch (error) {
    if (error instanceof NotFoundError) return { state: INITIAL_NOTIFY_STATE, etag: undefined };
    throw error;
  }
}

/**
 * @param etag of the state that `next` follows from; undefined where there was none
 * @returns what stands there now
 * @throws PreconditionFailedError where another run was faster
 */
export async function writeNotifyState(
  store: ObjectStore,
  next: NotifyState,
  etag: string | undefined,
): Promise<StoredNotifyState> {
  const body = encodeJson(next);
  decodeJson(NOTIFY_STATE_KEY, body, schema);
  const written = await store.put(NOTIFY_STATE_KEY, body, {
    contentType: 'application/json',
    ...(etag === undefined ? { ifAbsent: true } : { ifMatch: etag }),
  });
  return { state: next, etag: written.etag };
}
