/** What every S3 operation works with. */
import type { AwsRequest, AwsResponse, Queues } from '../contract.ts';
import type { BucketRecord } from './bucket-table.ts';
import type { CompletionTable } from './completion-table.ts';
import type { ContentFolder } from './content-folder.ts';
import type { DeletionWatch } from './deletion-watch.ts';
import { S3Error } from './errors.ts';
import type { EventOutbox } from './event-outbox.ts';
import type { IndexDatabase } from './index-database.ts';
import type { UploadTable } from './upload-table.ts';
import type { VersionTable } from './version-table.ts';

export interface S3Context {
  readonly index: IndexDatabase;
  readonly versions: VersionTable;
  readonly uploads: UploadTable;
  readonly completions: CompletionTable;
  readonly content: ContentFolder;
  readonly deletions: DeletionWatch;
  readonly outbox: EventOutbox;
  readonly queues: Pick<Queues, 'send'>;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: (line: string) => void;
}

export interface S3Request extends AwsRequest {
  /** Empty for ListBuckets alone. */
  readonly bucket: string;
  /** Decoded; empty for operations on a bucket. */
  readonly key: string;
}

export type Operation = (context: S3Context, request: S3Request) => Promise<AwsResponse> | AwsResponse;

/** @throws S3Error NoSuchBucket */
export function requireBucket(context: S3Context, name: string): BucketRecord {
  const bucket = context.index.findBucket(name);
  if (bucket !== undefined) return bucket;
  throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
}

/** @param headers what the answer says of a delete marker */
export function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key }, headers);
}
