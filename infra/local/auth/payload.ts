/** The payload of a signed request: framing removed, and every hash and checksum that came with it verified. */
import { createHash } from 'node:crypto';
import { AwsError } from '../contract.ts';
import { decodeChunks } from './aws-chunked.ts';
import {
  algorithmOfHeader,
  CHECKSUM_SIZES,
  type Checksum,
  type ChecksumAlgorithm,
  createChecksum,
} from './checksum.ts';
import type { ChunkSigning } from './signature.ts';

export interface PayloadOptions {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** x-amz-content-sha256, or what stands for it. */
  readonly payloadHash: string;
  readonly signing: ChunkSigning;
  /** False where checksum headers describe something else than this body (CompleteMultipartUpload). */
  readonly checksumsOfBody: boolean;
}

interface Expectation extends Mismatch {
  readonly actual: Checksum;
  /** Known from the start, or from a trailer. */
  readonly expected: string | { readonly trailer: string };
  readonly encoding: 'hex' | 'base64';
}

/** The error of bytes that are not what was said, in S3's words. */
interface Mismatch {
  readonly code: 'BadDigest' | 'XAmzContentSHA256Mismatch';
  readonly message: string;
  /** Elements of the error document for what was said and for what was computed. */
  readonly elements: readonly [said: string, computed: string];
}

class DigestError extends AwsError {
  /** Further elements of the error document. */
  readonly details: Readonly<Record<string, string>>;

  constructor({ code, message, elements: [said, computed] }: Mismatch, expected: string, actual: string) {
    super(code, 400, `${message} (${expected} against ${actual})`);
    this.details = { [said]: expected, [computed]: actual };
  }
}

const DIGEST_ELEMENTS = ['ExpectedDigest', 'CalculatedDigest'] as const;

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** x-amz-content-sha256 → how the body is framed. */
const STREAMING: Readonly<Record<string, { readonly signed: boolean; readonly trailer: boolean }>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, trailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, trailer: true },
};

/** @throws AwsError InvalidArgument where S3 knows no such value */
export function checkPayloadHash(value: string): void {
  if (value === UNSIGNED_PAYLOAD || Object.hasOwn(STREAMING, value) || /^[0-9a-f]{64}$/i.test(value)) return;
  throw new AwsError(
    'InvalidArgument',
    400,
    `x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of ${Object.keys(STREAMING).join(', ')}, or a valid sha256 value, not ${JSON.stringify(value)}`,
  );
}

/** @throws AwsError at once for headers that contradict themselves, and while reading for bytes that do not match them */
export function openPayload(source: AsyncIterable<Buffer>, options: PayloadOptions): AsyncGenerator<Buffer> {
  const { headers, payloadHash, signing } = options;
  const framing = Object.hasOwn(STREAMING, payloadHash) ? STREAMING[payloadHash] : undefined;
  if (framing === undefined) return verifyBytes(withoutTrailers(source), expectations(options, []));
  const length = Number(headers['x-amz-decoded-content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(length) || length < 0)
    throw new AwsError(
      'MissingContentLength',
      411,
      'You must provide the x-amz-decoded-content-length HTTP header.',
    );
  const trailers = framing.trailer ? declaredTrailers(headers) : undefined;
  const decoded = decodeChunks(source, { signing: framing.signed ? signing : undefined, trailers, length });
  return verifyBytes(decoded, expectations(options, trailers ?? []));
}

async function* verifyBytes(
  bytes: AsyncGenerator<Buffer, Readonly<Record<string, string>>>,
  expected: readonly Expectation[],
): AsyncGenerator<Buffer> {
  let trailers: Readonly<Record<string, string>>;
  for (;;) {
    const next = await bytes.next();
    if (next.done) {
      trailers = next.value;
      break;
    }
    for (const { actual } of expected) actual.update(next.value);
    yield next.value;
  }
  for (const { actual, expected: wanted, encoding, ...mismatch } of expected) {
    const digest = actual.digest().toString(encoding);
    const value = typeof wanted === 'string' ? wanted : trailers[wanted.trailer];
    if (digest !== value) throw new DigestError(mismatch, value ?? '', digest);
  }
}

function expectations(
  { headers, payloadHash, checksumsOfBody }: PayloadOptions,
  trailers: readonly string[],
): Expectation[] {
  const found: Expectation[] = [];
  if (/^[0-9a-f]{64}$/i.test(payloadHash))
    found.push({
      code: 'XAmzContentSHA256Mismatch',
      message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
      elements: ['ClientComputedContentSHA256', 'S3ComputedContentSHA256'],
      actual: createChecksum('SHA256'),
      expected: payloadHash.toLowerCase(),
      encoding: 'hex',
    });
  const md5 = headers['content-md5'];
  if (md5 !== undefined) {
    if (!isBase64(md5, 16))
      throw new AwsError(
        'InvalidDigest',
        400,
        `The Content-MD5 you specified is not valid: ${JSON.stringify(md5)}`,
      );
    found.push({
      code: 'BadDigest',
      message: 'The Content-MD5 you specified did not match what we received.',
      elements: DIGEST_ELEMENTS,
      actual: createMd5(),
      expected: md5,
      encoding: 'base64',
    });
  }
  if (checksumsOfBody) found.push(...checksumExpectations(headers, trailers));
  return found;
}

function checksumExpectations(
  headers: Readonly<Record<string, string>>,
  trailers: readonly string[],
): Expectation[] {
  const found: Expectation[] = [];
  const add = (algorithm: ChecksumAlgorithm, expected: Expectation['expected']): void => {
    found.push({
      code: 'BadDigest',
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
      elements: DIGEST_ELEMENTS,
      actual: createChecksum(algorithm),
      expected,
      encoding: 'base64',
    });
  };
  for (const [name, value] of Object.entries(headers)) {
    const algorithm = algorithmOfHeader(name);
    if (algorithm === undefined) continue;
    if (!isBase64(value, CHECKSUM_SIZES[algorithm]))
      throw new AwsError(
        'InvalidRequest',
        400,
        `Value for ${name} header is invalid: ${JSON.stringify(value)}`,
      );
    add(algorithm, value);
  }
  for (const trailer of trailers) {
    const algorithm = algorithmOfHeader(trailer);
    if (algorithm !== undefined) add(algorithm, { trailer });
  }
  if (found.length > 1)
    throw new AwsError(
      'InvalidRequest',
      400,
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  return found;
}

function declaredTrailers(headers: Readonly<Record<string, string>>): string[] {
  const names = (headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => algorithmOfHeader(name) === undefined);
  if (unknown !== undefined)
    throw new AwsError(
      'InvalidRequest',
      400,
      `The value specified in the x-amz-trailer header is not supported: ${JSON.stringify(unknown)}`,
    );
  return names;
}

async function* withoutTrailers(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, Readonly<Record<string, string>>> {
  yield* source;
  return {};
}

function createMd5(): Checksum {
  const hash = createHash('md5');
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
}

/** True for the base64 of exactly `size` bytes. */
function isBase64(text: string, size: number): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === size && bytes.toString('base64') === text;
}
