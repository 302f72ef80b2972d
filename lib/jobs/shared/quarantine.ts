/**
 * Objects that could not be used. The original stays where it was dropped; a copy and the reason stand under
 * quarantine/. The reason names the ETag, so that the same bytes are not tried again: dropping the file anew in a
 * mended form, or deleting the reason, lets it be tried.
 */
import * as z from 'zod';
import {
  ArtifactError,
  NotFoundError,
  ObjectTooLargeError,
  PreconditionFailedError,
  RetryLaterError,
  TidewatchError,
} from '../../base/errors.ts';
import { toLines } from '../../base/foreign-text.ts';
import { decodeJson, encodeJson } from '../../store/json.ts';
import { QUARANTINE_PREFIX, quarantineKey, REASON_SUFFIX, reasonKey } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import { windowLimits } from '../../window/limits.ts';
import type { StoreContext } from './context.ts';

/** What `<key>.reason.json` under quarantine/ holds. */
export interface Quarantined {
  readonly formatVersion: 1;
  /** Of the original. */
  readonly key: string;
  readonly etag: string;
  readonly detector: string;
  /** Of the error: stable, for filters. */
  readonly code: string;
  readonly message: string;
  /** ISO 8601 UTC. */
  readonly at: string;
}

export interface QuarantineOptions {
  /** Dimension of the metric that counts it. */
  readonly detector: string;
  readonly key: string;
  /** Of the bytes that failed; where the key holds other bytes by now, nothing is quarantined. */
  readonly etag?: string;
  readonly error: Error;
}

const MAX_TRIES = 5;
/** Reasons that are read at once. */
const READS_AT_ONCE = 16;
/** Characters of a message that a reason keeps: whatever it quotes, the reason stays readable. */
const LONGEST_MESSAGE = 8_000;
/** With its keys and a message of that length, escaped. */
const MAX_REASON_BYTES = 1_000_000;

/** Read leniently: a newer release may say more. */
const schema: z.ZodType<Quarantined> = z.looseObject({
  formatVersion: z.literal(1),
  key: z.string(),
  etag: z.string(),
  detector: z.string(),
  code: z.string(),
  message: z.string(),
  at: z.string(),
});

/**
 * Copies the object and writes the reason, counts and logs it. Doing it again for the same bytes changes nothing and
 * counts nothing. An object that is gone or was replaced meanwhile is left alone: there is nothing to try again. One
 * that is larger than any that is read gets no copy: S3 copies up to 5 GB in one request, and it stays where it is.
 */
export async function quarantine(context: StoreContext, options: QuarantineOptions): Promise<void> {
  const { store, telemetry } = context;
  const { detector, key, error } = options;
  const code = error instanceof TidewatchError ? error.code : error.name;
  const found = await currentInfo(store, key);
  const etag = found?.etag;
  if (found === undefined || etag === undefined || (options.etag !== undefined && options.etag !== etag)) {
    telemetry.info('not quarantined: the object was replaced or deleted meanwhile', { detector, key, code });
    return;
  }
  const at = new Date(context.now()).toISOString();
  const message = toLines(error.message.slice(0, LONGEST_MESSAGE));
  const entry: Quarantined = { formatVersion: 1, key, etag, detector, code, message, at };
  if (await isQuarantined(store, key, etag)) return;
  try {
    if (found.size <= windowLimits().fileBytes) await store.copy(key, quarantineKey(key), { ifMatch: etag });
  } catch (cause) {
    if (!(cause instanceof NotFoundError) && !(cause instanceof PreconditionFailedError)) throw cause;
    telemetry.info('not quarantined: the object was replaced or deleted meanwhile', { detector, key, code });
    return;
  }
  if (!(await writeReason(store, entry))) return;
  telemetry.count('ObjectsQuarantined', 1, { detector });
  telemetry.error('object quarantined', { detector, key, etag, code, reason: message });
}

/** Whether these bytes failed before. */
export async function isQuarantined(store: ObjectStore, key: string, etag: string): Promise<boolean> {
  return (await quarantinedEtag(store, key)) === etag;
}

/** Of the bytes that failed before, where some did. */
export async function quarantinedEtag(store: ObjectStore, key: string): Promise<string | undefined> {
  return (await readReason(store, reasonKey(key)))?.entry?.etag;
}

/**
 * Every quarantined object whose own key starts with `prefix`, ascending by key. What is not readable as one is no reason.
 * @param isWanted of its own key and an ending: reasons of others are not read
 */
