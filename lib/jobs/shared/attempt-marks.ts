/**
 * A mark stands while something is worked on, because work that ends the function's process leaves no other trace. A run
 * that finds an expired mark knows that a run before it died there.
 */
import * as z from 'zod';
import { ArtifactError, NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import { decodeJson, encodeJson } from '../../store/json.ts';
import type { ObjectStore } from '../../store/object-store.ts';

export interface AttemptMark {
  readonly formatVersion: 1;
  /** What is worked on… */
  readonly key: string;
  /** …and which state of it: another one has no deaths. */
  readonly etag: string;
  /** Runs that died at it before this one. */
  readonly deaths: number;
  /** Epoch ms: until then the run may be at it. Absent where it ended by itself. */
  readonly until?: number | undefined;
}

/** What kills a function twice does so again: once may be the platform's. */
export const MOST_DEATHS = 2;
/** Ms: as long as a function may run. Only a run without a deadline of its own would have more. */
export const LONGEST_RUN: number = 15 * 60_000;
const MAX_MARK_BYTES = 100_000;

const schema: z.ZodType<AttemptMark> = z.looseObject({
  formatVersion: z.literal(1),
  key: z.string(),
  etag: z.string(),
  deaths: z.int().min(0),
  until: z.number().optional(),
});

/** Deaths of runs at this very state, the one of the run that left the mark included where it ran out. */
export function countDeaths(
  mark: AttemptMark | undefined,
  of: Pick<AttemptMark, 'key' | 'etag'>,
  now: number,
): number {
  if (!isOf(mark, of)) return 0;
  return mark.deaths + (mark.until !== undefined && mark.until < now ? 1 : 0);
}

/** The mark that is written over another one: what a newer release has noted of the same state stays. */
export function followMark(before: AttemptMark | undefined, next: AttemptMark): AttemptMark {
  if (!isOf(before, next)) return next;
  const { until: _, ...known } = before;
  return { ...known, ...next };
}

function isOf(
  mark: AttemptMark | undefined,
  { key, etag }: Pick<AttemptMark, 'key' | 'etag'>,
): mark is AttemptMark {
  return mark?.key === key && mark.etag === etag;
}

/** Undefined where there is none, or what stands there is none. */
export async function readMark(store: ObjectStore, markKey: string): Promise<AttemptMark | undefined> {
  try {
    return decodeJson(markKey, (await store.get(markKey, { maxBytes: MAX_MARK_BYTES })).body, schema);
  } catch (error) {
    const isNone = [NotFoundError, ObjectTooLargeError, ArtifactError].some((kind) => error instanceof kind);
    if (isNone) return undefined;
    throw error;
  }
}

export async function writeMark(store: ObjectStore, markKey: string, mark: AttemptMark): Promise<void> {
  await store.put(markKey, encodeJson(mark), { contentType: 'application/json' });
}
