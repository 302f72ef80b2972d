/** The anomaly's object: every change of state so far, each with its reasons. Times are those of the alerts. */
import * as z from 'zod';
import type { Alert } from '../../alert/alert.ts';
import { alertSchema } from '../../alert/parse-alert.ts';
import { NOTIFIED_STATES } from '../../incident/contract.ts';
import type { PendingAlert } from '../../store/detector-state.ts';
import { anomalyKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { updateObject } from './update-object.ts';

export interface AnomalyObject {
  readonly formatVersion: 1;
  readonly anomalyId: string;
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

/** Read leniently: a newer release may say more. */
export const anomalySchema: z.ZodType<AnomalyObject> = z.looseObject({
  formatVersion: z.literal(1),
  anomalyId: z.string(),
  detector: z.string(),
  entity: z.string(),
  state: z.enum(NOTIFIED_STATES),
  start: z.string(),
  end: z.string().nullable(),
  changes: z.array(z.looseObject({ sequence: z.int(), alert: alertSchema })),
});

/**
 * Adds the change to the anomaly's object; a change that is in it stays as it is.
 * @throws RetryLaterError where others kept changing the object
 */
export async function recordAnomaly(store: ObjectStore, { alert, sequence }: PendingAlert): Promise<void> {
  const { detector, entity, incidentId: anomalyId } = alert;
  const key = anomalyKey(detector, anomalyId);
  const isNew = alert.state === 'opened';
  await updateObject(store, { key, schema: anomalySchema, isNew }, (existing): AnomalyObject => {
    const earlier = existing?.changes ?? [];
    if (existing !== undefined && earlier.some((change) => change.sequence === sequence)) return existing;
    const changes = [...earlier, { sequence, alert }].sort((a, b) => a.sequence - b.sequence);
    const { state, start, end } = changes.at(-1)!.alert;
    return { ...existing, formatVersion: 1, anomalyId, detector, entity, state, start, end, changes };
  });
}
