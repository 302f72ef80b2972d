/**
 * Copies of a detector's newest window objects, all in one object: what the next scoring looks back on then takes one
 * request, not one for each window. It is a memory and nothing else. A copy stands for its window as long as the bucket
 * lists that under the same ETag; whatever is missing here, or does not fit, is read from the window itself. So it may be
 * old, of another run or deleted, and nobody has to move it by conditional writes.
 */
import * as z from 'zod';
import { ArtifactError, NotFoundError, ObjectTooLargeError } from '../base/errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { recentWindowsKey } from './keys.ts';
import type { ObjectStore } from './object-store.ts';
import { describeFile } from './stored-file.ts';

export interface WindowCopy {
  /** Of the window object, as is `etag`. */
  readonly key: string;
  readonly etag: string;
  readonly body: Uint8Array;
}

interface RecentWindows {
  readonly formatVersion: 1;
  readonly detector: string;
  readonly windows: readonly {
    readonly key: string;
    readonly etag: string;
    /** Of the bytes: a copy that was damaged stands for nothing. */
    readonly sha256: string;
    readonly base64: string;
  }[];
}

/**
 * Bytes of all copies together: above it the windows are as fast to read, and versions of this object, of which the bucket
 * keeps those of three days, more to store.
 */
export const MOST_COPIED_BYTES = 2_000_000;
/** In base64, with keys and sums. */
const MAX_BYTES = 2 * MOST_COPIED_BYTES;

/** Read leniently: a newer release may say more. */
const schema: z.ZodType<RecentWindows> = z.looseObject({
  formatVersion: z.literal(1),
  detector: z.string(),
  windows: z.array(
    z.looseObject({ key: z.string(), etag: z.string(), sha256: z.string(), base64: z.string() }),
  ),
});

/** Empty where there are none, or what stands there cannot be read. */
export async function readRecentWindows(
  store: ObjectStore,
  detector: string,
): Promise<readonly WindowCopy[]> {
  const key = recentWindowsKey(detector);
  try {
    const { body } = await store.get(key, { maxBytes: MAX_BYTES });
    const { windows } = decodeJson(key, body, schema);
    return windows.flatMap(({ key, etag, sha256, base64 }) => {
      const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
      return describeFile(bytes).sha256 === sha256 ? [{ key, etag, body: bytes }] : [];
    });
  } catch (error) {
    const isNone = [NotFoundError, ObjectTooLargeError, ArtifactError].some((kind) => error instanceof kind);
    if (isNone) return [];
    throw error;
  }
}

/** In place of those that were there. */
export async function writeRecentWindows(
  store: ObjectStore,
  detector: string,
  copies: readonly WindowCopy[],
): Promise<void> {
  const recent: RecentWindows = {
    formatVersion: 1,
    detector,
    windows: copies.map(({ key, etag, body }) => ({
      key,
      etag,
      sha256: describeFile(body).sha256,
      base64: Buffer.from(body).toString('base64'),
    })),
  };
  await store.put(recentWindowsKey(detector), encodeJson(recent), { contentType: 'application/json' });
}
