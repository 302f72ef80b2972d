/** The anomaly's object: every change of state so far, each with its reasons. Times are those of the changes. */
import * as z from 'zod';
import type { DescribedAnomaly } from '../../alert/alert.ts';
import { describedAnomalySchema } from '../../alert/anomaly-schema.ts';
import { renameMembers } from '../../base/rename-members.ts';
import { ANOMALY_STATES, type AnomalyState } from '../../decision/contract.ts';
import type { PendingChange } from '../../store/detector-state.ts';
import { anomalyKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { updateObject } from './update-object.ts';

export interface AnomalyObject {
  readonly formatVersion: 1;
  readonly anomalyId: string;
  readonly detector: string;
  readonly entity: string;
  /** Of the newest change. */
  readonly state: AnomalyState;
  /** ISO 8601 UTC; `end` is null while it is open. */
  readonly start: string;
  readonly end: string | null;
  /** Ascending by sequence. */
  readonly changes: readonly { readonly sequence: number; readonly anomaly: DescribedAnomaly }[];
}

/** Read leniently: a newer release may say more. */
export const anomalySchema: z.ZodType<AnomalyObject> = z.looseObject({
  formatVersion: z.literal(1),
  anomalyId: z.string(),
  detector: z.string(),
  entity: z.string(),
  state: z.enum(ANOMALY_STATES),
  start: z.string(),
  end: z.string().nullable(),
  changes: z.array(
    z.preprocess(
      (value) => renameMembers(value, { alert: 'anomaly' }),
      z.looseObject({ sequence: z.int(), anomaly: describedAnomalySchema }),
    ),
  ),
});

/**
 * Adds the change to the anomaly's object; a change that is in it stays as it is.
 * @throws RetryLaterError where others kept changing the object
 */
export async function recordAnomaly(store: ObjectStore, { anomaly, sequence }: PendingChange): Promise<void> {
  const { anomalyId, detector, entity } = anomaly;
  const key = anomalyKey(detector, anomalyId);
  const isNew = anomaly.state === 'opened';
  await updateObject(store, { key, schema: anomalySchema, isNew }, (existing): AnomalyObject => {
    const earlier = existing?.changes ?? [];
    if (existing !== undefined && earlier.some((change) => change.sequence === sequence)) return existing;
    const changes = [...earlier, { sequence, anomaly }].sort((a, b) => a.sequence - b.sequence);
    const { state, start, end } = changes.at(-1)!.anomaly;
    return { ...existing, formatVersion: 1, anomalyId, detector, entity, state, start, end, changes };
  });
}
