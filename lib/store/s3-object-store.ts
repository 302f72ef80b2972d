/** The object store on Amazon S3, or on anything that speaks its protocol with conditional writes. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { NotFoundError, ObjectTooLargeError, PreconditionFailedError, SettingError } from '../base/errors.ts';
import type { ObjectInfo, ObjectStore, PutOptions, StoredObject } from './object-store.ts';

export interface S3ObjectStoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Milliseconds. A window of 100 MB takes a few seconds; a stalled connection is given up and tried again. */
const CONNECTION_TIMEOUT = 3_000;
const REQUEST_TIMEOUT = 60_000;
const MAX_ATTEMPTS = 5;

/** Milliseconds before each new try of a conditional write that another one was in the way of (HTTP 409). */
const CONFLICT_DELAYS: readonly number[] = [50, 100, 200, 400];

/** Object metadata (x-amz-meta-…) that tells whose conditional write an object came from. */
const WRITE_ID = 'tidewatch-write-id';

/**
 * A client set up by the AWS environment (endpoint, credentials, region) and nothing else.
 *
 * Path-style addresses, always: they work on AWS for every bucket name and on endpoints without wildcard DNS, so
 * that there is one way to address a bucket and nothing has to ask where it runs. They rule out access point ARNs
 * in place of a bucket name.
 */
export function createS3Client(): S3Client {
  return new S3Client({
    forcePathStyle: true,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      throwOnRequestTimeout: true,
    },
  });
}

/**
 * Errors other than those that ObjectStore declares are the SDK's own (access denied, throttling after all attempts,
 * no connection); a missing bucket is a SettingError.
 */
export function createS3ObjectStore({ client, bucket }: S3ObjectStoreOptions): ObjectStore {
  return {
    async get(key, { maxBytes = Infinity, lastBytes } = {}) {
      const output = await client
        .send(
          new GetObjectCommand({
            Bucket: bucket,
            Key: key,
            ...(lastBytes !== undefined && { Range: `bytes=-${lastBytes}` }),
          }),
        )
        .catch((error: unknown) => rethrow(error, bucket, key));
      const info = { ...infoOf(key, output), ...sizeOfWhole(output.ContentRange) };
      if (info.size > maxBytes) {
        // The head of the answer is here; its body stays where it is.
        if (output.Body instanceof Readable) output.Body.destroy();
        throw new ObjectTooLargeError(info, maxBytes);
      }
      const body = await output.Body?.transformToByteArray();
      return { ...info, body: body ?? new Uint8Array() } satisfies StoredObject;
    },
    async head(key) {
      const output = await client
        .send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
        .catch((error: unknown) => rethrow(error, bucket, key));
      return infoOf(key, output);
    },
    put: (key, body, options = {}) =>
      options.ifAbsent || options.ifMatch !== undefined
        ? putConditionally({ client, bucket, key, body, options })
        : putAlways({ client, bucket, key, body, options }),
    async copy(from, to, { ifMatch }) {
      try {
        await client.send(
          new CopyObjectCommand({
            Bucket: bucket,
            Key: to,
            CopySource: `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`,
            CopySourceIfMatch: ifMatch,
          }),
        );
      } catch (error) {
        if (statusOf(error) === 412)
          throw new PreconditionFailedError(to, `If-Match: ${ifMatch} of ${from}`, { cause: error });
        rethrow(error, bucket, from);
      }
    },
    async delete(key) {
      await client
        .send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
        .catch((error: unknown) => rethrow(error, bucket, key));
    },
    async *list(prefix, { startAfter } = {}) {
      const pages = listPages(client, bucket, { Prefix: prefix, StartAfter: startAfter });
      for await (const { Contents = [] } of pages)
        for (const entry of Contents)
          yield {
            key: decodeKey(entry.Key),
            size: entry.Size ?? 0,
            etag: entry.ETag ?? '',
            lastModified: entry.LastModified?.getTime() ?? 0,
          };
    },
    async *listFolders(prefix) {
      const pages = listPages(client, bucket, { Prefix: prefix, Delimiter: '/' });
      for await (const { CommonPrefixes = [] } of pages)
        for (const entry of CommonPrefixes) yield decodeKey(entry.Prefix);
    },
  };
}

