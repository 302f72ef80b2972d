/**
 * Which bytes of a window its scores are of. S3 dates an object by whole seconds, and one that comes in parts by when its
 * upload began: by times alone, a file that is corrected within the second of its scores is never scored again.
 *
 * One object for each detector, of the windows that were scored last, but for the very newest: it is written now and then, and
 * of those the state tells. For older ones times tell, which they do once nobody is still uploading over them.
 */
import * as z from 'zod';
import { ArtifactError, NotFoundError, PreconditionFailedError } from '../base/errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { scoredKey } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

export interface ScoredWindows {
  readonly formatVersion: 1;
  readonly detector: string;
  /** Window key and ETag, in the order in which they were scored; what a newer release says of them stands behind. */
  readonly windows: readonly (readonly [key: string, etag: string, ...more: unknown[]])[];
  /** The newest ones of which rows came too late to be decided on, oldest first. Absent where none did. */
  readonly late?: readonly LateWindow[] | undefined;
}

/** A window of which rows are scored and never alerted on, since newer ones of their entities were decided on before. */
export interface LateWindow {
  readonly key: string;
  /** So many of it. */
  readonly rows: number;
  /** When it was scored, ISO 8601 UTC. */
  readonly at: string;
}

/** Three weeks at 15 minutes; about 250 kB. */
const REMEMBERED = 2_000;
/** Of windows with late rows: enough to see whose they are. */
const LATE_REMEMBERED = 100;
const MAX_TRIES = 20;

/** Read leniently: a newer release may say more, and finds it again. */
const schema: z.ZodType<ScoredWindows> = z.looseObject({
  formatVersion: z.literal(1),
  detector: z.string(),
  windows: z.array(z.tuple([z.string(), z.string()], z.unknown())),
  late: z.array(z.looseObject({ key: z.string(), rows: z.number(), at: z.string() })).optional(),
});

export interface StoredScored {
  readonly scored: ScoredWindows;
  /** Of the object. */
  readonly etag: string;
}

/** Undefined where nothing is stored; without windows where what is cannot be read: times tell then. */
export async function readScored(store: ObjectStore, detector: string): Promise<StoredScored | undefined> {
  const key = scoredKey(detector);
  try {
    const { body, etag } = await store.get(key);
    return { scored: decode(detector, key, body), etag };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Window key → ETag. */
export function scoredEtags(stored: StoredScored | undefined): ReadonlyMap<string, string> {
  return new Map(stored?.scored.windows.map(([key, etag]) => [key, etag]));
}

/** Windows with late rows, oldest first, of those that were scored last. */
export async function readLate(store: ObjectStore, detector: string): Promise<readonly LateWindow[]> {
  return (await readScored(store, detector))?.scored.late ?? [];
}

/**
 * Adds what was scored. Others that do so at the same time lose nothing, and where they keep being faster it is left to
 * times: a window that is not noted was scored all the same.
 * @param known as it was read last: where nobody has written since, it need not be read again
 * @returns as it was left; undefined where others kept being faster
 */
export async function recordScored(
  store: ObjectStore,
  detector: string,
  scored: ReadonlyMap<string, string>,
  late: readonly LateWindow[] = [],
  known?: StoredScored,
): Promise<StoredScored | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const existing = tries === 0 && known ? known : await readScored(store, detector);
    const windows = new Map(existing?.scored.windows.map((window) => [window[0], window]));
    // Put anew, so that what is scored again is not forgotten first.
    for (const [key, etag] of scored) {
      windows.delete(key);
      windows.set(key, [key, etag]);
    }
    const next: ScoredWindows = {
      ...existing?.scored,
      formatVersion: 1,
      detector,
      windows: [...windows.values()].slice(-REMEMBERED),
      ...addLate(existing?.scored.late ?? [], late),
    };
    try {
      const { etag } = await store.put(scoredKey(detector), encodeJson(next), {
        contentType: 'application/json',
        ...(existing === undefined ? { ifAbsent: true } : { ifMatch: existing.etag }),
      });
      return { scored: next, etag };
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  return undefined;
}

function addLate(before: readonly LateWindow[], added: readonly LateWindow[]): Pick<ScoredWindows, 'late'> {
  const keys = new Set(added.map(({ key }) => key));
  const late = [...before.filter(({ key }) => !keys.has(key)), ...added].slice(-LATE_REMEMBERED);
  return late.length === 0 ? {} : { late };
}

function decode(detector: string, key: string, body: Uint8Array): ScoredWindows {
  try {
    return decodeJson(key, body, schema);
  } catch (error) {
    if (error instanceof ArtifactError) return { formatVersion: 1, detector, windows: [] };
    throw error;
  }
}
