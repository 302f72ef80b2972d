/** Conditional headers, on reads as RFC 9110 orders them and on writes as S3 does. */
import { notImplemented, S3Error } from './errors.ts';
import type { ObjectRecord } from './object-table.ts';

type Headers = Readonly<Record<string, string>>;

export interface WriteConditions {
  /** Write only over the object with this ETag; `*`: over any. */
  readonly ifMatch: string | undefined;
  /** Write only where there is no object. */
  readonly ifAbsent: boolean;
}

/**
 * What S3 documents for conditional writes; anything else is NotImplemented there as well.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function readWriteConditions(headers: Headers): WriteConditions {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*')
    throw notImplemented(`If-None-Match: ${ifNoneMatch} on a write, only *`);
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw notImplemented('If-Match together with If-None-Match on a write');
  return { ifMatch, ifAbsent: ifNoneMatch !== undefined };
}

/**
 * @param deletedMeanwhile whether the key was deleted since the request came in
 * @throws S3Error PreconditionFailed, NoSuchKey (If-Match with no object) or ConditionalRequestConflict
 */
export function checkWrite(
  { ifMatch, ifAbsent }: WriteConditions,
  current: ObjectRecord | undefined,
  key: string,
  deletedMeanwhile: boolean,
): void {
  if (ifAbsent && current !== undefined) throw preconditionFailed('If-None-Match');
  if (ifAbsent && deletedMeanwhile)
    throw new S3Error(
      'ConditionalRequestConflict',
      `A conflicting conditional operation is currently in progress against this resource: ${key} was deleted. Please try again.`,
    );
  if (ifMatch === undefined) return;
  if (current === undefined)
    throw new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key });
  if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

export interface DeleteConditions {
  /** Delete only the object with this ETag; `*`: any. */
  readonly ifMatch: string | undefined;
  /** Bytes. */
  readonly size: string | undefined;
  readonly lastModified: string | undefined;
}

/**
 * @param current what is to be deleted: its size and time hold of nothing, too, as S3 documents
 * @throws S3Error PreconditionFailed, NoSuchKey (If-Match with no object), InvalidArgument
 */
export function checkDeletion(
  { ifMatch, size, lastModified }: DeleteConditions,
  current: ObjectRecord | undefined,
  key: string,
): void {
  if (size !== undefined && !/^\d+$/.test(size.trim()))
    throw new S3Error('InvalidArgument', `x-amz-if-match-size is ${JSON.stringify(size)}: whole bytes`);
  const time = seconds(lastModified);
  if (lastModified !== undefined && Number.isNaN(time))
    throw new S3Error(
      'InvalidArgument',
      `x-amz-if-match-last-modified-time is ${JSON.stringify(lastModified)}: a date`,
    );
  if (current === undefined) {
    if (ifMatch === undefined) return;
    throw new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key });
  }
  if (ifMatch !== undefined && !matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  if (size !== undefined && Number(size) !== current.size) throw preconditionFailed('x-amz-if-match-size');
  if (lastModified !== undefined && time !== Math.floor(current.modified / 1000))
    throw preconditionFailed('x-amz-if-match-last-modified-time');
}

/**
 * Whether a read goes on. `prefix` is empty, or `x-amz-copy-source-` for the source of a copy.
 * @throws S3Error PreconditionFailed
 */
export function checkRead(
  headers: Headers,
  { etag, modified }: ObjectRecord,
  prefix: string,
): 'read' | 'not-modified' {
  const ifMatch = headers[`${prefix}if-match`];
  const ifNoneMatch = headers[`${prefix}if-none-match`];
  const modifiedSeconds = Math.floor(modified / 1000);
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag)) throw preconditionFailed('If-Match');
  } else if (modifiedSeconds > seconds(headers[`${prefix}if-unmodified-since`])) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, etag) ? 'not-modified' : 'read';
  return modifiedSeconds <= seconds(headers[`${prefix}if-modified-since`]) ? 'not-modified' : 'read';
}

/** Whether one of the comma-separated ETags, with or without quotes, is that one; `*` is any. */
function matches(wanted: string, etag: string): boolean {
  return wanted
    .split(',')
    .map((part) => part.trim())
    .some((part) => part === '*' || bare(part) === bare(etag));
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });
}

function bare(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

/** NaN compares false with everything, as a date that cannot be read must. */
function seconds(date: string | undefined): number {
  return Math.floor(Date.parse(date ?? '') / 1000);
}
