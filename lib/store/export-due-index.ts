/**
 * When an export of each detector is due, of all of them in one object, so that a minute in which none is costs as much for
 * a thousand as for one. It is a memory and nothing else: what is due follows from a detector's manifest and its state,
 * and of what is missing here, or is of other bytes of a manifest, those are read. So it may be old, damaged or deleted.
 *
 * The one harmful fault were a time that is too late. None can be for long: a cursor only moves on, so that what an
 * older state told is due sooner; an entry names the manifest that it is of; and none holds for longer than an hour.
 */
import * as z from 'zod';
import {
  ArtifactError,
  NotFoundError,
  ObjectTooLargeError,
  PreconditionFailedError,
} from '../base/errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { EXPORT_DUE_KEY } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

export interface DueEntry {
  /** Of the manifest that it follows from. */
  readonly etag: string;
  /** Epoch ms from which its manifest and state have to be read; Infinity: not before the manifest changes. */
  readonly due: number;
  /** Epoch ms at which it last had its turn, or was first seen: what is due takes turns by it. */
  readonly turn: number;
  /** What a newer release says of it. */
  readonly more?: readonly unknown[];
}

export interface StoredDueIndex {
  /** By name. */
  readonly entries: ReadonlyMap<string, DueEntry>;
  /** The release that wrote it: another one may have other defaults for what a manifest does not say. */
  readonly software: string;
  /** Of the object; undefined where there is none. */
  readonly objectEtag: string | undefined;
  /** What a newer release says besides. */
  readonly rest: object;
}

/** A hundred thousand detectors. */
const MAX_BYTES = 32 * 2 ** 20;
/** Runs that write at once: whoever loses so often leaves it to the next minute. */
const MAX_TRIES = 5;

/** Of each detector; what a newer release says of it stands behind. Read leniently, and found again by that release. */
const row = z.tuple([z.string(), z.string(), z.number().nullable(), z.number()], z.unknown());
const schema = z.looseObject({
  formatVersion: z.literal(1),
  software: z.string(),
  detectors: z.array(row),
});

const NOTHING: Omit<StoredDueIndex, 'objectEtag'> = { entries: new Map(), software: '', rest: {} };

/** Without entries where there is none, or what stands there cannot be read. */
export async function readDueIndex(store: ObjectStore): Promise<StoredDueIndex> {
  try {
    const { body, etag } = await store.get(EXPORT_DUE_KEY, { maxBytes: MAX_BYTES });
    return { ...decode(body), objectEtag: etag };
  } catch (error) {
    if (error instanceof ObjectTooLargeError) return { ...NOTHING, objectEtag: error.etag };
    if (error instanceof NotFoundError) return { ...NOTHING, objectEtag: undefined };
    throw error;
  }
}

/**
 * Writes what was found out of some detectors over what others wrote meanwhile of the rest. Where others keep being faster, it
 * is left to the next run, which then looks at those detectors again.
 * @param given.found by name; undefined: it is declared no more
 * @param given.known as it was read: where nobody has written since, it need not be read again
 * @returns as it now is
 */
export async function moveDueIndex(
  store: ObjectStore,
  given: {
    readonly found: ReadonlyMap<string, DueEntry | undefined>;
    readonly software: string;
    readonly known: StoredDueIndex;
  },
): Promise<StoredDueIndex> {
  const { found, software } = given;
  for (let tries = 0; ; tries++) {
    const before = tries === 0 ? given.known : await readDueIndex(store);
    const entries = new Map(before.software === software ? before.entries : []);
    for (const [name, entry] of found) {
      if (entry === undefined) entries.delete(name);
      else entries.set(name, entry);
    }
    try {
      const next = { entries, software, rest: before.rest };
      const { etag } = await store.put(EXPORT_DUE_KEY, encode(next), {
        contentType: 'application/json',
        ...(before.objectEtag === undefined ? { ifAbsent: true } : { ifMatch: before.objectEtag }),
      });
      return { ...next, objectEtag: etag };
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      if (tries === MAX_TRIES) return before;
    }
  }
}

function encode({ entries, software, rest }: Omit<StoredDueIndex, 'objectEtag'>): Uint8Array {
  const detectors = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    // JSON has no Infinity.
    .map(([name, { etag, due, turn, more = [] }]) => [
      name,
      etag,
      Number.isFinite(due) ? due : null,
      turn,
      ...more,
    ]);
  return encodeJson({ ...rest, formatVersion: 1, software, detectors });
}

function decode(body: Uint8Array): Omit<StoredDueIndex, 'objectEtag'> {
  try {
    const { software, detectors, ...rest } = decodeJson(EXPORT_DUE_KEY, body, schema);
    const entries = detectors.map(
      ([name, etag, due, turn, ...more]) => [name, { etag, due: due ?? Infinity, turn, more }] as const,
    );
    return { entries: new Map(entries), software, rest };
  } catch (error) {
    if (error instanceof ArtifactError) return NOTHING;
    throw error;
  }
}
