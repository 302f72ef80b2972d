/** The one place where an object comes to be. It does not await: writers take turns. */

import type { BucketRecord } from './bucket-table.ts';
import { checkWrite, type WriteConditions } from './conditions.ts';
import { pathOfKey } from './content-folder.ts';
import { requireBucket, type S3Context } from './context.ts';
import type { ObjectMetadata, ObjectPart } from './metadata.ts';
import type { S3EventName } from './notifications.ts';
import { addEvents } from './object-events.ts';
import type { ObjectRecord } from './object-table.ts';
import { discardEnded, makeRoom, planSuccession, recordSuccession, undoRoom } from './succession.ts';

export interface ObjectWrite {
  readonly bucket: string;
  readonly key: string;
  readonly content: string;
  readonly size: number;
  readonly etag: string;
  readonly metadata: ObjectMetadata;
  readonly tags: Readonly<Record<string, string>>;
  readonly parts?: readonly ObjectPart[];
  /** Epoch milliseconds of its date, where that is not now. */
  readonly modified?: number;
  readonly conditions: WriteConditions;
  /** Whether the key was deleted since the request came in. */
  readonly deletedMeanwhile: boolean;
  readonly event: S3EventName;
  readonly requestId: string;
  /** What else the write changes, in the same transaction. */
  readonly alongside?: (object: ObjectRecord) => void;
}

/**
 * Makes flushed content an object: checks the conditions, commits, then puts the file in its place.
 * @throws S3Error where a condition does not hold; the content is discarded then
 */
export function commitObject(context: S3Context, write: ObjectWrite): ObjectRecord {
  const { index, content } = context;
  try {
    const bucket = requireBucket(context, write.bucket);
    const current = index.findObject(write.bucket, write.key);
    checkWrite(write.conditions, current, write.key, write.deletedMeanwhile);
    const object = replaceObject(context, bucket, current, write);
    if (object.file !== undefined) content.place(object.content, object.bucket, object.file);
    context.outbox.wake();
    return object;
  } catch (error) {
    if (!index.hasContent(write.content)) content.discard(write.content);
    throw error;
  }
}

/** Replaces the tags of a version, and nothing else. */
export function commitTags(
  context: S3Context,
  object: ObjectRecord,
  tags: Readonly<Record<string, string>>,
  requestId: string,
): void {
  const { index, versions } = context;
  const bucket = requireBucket(context, object.bucket);
  const event = Object.keys(tags).length > 0 ? 'ObjectTagging:Put' : 'ObjectTagging:Delete';
  const isCurrent = index.findObject(object.bucket, object.key)?.version === object.version;
  index.transaction(() => {
    if (isCurrent) index.putObject({ ...object, tags });
    else versions.put({ ...object, tags });
    addEvents(context, bucket, object, event, requestId);
  });
  context.outbox.wake();
}

/** Path under the bucket's folder for the object of that key; undefined where there is none to be had. */
export function freeFile(context: S3Context, bucket: string, key: string): string | undefined {
  const file = pathOfKey(key);
  return file === undefined || context.index.isFileTaken(bucket, file, key) ? undefined : file;
}

function replaceObject(
  context: S3Context,
  bucket: BucketRecord,
  current: ObjectRecord | undefined,
  write: ObjectWrite,
): ObjectRecord {
  const { index } = context;
  const { key, content, size, etag, metadata, tags, parts } = write;
  const file = current?.file ?? freeFile(context, bucket.name, key);
  const modified = write.modified ?? context.now();
  const succession = planSuccession(context, bucket, key);
  try {
    makeRoom(context, succession);
    const object = index.transaction(() => {
      const identity = recordSuccession(context, succession);
      const written = {
        bucket: bucket.name,
        key,
        content,
        file,
        size,
        etag,
        modified,
        metadata,
        tags,
        parts,
      };
      const record: ObjectRecord = { ...written, ...identity };
      write.alongside?.(record);
      index.putObject(record);
      if (file !== undefined) index.deleteRemoval(`${bucket.name}/${file}`);
      addEvents(context, bucket, record, write.event, write.requestId);
      return record;
    });
    discardEnded(context, succession);
    return object;
  } catch (error) {
    undoRoom(context, succession);
    throw error;
  }
}