export async function listQuarantine(
  store: ObjectStore,
  prefix = '',
  isWanted: (key: string) => boolean = () => true,
): Promise<readonly Quarantined[]> {
  const reasons: string[] = [];
  for await (const { key } of store.list(`${QUARANTINE_PREFIX}${prefix}`))
    if (key.endsWith(REASON_SUFFIX) && isWanted(key.slice(QUARANTINE_PREFIX.length))) reasons.push(key);
  const read = await readAll(store, reasons);
  return read.flatMap((reason, i) =>
    reason?.entry && reasonKey(reason.entry.key) === reasons[i] ? [reason.entry] : [],
  );
}

/** What stands in quarantine of objects whose key starts with `prefix`: key there → ETag. */
export async function listQuarantined(
  store: ObjectStore,
  prefix: string,
): Promise<ReadonlyMap<string, string>> {
  const etags = new Map<string, string>();
  for await (const { key, etag } of store.list(`${QUARANTINE_PREFIX}${prefix}`)) etags.set(key, etag);
  return etags;
}

/**
 * The objects that are not in quarantine with these very bytes. Costs a listing, and a request only for what the
 * ETags of the copies leave open: S3 gives the copy of an object in parts another one.
 * @param given.objects those whose key starts with `prefix`
 * @param given.quarantined of the same prefix, where it was listed
 * @param keepsOut which reasons do; without it, all of them
 */
export async function withoutQuarantined(
  store: ObjectStore,
  given: {
    readonly prefix: string;
    readonly objects: readonly ObjectInfo[];
    readonly quarantined?: ReadonlyMap<string, string>;
  },
  keepsOut?: (entry: Quarantined) => boolean,
): Promise<readonly ObjectInfo[]> {
  const { objects, prefix } = given;
  const etags = given.quarantined ?? (await listQuarantined(store, prefix));
  const asked = objects.filter(
    ({ key, etag }) =>
      etags.has(reasonKey(key)) && (keepsOut !== undefined || etags.get(quarantineKey(key)) !== etag),
  );
  const reasons = await readAll(
    store,
    asked.map(({ key }) => reasonKey(key)),
  );
  const free = new Set(
    asked.filter(({ key, etag }, i) => {
      const entry = reasons[i]?.entry;
      return entry?.key !== key || entry.etag !== etag || keepsOut?.(entry) === false;
    }),
  );
  return objects.filter((object) => !etags.has(reasonKey(object.key)) || free.has(object));
}

async function readAll(
  store: ObjectStore,
  keys: readonly string[],
): Promise<readonly (StoredReason | undefined)[]> {
  const read: (StoredReason | undefined)[] = [];
  for (let at = 0; at < keys.length; at += READS_AT_ONCE)
    read.push(
      ...(await Promise.all(keys.slice(at, at + READS_AT_ONCE).map((key) => readReason(store, key)))),
    );
  return read;
}

/** @returns whether this call wrote it, rather than another invocation for the same bytes */
async function writeReason(store: ObjectStore, entry: Quarantined): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const existing = await readReason(store, reasonKey(entry.key));
    if (existing?.entry?.etag === entry.etag) return false;
    try {
      await store.put(reasonKey(entry.key), encodeJson(entry), {
        contentType: 'application/json',
        ...(existing === undefined ? { ifAbsent: true } : { ifMatch: existing.etag }),
      });
      return true;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError(
    'quarantine-contended',
    `${reasonKey(entry.key)} was changed by others ${MAX_TRIES} times in a row`,
  );
}

interface StoredReason {
  /** Undefined where the object is no reason: it is written over with one. */
  readonly entry: Quarantined | undefined;
  readonly etag: string;
}

async function readReason(store: ObjectStore, key: string): Promise<StoredReason | undefined> {
  try {
    const { body, etag } = await store.get(key, { maxBytes: MAX_REASON_BYTES });
    return { entry: decodeReason(key, body), etag };
  } catch (error) {
    if (error instanceof ObjectTooLargeError) return { entry: undefined, etag: error.etag };
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

function decodeReason(key: string, body: Uint8Array): Quarantined | undefined {
  try {
    return decodeJson(key, body, schema);
  } catch (error) {
    if (error instanceof ArtifactError) return undefined;
    throw error;
  }
}

async function currentInfo(store: ObjectStore, key: string): Promise<ObjectInfo | undefined> {
  try {
    return await store.head(key);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
