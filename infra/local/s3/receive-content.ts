/** Bytes of a request, or of another object, on their way to a content file. */
import { createHash } from 'node:crypto';
import {
  algorithmOfHeader,
  type Checksum,
  type ChecksumAlgorithm,
  createChecksum,
} from '../auth/checksum.ts';
import type { S3Context, S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import type { StoredChecksum } from './metadata.ts';

export interface ReceivedContent {
  readonly content: string;
  /** Bytes. */
  readonly size: number;
  readonly md5: Buffer;
  readonly checksum: StoredChecksum | undefined;
}

/** 5 GiB, S3's limit for one request. */
const MAX_SIZE = 5 * 1024 ** 3;

/** Flushed to disk when this returns; the caller commits or discards it. Nothing stays where it throws. */
export async function receiveContent(
  context: S3Context,
  chunks: AsyncIterable<Uint8Array>,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<ReceivedContent> {
  const md5 = createHash('md5');
  const checksum: Checksum | undefined = algorithm && createChecksum(algorithm);
  const { content, size } = await context.content.write(chunks, (chunk) => {
    md5.update(chunk);
    checksum?.update(chunk);
  });
  return {
    content,
    size,
    md5: md5.digest(),
    checksum:
      algorithm && checksum
        ? { algorithm, value: checksum.digest().toString('base64'), type: 'FULL_OBJECT' }
        : undefined,
  };
}

/** The algorithm of the checksum that came with a request's body, in a header or a trailer. */
export function bodyAlgorithm({ headers }: S3Request): ChecksumAlgorithm | undefined {
  const trailers = (headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  for (const name of [...Object.keys(headers), ...trailers]) {
    const algorithm = algorithmOfHeader(name);
    if (algorithm !== undefined) return algorithm;
  }
  return undefined;
}

/** @throws S3Error MissingContentLength, EntityTooLarge */
export function checkLength({ headers }: S3Request): void {
  const length = headers['x-amz-decoded-content-length'] ?? headers['content-length'];
  if (length === undefined)
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  if (Number(length) > MAX_SIZE)
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      ProposedSize: length,
      MaxSizeAllowed: String(MAX_SIZE),
    });
}
