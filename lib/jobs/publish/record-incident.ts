/** The incident object: every change of state so far, each as it was told. Times are those of the alerts. */
import { z } from 'zod';
import type { Alert } from '../../alert/alert.ts';
import { alertSchema } from '../../alert/parse-alert.ts';
import { ArtifactError, NotFoundError, PreconditionFailedError, RetryLaterError } from '../../base/errors.ts';
import type { PendingAlert } from '../../store/detector-state.ts';
import { decodeJson, encodeJson } from '../../store/json.ts';
import { incidentKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';

export interface IncidentObject {
  readonly formatVersion: 1;
  readonly incidentId: string;
  readonly detector: string;
  readonly entity: string;
  /** Of the newest change. */
  readonly state: Alert['state'];
  /** ISO 8601 UTC; `end` is null while it is open. */
  readonly start: string;
  readonly end: string | null;
  /** Ascending by sequence. */
  readonly changes: readonly { readonly sequence: number; readonly alert: Alert }[];
}

const MAX_TRIES = 10;

const schema: z.ZodType<IncidentObject> = z.looseObject({
  formatVersion: z.literal(1),
  incidentId: z.string(),
  detector: z.string(),
  entity: z.string(),
  state: z.enum(['opened', 'updated', 'settled', 'resolved']),
  start: z.string(),
  end: z.string().nullable(),
  changes: z.array(z.looseObject({ sequence: z.int(), alert: alertSchema })),
});

/**
 * Adds the change to the incident's object; a change that is in it stays as it is.
 * @throws RetryLaterError where others kept changing the object
 */
export async function recordIncident(store: ObjectStore, pending: PendingAlert): Promise<void> {
  const key = incidentKey(pending.alert.detector, pending.alert.incidentId);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const existing = await readIncident(store, key);
    const next = addChange(existing?.incident, pending);
    if (next === undefined) return;
    try {
      await store.put(key, encodeJson(next), {
        contentType: 'application/json',
        ...(existing === undefined ? { ifAbsent: true } : { ifMatch: existing.etag }),
      });
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError('incident-contended', `${key} was changed by others ${MAX_TRIES} times in a row`);
}

/** Undefined where the change is in it already. */
function addChange(
  incident: IncidentObject | undefined,
  { alert, sequence }: PendingAlert,
): IncidentObject | undefined {
  const earlier = incident?.changes ?? [];
  if (earlier.some((change) => change.sequence === sequence)) return undefined;
  const changes = [...earlier, { sequence, alert }].sort((a, b) => a.sequence - b.sequence);
  const newest = changes.at(-1)!.alert;
  return {
    // What a newer release has added to it.
    ...incident,
    formatVersion: 1,
    incidentId: alert.incidentId,
    detector: alert.detector,
    entity: alert.entity,
    state: newest.state,
    start: newest.start,
    end: newest.end,
    changes,
  };
}

async function readIncident(
  store: ObjectStore,
  key: string,
): Promise<{ readonly incident: IncidentObject | undefined; readonly etag: string } | undefined> {
  try {
    const { body, etag } = await store.get(key);
    return { incident: decodeUnlessCut(key, body), etag };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** One that was cut is written anew: the alert is more than the record of those before it. */
function decodeUnlessCut(key: string, body: Uint8Array): IncidentObject | undefined {
  try {
    return decodeJson(key, body, schema);
  } catch (error) {
    if (error instanceof ArtifactError && error.code === 'not-json') return undefined;
    throw error;
  }
}
