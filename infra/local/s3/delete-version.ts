/** The one place where an object ceases to be. Nothing here awaits: writers take turns. */

import type { BucketRecord } from './bucket-table.ts';
import type { S3Context } from './context.ts';
import { addEvents } from './object-events.ts';
import type { ObjectRecord } from './object-table.ts';
import { discardEnded, makeRoom, planSuccession, recordSuccession, undoRoom } from './succession.ts';
import type { DeleteMarker, Version } from './version-table.ts';
import { freeFile } from './write-object.ts';

/** Takes away what a key is: for good in a bucket without versioning, else behind the marker that this returns. */
export function commitDeletion(
  context: S3Context,
  bucket: BucketRecord,
  key: string,
  requestId: string,
): DeleteMarker | undefined {
  const { index, versions } = context;
  const current = index.findObject(bucket.name, key);
  if (bucket.versioning === undefined) {
    if (current !== undefined) commitVersionDeletion(context, bucket, current, requestId);
    return undefined;
  }
  const succession = planSuccession(context, bucket, key);
  const modified = context.now();
  try {
    makeRoom(context, succession);
    const marker = index.transaction(() => {
      const identity = recordSuccession(context, succession);
      const record: DeleteMarker = { marker: true, bucket: bucket.name, key, modified, ...identity };
      index.deleteObject(bucket.name, key);
      versions.put(record);
      noteRemoval(context, current);
      addEvents(context, bucket, record, 'ObjectRemoved:DeleteMarkerCreated', requestId);
      return record;
    });
    context.deletions.note(bucket.name, key);
    discardEnded(context, succession);
    removeFile(context, current);
    context.outbox.wake();
    return marker;
  } catch (error) {
    undoRoom(context, succession);
    throw error;
  }
}

/** Takes one version away for good; where it was what the key is, the next older one comes back in its place. */
export function commitVersionDeletion(
  context: S3Context,
  bucket: BucketRecord,
  target: Version,
  requestId: string,
): void {
  const { index, versions, content } = context;
  const { key, version } = target;
  const current = index.findObject(bucket.name, key);
  const wasCurrent = current?.version === version;
  const older = versions.findBelow(bucket.name, key, target.sequence);
  const isNewest = wasCurrent || (current === undefined && isNewestOther(context, target));
  const heir = isNewest && older !== undefined && !('marker' in older) ? older : undefined;
  const file = heir && freeFile(context, bucket.name, key);
  index.transaction(() => {
    if (wasCurrent) index.deleteObject(bucket.name, key);
    else versions.delete(bucket.name, key, version);
    if (wasCurrent) noteRemoval(context, current);
    if (heir !== undefined) {
      versions.delete(bucket.name, key, heir.version);
      index.putObject({ ...heir, file });
      if (file !== undefined) index.deleteRemoval(`${bucket.name}/${file}`);
    }
    addEvents(context, bucket, target, 'ObjectRemoved:Delete', requestId);
  });
  if (wasCurrent) context.deletions.note(bucket.name, key);
  if (!('marker' in target)) content.discard(target.content);
  if (heir !== undefined && file !== undefined) content.place(heir.content, bucket.name, file);
  else if (wasCurrent) removeFile(context, current);
  context.outbox.wake();
}

function isNewestOther({ versions }: S3Context, { bucket, key, version }: Version): boolean {
  return versions.findBelow(bucket, key, Number.MAX_SAFE_INTEGER)?.version === version;
}

/** In the transaction: a file that a kill leaves is removed at the next start. */
function noteRemoval({ index }: S3Context, object: ObjectRecord | undefined): void {
  if (object?.file !== undefined) index.addRemoval(`${object.bucket}/${object.file}`);
}

function removeFile({ index, content }: S3Context, object: ObjectRecord | undefined): void {
  if (object?.file === undefined) return;
  if (content.remove(object.bucket, object.file)) index.deleteRemoval(`${object.bucket}/${object.file}`);
}