interface Write {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly body: Uint8Array;
  readonly options: PutOptions;
}

async function putAlways({ client, bucket, key, body, options }: Write): Promise<{ etag: string }> {
  const output = await client
    .send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: options.contentType }))
    .catch((error: unknown) => rethrow(error, bucket, key));
  return { etag: output.ETag ?? '' };
}

/**
 * Where an answer is lost, the SDK sends the request again, and the second one finds the condition broken by the
 * first. Each call therefore leaves a mark of its own on the object, and after a retry a 412 is checked against it.
 * Comparing the body instead would take an equal write of another process for this one's: two would hold one claim.
 */
async function putConditionally({ client, bucket, key, body, options }: Write): Promise<{ etag: string }> {
  const condition = options.ifAbsent ? 'If-None-Match: *' : `If-Match: ${options.ifMatch}`;
  const writeId = randomUUID();
  for (let attempt = 0; ; attempt++) {
    try {
      const output = await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: options.contentType,
          Metadata: { [WRITE_ID]: writeId },
          ...(options.ifAbsent ? { IfNoneMatch: '*' } : { IfMatch: options.ifMatch }),
        }),
      );
      return { etag: output.ETag ?? '' };
    } catch (error) {
      const status = statusOf(error);
      const delay = CONFLICT_DELAYS[attempt];
      if (status === 409 && delay !== undefined) {
        await sleep(delay);
        continue;
      }
      // S3 answers 404 to If-Match on a key without an object.
      const lost = status === 412 || status === 409 || (status === 404 && options.ifMatch !== undefined);
      if (!lost || codeOf(error) === 'NoSuchBucket') rethrow(error, bucket, key);
      if (attempt > 0 || attemptsOf(error) > 1) {
        const etag = await findOwnWrite({ client, bucket, key, writeId });
        if (etag !== undefined) return { etag };
      }
      throw new PreconditionFailedError(key, condition, { cause: error });
    }
  }
}

/** The ETag of the object if this very write made it. */
async function findOwnWrite(options: {
  client: S3Client;
  bucket: string;
  key: string;
  writeId: string;
}): Promise<string | undefined> {
  const { client, bucket, key, writeId } = options;
  try {
    const output = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return output.Metadata?.[WRITE_ID] === writeId ? output.ETag : undefined;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function* listPages(
  client: S3Client,
  bucket: string,
  what: Pick<ListObjectsV2CommandInput, 'StartAfter' | 'Delimiter'> & { readonly Prefix: string },
): AsyncGenerator<ListObjectsV2CommandOutput> {
  let token: string | undefined;
  do {
    // URL encoding: a key may hold characters that XML cannot carry.
    const page: ListObjectsV2CommandOutput = await client
      .send(
        new ListObjectsV2Command({ ...what, Bucket: bucket, EncodingType: 'url', ContinuationToken: token }),
      )
      .catch((error: unknown) => rethrow(error, bucket, what.Prefix));
    yield page;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

function decodeKey(encoded: string | undefined): string {
  return decodeURIComponent((encoded ?? '').replaceAll('+', ' '));
}

function infoOf(
  key: string,
  output: Pick<HeadObjectCommandOutput, 'ContentLength' | 'ETag' | 'LastModified'>,
): ObjectInfo {
  return {
    key,
    size: output.ContentLength ?? 0,
    etag: output.ETag ?? '',
    lastModified: output.LastModified?.getTime() ?? 0,
  };
}

/** Of a part, whose own length the answer has besides: `bytes 200-999/1000`. */
function sizeOfWhole(contentRange: string | undefined): Partial<Pick<ObjectInfo, 'size'>> {
  const size = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return size === undefined ? {} : { size: Number(size) };
}

function rethrow(error: unknown, bucket: string, key: string): never {
  if (codeOf(error) === 'NoSuchBucket')
    throw new SettingError('no-bucket', `there is no bucket ${bucket}`, { cause: error });
  if (statusOf(error) === 404) throw new NotFoundError(key, { cause: error });
  throw error;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function attemptsOf(error: unknown): number {
  return error instanceof S3ServiceException ? (error.$metadata.attempts ?? 1) : 1;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof S3ServiceException ? error.name : undefined;
}
