/** What becomes of what a key held, when something else takes its place: the bucket's versioning says. */

import type { BucketRecord } from './bucket-table.ts';
import type { S3Context } from './context.ts';
import { makeVersionId, NULL_VERSION } from './object-id.ts';
import type { ObjectRecord } from './object-table.ts';
import type { Version } from './version-table.ts';

export interface Succession {
  readonly bucket: BucketRecord;
  readonly key: string;
  /** Goes on as a version that is not current. */
  readonly kept: ObjectRecord | undefined;
  /** Ends, with its content. */
  readonly ended: readonly Version[];
}

export function planSuccession(context: S3Context, bucket: BucketRecord, key: string): Succession {
  const current = context.index.findObject(bucket.name, key);
  const plan = { bucket, key };
  if (bucket.versioning === 'Enabled') return { ...plan, kept: current, ended: [] };
  // There is one version without an id, wherever it stands.
  const kept = current?.version === NULL_VERSION ? undefined : current;
  const candidates = [current, context.versions.find(bucket.name, key, NULL_VERSION)];
  const ended = candidates.filter((version) => version !== undefined && version !== kept);
  return { ...plan, kept, ended: ended as Version[] };
}

/** Before the commit: the file in the bucket's folder makes room. Should the process end here, recovery puts it back. */
export function makeRoom(context: S3Context, { kept }: Succession): void {
  if (kept?.file !== undefined) context.content.takeBack(kept.content, kept.bucket, kept.file);
}

/** Within the commit. Gives the sequence and the id of what takes the place. */
export function recordSuccession(
  { index, versions }: S3Context,
  { bucket, key, kept, ended }: Succession,
): { readonly sequence: number; readonly version: string } {
  for (const { version } of ended) versions.delete(bucket.name, key, version);
  if (kept !== undefined) versions.put(kept);
  const sequence = index.nextSequence();
  return { sequence, version: bucket.versioning === 'Enabled' ? makeVersionId(sequence) : NULL_VERSION };
}

/** After the commit. */
export function discardEnded(context: S3Context, { ended }: Succession): void {
  for (const version of ended) if (!('marker' in version)) context.content.discard(version.content);
}

/** Where the commit failed. */
export function undoRoom(context: S3Context, { kept }: Succession): void {
  if (kept?.file !== undefined && context.index.findObjectByContent(kept.content) !== undefined)
    context.content.place(kept.content, kept.bucket, kept.file);
}
