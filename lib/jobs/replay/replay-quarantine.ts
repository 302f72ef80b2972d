/** Lets what is in quarantine be tried again: its mark is taken off, and where the original is gone it is brought back. */
import { NotFoundError } from '../../base/errors.ts';
import { leftOutKey, quarantineKey, reasonKey, unitOfWindowKey } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import { forgetAttempt } from '../score/score-attempts.ts';
import type { Quarantined } from '../shared/quarantine.ts';

/**
 * `released`: the original is where it was, and is tried again. `restored`: it was gone, and its copy stands there now.
 * `gone`: it is gone, and `restore` was not asked for. `no-copy`: it is gone, and too large ever to have had a copy, or the
 * copy is gone too. `replaced`: other bytes stand there, which the mark says nothing about.
 */
export type ReplayOutcome = 'released' | 'restored' | 'gone' | 'no-copy' | 'replaced';

export interface ReplayOptions {
  /** Bring back what is not there any more: somebody may have deleted it on purpose. */
  readonly restore: boolean;
  /** Say what would be done, and do nothing. */
  readonly dryRun: boolean;
}

/**
 * If it was cut short anywhere, doing it again gives the same result: the copy is deleted last, and the mark before it,
 * once the original is there.
 */
export async function replayQuarantined(
  store: ObjectStore,
  entry: Quarantined,
  { restore, dryRun }: ReplayOptions,
): Promise<ReplayOutcome> {
  const { key } = entry;
  const found = await findObject(store, key);
  if (found !== undefined && !(await isSameAs(store, found, entry))) return 'replaced';
  if (found === undefined && !restore) return 'gone';
  if (found === undefined) {
    const copy = await findObject(store, quarantineKey(key));
    if (copy === undefined) return 'no-copy';
    if (!dryRun) await store.copy(quarantineKey(key), key, { ifMatch: copy.etag });
  }
  if (!dryRun) await takeMarksOff(store, key);
  return found === undefined ? 'restored' : 'released';
}

/** What was restored by a run that was cut short may have another ETag than its original: one in parts does. */
async function isSameAs(store: ObjectStore, found: ObjectInfo, { key, etag }: Quarantined): Promise<boolean> {
  return found.etag === etag || found.etag === (await findObject(store, quarantineKey(key)))?.etag;
}

async function takeMarksOff(store: ObjectStore, key: string): Promise<void> {
  // What ended two runs would be set aside at once by the mark of its attempts.
  const unit = unitOfWindowKey(key);
  if (unit !== undefined) await forgetAttempt(store, unit, key);
  await store.delete(reasonKey(key));
  await store.delete(leftOutKey(key));
  await store.delete(quarantineKey(key));
}

async function findObject(store: ObjectStore, key: string): Promise<ObjectInfo | undefined> {
  try {
    return await store.head(key);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
