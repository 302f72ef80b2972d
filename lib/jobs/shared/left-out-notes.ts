/**
 * What of a file was not used while the rest was: `<key>.left-out.json` under quarantine/, where people look for what
 * went wrong. It names the ETag, so it speaks of those bytes and no others, and keeps nothing from being read.
 */
import * as z from 'zod';
import { ArtifactError, NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import { decodeJson, encodeJson } from '../../store/json.ts';
import {
  LEFT_OUT_SUFFIX,
  leftOutKey,
  manifestKey,
  QUARANTINE_PREFIX,
  windowsPrefix,
} from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { LeftOut } from '../../window/left-out.ts';
import type { StoreContext } from './context.ts';

export interface LeftOutNote {
  readonly formatVersion: 1;
  /** Of the original. */
  readonly key: string;
  readonly etag: string;
  readonly detector: string;
  readonly leftOut: readonly LeftOut[];
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** A note has up to 200 messages of at most a few hundred characters, and keys. */
const MAX_NOTE_BYTES = 1_000_000;

/** Of one detector's note: a writer that names its columns anew each time is told of no more. */
const MOST_COLUMNS = 200;

/** Read leniently: a newer release may say more, and finds it again. */
const schema: z.ZodType<LeftOutNote> = z.looseObject({
  formatVersion: z.literal(1),
  key: z.string(),
  etag: z.string(),
  detector: z.string(),
  leftOut: z.array(
    z
      .looseObject({
        code: z.string(),
        count: z.number(),
        message: z.string(),
        column: z.string().optional(),
      })
      .transform(({ column, ...each }) => (column === undefined ? each : { ...each, column })),
  ),
  at: z.string(),
});

type Given = Pick<LeftOutNote, 'detector' | 'key' | 'etag' | 'leftOut'>;

/**
 * Writes, logs and counts it once: rows for the same bytes, since a file is read again as context and for training,
 * columns for the detector, since all files of a writer have them.
 */
export async function recordLeftOut(context: StoreContext, given: Given): Promise<void> {
  const [columns, rows] = [true, false].map((isColumn) =>
    given.leftOut.filter(({ column }) => (column !== undefined) === isColumn),
  );
  if (rows!.length > 0) await recordRows(context, { ...given, leftOut: rows! });
  if (columns!.length > 0) await recordColumns(context, { ...given, leftOut: columns! });
}

/** Of all files of the detector: what is not known yet is added, with the file that had it first. */
async function recordColumns({ store, telemetry, now }: StoreContext, given: Given): Promise<void> {
  const { detector, key } = given;
  const prefix = windowsPrefix(detector);
  const stored = await readNote(store, leftOutKey(prefix));
  const known = stored?.leftOut ?? [];
  const fresh = given.leftOut
    .filter(({ code, column }) => !known.some((each) => each.code === code && each.column === column))
    .map((each) => ({ ...each, message: `${each.message} (first in ${key})` }));
  if (fresh.length === 0) return;
  const leftOut = [...known, ...fresh].slice(0, MOST_COLUMNS);
  const at = new Date(now()).toISOString();
  const note: LeftOutNote = { ...stored, formatVersion: 1, key: prefix, etag: '', detector, leftOut, at };
  await store.put(leftOutKey(prefix), encodeJson(note), { contentType: 'application/json' });
  for (const { code, message } of fresh) {
    telemetry.warn('a column is not used as it stands, the rest is', { detector, key, code, message });
    telemetry.count('LeftOut', 1, { detector });
  }
}

/** What of the detector's files' columns is not used as it stands; undefined where all is. */
export async function readLeftOutColumns(
  store: ObjectStore,
  detector: string,
): Promise<LeftOutNote | undefined> {
  return readNote(store, leftOutKey(windowsPrefix(detector)));
}

async function recordRows({ store, telemetry, now }: StoreContext, given: Given): Promise<void> {
  const { detector, key, leftOut } = given;
  const noteKey = leftOutKey(key);
  if ((await readNote(store, noteKey))?.etag === given.etag) return;
  const note: LeftOutNote = { formatVersion: 1, ...given, at: new Date(now()).toISOString() };
  await store.put(noteKey, encodeJson(note), { contentType: 'application/json' });
  for (const { code, count, message } of leftOut) {
    telemetry.warn('part of a file was left out, the rest is used', { detector, key, code, count, message });
    telemetry.count('LeftOut', count, { detector });
  }
}

/**
 * What an export did not take of the source's answers, beside the manifest's copy: one note for each detector, of the
 * newest export that left something out.
 */
export async function recordLeftOutOfExport(
  { store, telemetry, now }: StoreContext,
  detector: string,
  leftOut: readonly LeftOut[],
): Promise<void> {
  const key = manifestKey(detector);
  const at = new Date(now()).toISOString();
  const note: LeftOutNote = { formatVersion: 1, key, etag: '', detector, leftOut, at };
  await store.put(leftOutKey(key), encodeJson(note), { contentType: 'application/json' });
  for (const { code, count, message } of leftOut) {
    telemetry.warn('series or samples were left out, the rest is exported', {
      detector,
      code,
      count,
      message,
    });
    telemetry.count('LeftOut', count, { detector });
  }
}

/** @returns undefined where the exports of the last `within` ms left nothing out */
export async function readLeftOutOfExport(
  { store, now }: Pick<StoreContext, 'store' | 'now'>,
  detector: string,
  within: number,
): Promise<LeftOutNote | undefined> {
  const note = await readNote(store, leftOutKey(manifestKey(detector)));
  return note !== undefined && now() - Date.parse(note.at) <= within ? note : undefined;
}

/** Of every object whose own key starts with `prefix`, ascending by key. What is not readable as one is no note. */
export async function listLeftOut(store: ObjectStore, prefix: string): Promise<readonly LeftOutNote[]> {
  const notes: LeftOutNote[] = [];
  for await (const { key } of store.list(`${QUARANTINE_PREFIX}${prefix}`)) {
    if (!key.endsWith(LEFT_OUT_SUFFIX)) continue;
    const note = await readNote(store, key);
    if (note !== undefined && leftOutKey(note.key) === key) notes.push(note);
  }
  return notes;
}

async function readNote(store: ObjectStore, key: string): Promise<LeftOutNote | undefined> {
  try {
    return decodeJson(key, (await store.get(key, { maxBytes: MAX_NOTE_BYTES })).body, schema);
  } catch (error) {
    const isNone = [NotFoundError, ObjectTooLargeError, ArtifactError].some((kind) => error instanceof kind);
    if (isNone) return undefined;
    throw error;
  }
}
