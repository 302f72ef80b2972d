/** The one place where an object comes to be, and the one where it ceases. Neither awaits: writers take turns. */
import { checkWrite, type WriteConditions } from './conditions.ts';
import { pathOfKey } from './content-folder.ts';
import { requireBucket, type S3Context } from './context.ts';
import type { ObjectRecord } from './index-database.ts';
import type { ObjectMetadata } from './metadata.ts';
import { matchNotifications, renderEvent, type S3EventName } from './notifications.ts';

export interface ObjectWrite {
  readonly bucket: string;
  readonly key: string;
  readonly content: string;
  readonly size: number;
  readonly etag: string;
  readonly metadata: ObjectMetadata;
  readonly tags: Readonly<Record<string, string>>;
  readonly conditions: WriteConditions;
  /** Whether the key was deleted since the request came in. */
  readonly deletedMeanwhile: boolean;
  readonly event: S3EventName;
  readonly requestId: string;
  /** What else the write changes, in the same transaction. */
  readonly alongside?: () => void;
}

/**
 * Makes flushed content an object: checks the conditions, commits, then puts the file in its place.
 * @throws S3Error where a condition does not hold; the content is discarded then
 */
export function commitObject(context: S3Context, write: ObjectWrite): ObjectRecord {
  const { index, content } = context;
  const { bucket, key } = write;
  try {
    const { notifications } = requireBucket(context, bucket);
    const current = index.findObject(bucket, key);
    checkWrite(write.conditions, current, key, write.deletedMeanwhile);
    const file = current?.file ?? freeFile(context, bucket, key);
    const { size, etag, metadata, tags } = write;
    const modified = context.now();
    const object: ObjectRecord = {
      bucket,
      key,
      content: write.content,
      file,
      size,
      etag,
      modified,
      metadata,
      tags,
    };
    index.transaction(() => {
      write.alongside?.();
      index.putObject(object);
      if (file !== undefined) index.deleteRemoval(`${bucket}/${file}`);
      addEvents(context, object, write.event, write.requestId, notifications);
    });
    if (current !== undefined) content.discard(current.content);
    if (file !== undefined) content.place(object.content, bucket, file);
    context.outbox.wake();
    return object;
  } catch (error) {
    if (!index.hasContent(write.content)) content.discard(write.content);
    throw error;
  }
}

/** Deletes an object that is there. */
export function commitDeletion(context: S3Context, object: ObjectRecord, requestId: string): void {
  const { index, content, deletions, outbox } = context;
  const { bucket, key, file } = object;
  const { notifications } = requireBucket(context, bucket);
  index.transaction(() => {
    index.deleteObject(bucket, key);
    if (file !== undefined) index.addRemoval(`${bucket}/${file}`);
    addEvents(context, object, 'ObjectRemoved:Delete', requestId, notifications);
  });
  deletions.note(bucket, key);
  content.discard(object.content);
  if (file !== undefined && content.remove(bucket, file)) index.deleteRemoval(`${bucket}/${file}`);
  outbox.wake();
}

/** Replaces an object's tags, and nothing else. */
export function commitTags(
  context: S3Context,
  object: ObjectRecord,
  tags: Readonly<Record<string, string>>,
  requestId: string,
): void {
  const { notifications } = requireBucket(context, object.bucket);
  const event = Object.keys(tags).length > 0 ? 'ObjectTagging:Put' : 'ObjectTagging:Delete';
  context.index.transaction(() => {
    context.index.putObject({ ...object, tags });
    addEvents(context, object, event, requestId, notifications);
  });
  context.outbox.wake();
}

function addEvents(
  context: S3Context,
  object: ObjectRecord,
  event: S3EventName,
  requestId: string,
  notifications: ReturnType<typeof requireBucket>['notifications'],
): void {
  const matching = matchNotifications(notifications, event, object.key);
  if (matching.length === 0) return;
  const sequence = context.index.nextSequence();
  const { region } = context;
  for (const { id, queueArn } of matching) {
    const body = renderEvent({
      object,
      event,
      configurationId: id,
      requestId,
      sequence,
      region,
      time: context.now(),
    });
    context.index.addEvent(queueArn, body);
  }
}

function freeFile(context: S3Context, bucket: string, key: string): string | undefined {
  const file = pathOfKey(key);
  return file === undefined || context.index.isFileTaken(bucket, file, key) ? undefined : file;
}
