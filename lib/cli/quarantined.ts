/** What is in quarantine, beside the files of each detector. Reads only. */
import { NotFoundError } from '../base/errors.ts';
import { type LeftOutNote, listLeftOut } from '../jobs/shared/left-out-notes.ts';
import { listQuarantine, type Quarantined } from '../jobs/shared/quarantine.ts';
import {
  DETECTORS_PREFIX,
  detectorOfManifestKey,
  detectorOfWindowKey,
  EXCLUSIONS_PREFIX,
  NOTIFY_STATE_KEY,
  SILENCES_PREFIX,
  WINDOWS_PREFIX,
} from '../store/keys.ts';
import type { ObjectStore } from '../store/object-store.ts';

/**
 * What no detector's own status would show: files under detectors/ that declare none, files under windows/ whose folder names
 * none, silences that keep nobody from being told, exclusions that keep nothing out of trainings, and a state of
 * notifications that was begun anew.
 */
export async function listOfNoDetector(store: ObjectStore): Promise<readonly Quarantined[]> {
  const manifests = await listUnmended(store, DETECTORS_PREFIX);
  return [
    ...manifests.filter(({ key }) => detectorOfManifestKey(key) === undefined),
    ...(await keepUnmended(store, await listQuarantine(store, WINDOWS_PREFIX, isOfNoDetector))),
    ...(await listUnmended(store, SILENCES_PREFIX)),
    ...(await listUnmended(store, EXCLUSIONS_PREFIX)),
    ...(await listNotifyState(store)),
  ];
}

function isOfNoDetector(key: string): boolean {
  return detectorOfWindowKey(key) === undefined;
}

/** It was replaced, and what it held is gone: until somebody deletes the reason. */
export async function listNotifyState(store: ObjectStore): Promise<readonly Quarantined[]> {
  return (await listQuarantine(store, NOTIFY_STATE_KEY)).filter(({ key }) => key === NOTIFY_STATE_KEY);
}

export async function listUnmended(store: ObjectStore, prefix: string): Promise<readonly Quarantined[]> {
  return keepUnmended(store, await listQuarantine(store, prefix));
}

/** What of files whose key starts with `prefix` is left out while the rest is used, as long as they have those bytes. */
export async function listUnmendedParts(store: ObjectStore, prefix: string): Promise<readonly LeftOutNote[]> {
  return keepUnmended(store, await listLeftOut(store, prefix));
}

/** "left out: windows/…: 1 row of …", a line for each part. */
export function sayLeftOutParts({ key, leftOut }: Pick<LeftOutNote, 'key' | 'leftOut'>): readonly string[] {
  return leftOut.map(
    ({ code, message }) => `${code === 'rounded' ? 'rounded' : 'left out'}: ${key}: ${message}`,
  );
}

/** "quarantined: silences/night.yml: matchers must be …" */
export function sayQuarantined({ key, message }: Pick<Quarantined, 'key' | 'message'>): string {
  return `quarantined: ${message.includes(key) ? message : `${key}: ${message}`}`;
}

/** What was replaced or deleted since needs nobody's attention any more. */
export async function keepUnmended<T extends { readonly key: string; readonly etag: string }>(
  store: ObjectStore,
  entries: readonly T[],
): Promise<readonly T[]> {
  const unmended: T[] = [];
  for (const entry of entries) {
    const found = await store.head(entry.key).catch((error: unknown) => {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    });
    if (found?.etag === entry.etag) unmended.push(entry);
  }
  return unmended;
}
