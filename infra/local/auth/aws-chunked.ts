/**
 * `Content-Encoding: aws-chunked`: chunks with a size line, signed or not, then perhaps trailing headers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
 */
import { createHash } from 'node:crypto';
import { AwsError } from '../contract.ts';
import { type ChunkSigning, equalText, hashHex, hmac } from './signature.ts';

export interface ChunkedOptions {
  /** Undefined where the chunks carry no signatures. */
  readonly signing: ChunkSigning | undefined;
  /** Names declared in x-amz-trailer; undefined where the payload ends with the last chunk. */
  readonly trailers: readonly string[] | undefined;
  /** x-amz-decoded-content-length, bytes. */
  readonly length: number;
}

interface ByteReader {
  /** Up to CRLF, which is consumed. */
  line(): Promise<string>;
  /** Between 1 and `max` bytes. */
  some(max: number): Promise<Buffer>;
  /** True after the last byte. */
  ended(): Promise<boolean>;
}

/** A size line with a signature takes about 100 bytes. */
const MAX_LINE = 4096;
const EMPTY_HASH = hashHex('');

/**
 * Yields the decoded bytes and returns the trailers, by lower-case name.
 * @throws AwsError while reading: SignatureDoesNotMatch, IncompleteBody, MalformedTrailerError, InvalidChunkSizeError
 */
export async function* decodeChunks(
  source: AsyncIterable<Buffer>,
  options: ChunkedOptions,
): AsyncGenerator<Buffer, Readonly<Record<string, string>>> {
  const reader = createReader(source);
  let previous = options.signing?.seed ?? '';
  let total = 0;
  for (;;) {
    const { size, signature } = parseSizeLine(await reader.line(), options.signing !== undefined);
    const hash = createHash('sha256');
    for (let left = size; left > 0; ) {
      const bytes = await reader.some(left);
      left -= bytes.length;
      total += bytes.length;
      if (total > options.length) throw incomplete(`more than the ${options.length} bytes declared arrived`);
      if (options.signing !== undefined) hash.update(bytes);
      yield bytes;
    }
    if (options.signing !== undefined) {
      checkSignature(options.signing, 'PAYLOAD', previous, `${EMPTY_HASH}\n${hash.digest('hex')}`, signature);
      previous = signature;
    }
    if (size === 0) break;
    if ((await reader.line()) !== '') throw incomplete('a chunk is longer than its size line says');
  }
  if (total !== options.length) throw incomplete(`${total} of the ${options.length} bytes declared arrived`);
  const trailers = await readTrailers(reader, options, previous);
  if (!(await reader.ended())) throw incomplete('bytes follow the last chunk');
  return trailers;
}

async function readTrailers(
  reader: ByteReader,
  { signing, trailers }: ChunkedOptions,
  previous: string,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  let signature: string | undefined;
  let signed = '';
  for (;;) {
    // Some clients leave out the blank line after the last chunk.
    if (trailers === undefined && (await reader.ended())) break;
    const line = (await reader.line()).trim();
    if (line === '') break;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') {
      signature = value;
    } else if (trailers?.includes(name)) {
      found[name] = value;
      signed += `${name}:${value}\n`;
    } else {
      throw malformedTrailer(`the trailer ${JSON.stringify(line)} was not declared in x-amz-trailer`);
    }
  }
  const missing = trailers?.filter((name) => !Object.hasOwn(found, name)) ?? [];
  if (missing.length > 0) throw malformedTrailer(`${missing.join(', ')} did not arrive`);
  if (signing !== undefined && trailers !== undefined) {
    if (signature === undefined) throw malformedTrailer('x-amz-trailer-signature did not arrive');
    checkSignature(signing, 'TRAILER', previous, hashHex(signed), signature);
  }
  return found;
}

function parseSizeLine(line: string, signed: boolean): { size: number; signature: string } {
  const match = /^([0-9a-fA-F]{1,13})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (match === null || (signed && match[2] === undefined))
    throw new AwsError(
      'InvalidChunkSizeError',
      403,
      `Only the last chunk is allowed to be empty or unreadable: ${JSON.stringify(line.slice(0, 120))}`,
    );
  return { size: Number.parseInt(match[1] ?? '', 16), signature: match[2] ?? '' };
}

function checkSignature(
  { key, timestamp, scope }: ChunkSigning,
  what: 'PAYLOAD' | 'TRAILER',
  previous: string,
  hashes: string,
  signature: string,
): void {
  const toSign = `AWS4-HMAC-SHA256-${what}\n${timestamp}\n${scope}\n${previous}\n${hashes}`;
  if (!equalText(hmac(key, toSign).toString('hex'), signature))
    throw new AwsError(
      'SignatureDoesNotMatch',
      403,
      `The signature of a ${what === 'PAYLOAD' ? 'chunk' : 'trailer'} does not match its bytes`,
    );
}

function createReader(source: AsyncIterable<Buffer>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  async function more(): Promise<boolean> {
    const next = await iterator.next();
    if (next.done) return false;
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
    return true;
  }

  return {
    async line() {
      for (;;) {
        const end = held.indexOf('\r\n');
        if (end >= 0) {
          const line = held.toString('latin1', 0, end);
          held = held.subarray(end + 2);
          return line;
        }
        if (held.length > MAX_LINE) throw incomplete('a chunk has no size line');
        if (!(await more())) throw incomplete('the payload ends inside a chunk');
      }
    },
    async some(max) {
      while (held.length === 0) {
        if (!(await more())) throw incomplete('the payload ends inside a chunk');
      }
      const bytes = held.subarray(0, max);
      held = held.subarray(bytes.length);
      return bytes;
    },
    async ended() {
      while (held.length === 0) {
        if (!(await more())) return true;
      }
      return false;
    },
  };
}

function incomplete(reason: string): AwsError {
  return new AwsError('IncompleteBody', 400, `The request body terminated unexpectedly: ${reason}`);
}

function malformedTrailer(reason: string): AwsError {
  return new AwsError(
    'MalformedTrailerError',
    400,
    `The request contained trailing data that was not well-formed or did not conform to our published schema: ${reason}`,
  );
}
