/**
 * From when until when the rows of files with names of their own are: what their keys do not tell, and what a job would
 * read every one of them to know. It is a memory and nothing else. A range holds as long as the bucket lists the file with
 * this ETag and this date; of what is missing here, or does not fit, the file itself is read. So it may be old, damaged or
 * deleted.
 */
import * as z from 'zod';
import {
  ArtifactError,
  NotFoundError,
  ObjectTooLargeError,
  PreconditionFailedError,
} from '../base/errors.ts';
import type { TimeRange } from '../window/time-range.ts';
import { decodeJson, encodeJson } from './json.ts';
import { fileRangesKey } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

export interface FileRange {
  /** Of the file, as are the next two. */
  readonly key: string;
  readonly etag: string;
  /** Epoch ms: rows that lie too far after it are left out of what is read. */
  readonly lastModified: number;
  /** Ms that a row stood for when it was read. */
  readonly step: number;
  /** Epoch ms. */
  readonly range: TimeRange;
}

export interface StoredFileRanges {
  /** By key. */
  readonly files: ReadonlyMap<string, FileRange>;
  /** Of the object; undefined where there is none. */
  readonly etag: string | undefined;
  /** What a newer release says besides. */
  readonly rest: object;
}

/** Of each file; what a newer release says of it stands behind. */
type Row = readonly [
  key: string,
  etag: string,
  lastModified: number,
  step: number,
  start: number,
  end: number,
  ...more: unknown[],
];

/** 100,000 files with long names. */
const MAX_BYTES = 64 * 2 ** 20;
const MAX_TRIES = 20;

/** Read leniently: a newer release may say more, and finds it again. */
const row: z.ZodType<Row> = z.tuple(
  [z.string(), z.string(), z.number(), z.number(), z.number(), z.number()],
  z.unknown(),
);
const schema = z.looseObject({
  formatVersion: z.literal(1),
  detector: z.string(),
  files: z.array(row),
});

/** Without files where there are none, or what stands there cannot be read. */
export async function readFileRanges(store: ObjectStore, detector: string): Promise<StoredFileRanges> {
  const key = fileRangesKey(detector);
  try {
    const { body, etag } = await store.get(key, { maxBytes: MAX_BYTES });
    return { ...decode(key, body), etag };
  } catch (error) {
    if (error instanceof ObjectTooLargeError) return { files: new Map(), etag: error.etag, rest: {} };
    if (error instanceof NotFoundError) return { files: new Map(), etag: undefined, rest: {} };
    throw error;
  }
}

/**
 * Adds what was learned, and forgets files that are gone. Others that do so at the same time lose nothing; where they keep
 * being faster, it is left to the next run.
 * @param given.isGone whether the bucket no longer lists the file
 * @param given.known as it was read last: where nobody has written since, it need not be read again
 */
export async function recordFileRanges(
  store: ObjectStore,
  detector: string,
  given: {
    readonly learned: readonly FileRange[];
    readonly isGone: (key: string) => boolean;
    readonly known: StoredFileRanges;
  },
): Promise<StoredFileRanges> {
  for (let tries = 0; ; tries++) {
    const before = tries === 0 ? given.known : await readFileRanges(store, detector);
    const files = new Map([...before.files].filter(([key]) => !given.isGone(key)));
    for (const each of given.learned) files.set(each.key, each);
    const rows = [...files.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).map(toRow);
    const body = encodeJson({ ...before.rest, formatVersion: 1, detector, files: rows });
    try {
      const { etag } = await store.put(fileRangesKey(detector), body, {
        contentType: 'application/json',
        ...(before.etag === undefined ? { ifAbsent: true } : { ifMatch: before.etag }),
      });
      return { files, etag, rest: before.rest };
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      if (tries === MAX_TRIES) return before;
    }
  }
}

function decode(key: string, body: Uint8Array): Pick<StoredFileRanges, 'files' | 'rest'> {
  try {
    const { files, ...rest } = decodeJson(key, body, schema);
    return { files: new Map(files.map((each) => [each[0], fromRow(each)])), rest };
  } catch (error) {
    if (error instanceof ArtifactError) return { files: new Map(), rest: {} };
    throw error;
  }
}

/** With what a newer release said of it. */
interface ReadFileRange extends FileRange {
  readonly more?: readonly unknown[];
}

function fromRow([key, etag, lastModified, step, start, end, ...more]: Row): ReadFileRange {
  return { key, etag, lastModified, step, range: { start, end }, more };
}

function toRow({ key, etag, lastModified, step, range, more = [] }: ReadFileRange): Row {
  return [key, etag, lastModified, step, range.start, range.end, ...more];
}
