import { SourceError } from '../base/errors.ts';
import {
  EXPORTED_IN_MB,
  type MemoryEnvironment,
  sayMoreMemory,
  shareOfMemory,
} from '../base/process-memory.ts';
import type { HttpResponse } from './http-exchange.ts';

const MIB = 2 ** 20;
/**
 * Bytes of one answer after decompression, in `EXPORTED_IN_MB`. 11,000 points of 300 series; the export job asks for fewer at a time, so
 * only a query that returns thousands of series for one window comes near it.
 */
const BODY_BYTES = 128 * MIB;

/** As the memory of this process has it. @throws SettingError `bad-memory` */
export function mostBodyBytes(env?: MemoryEnvironment): number {
  return Math.floor((BODY_BYTES * shareOfMemory(EXPORTED_IN_MB, env)) / MIB) * MIB;
}

/**
 * The whole body, or nothing of it.
 * @throws SourceError `body-too-large`; whatever Node throws where the connection breaks
 */
export async function readBody(
  { headers, body }: HttpResponse,
  maxBytes: number,
  subject: string,
): Promise<Uint8Array> {
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    body.destroy();
    throw tooLarge(subject, `${announced}`, maxBytes);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    size += part.length;
    // Leaving the loop closes the connection.
    if (size > maxBytes) throw tooLarge(subject, `more than ${maxBytes}`, maxBytes);
    parts.push(part);
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
}

/** The first bytes of a body that only tells why there is no answer. */
export async function readStart({ body }: HttpResponse, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    parts.push(part);
    size += part.length;
    // Leaving the loop closes the connection.
    if (size >= maxBytes) break;
  }
  return Buffer.concat(parts, size).subarray(0, maxBytes);
}

function tooLarge(subject: string, size: string, maxBytes: number): SourceError {
  return new SourceError(
    'body-too-large',
    `${subject} gave ${size} bytes: aggregate in the query, so that it has fewer series; the limit is ${maxBytes}${sayMoreMemory()}`,
  );
}
