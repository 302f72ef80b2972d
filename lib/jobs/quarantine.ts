/**
 * Objects that could not be used. The original stays where it was dropped; a copy and the reason stand under
 * quarantine/. The reason names the ETag, so that the same bytes are not tried again: dropping the file anew in a
 * mended form, or deleting the reason, lets it be tried.
 */
import { z } from 'zod';
import { NotFoundError, PreconditionFailedError, RetryLaterError, TidewatchError } from '../errors.ts';
import { decodeJson, encodeJson } from '../store/json.ts';
import { QUARANTINE_PREFIX, quarantineKey, reasonKey } from '../store/keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
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

const schema: z.ZodType<Quarantined> = z.strictObject({
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
 * counts nothing. An object that is gone or was replaced meanwhile is left alone: there is nothing to try again.
 */
export async function quarantine(context: StoreContext, options: QuarantineOptions): Promise<void> {
  const { store, telemetry } = context;
  const { detector, key, error } = options;
  const code = error instanceof TidewatchError ? error.code : error.name;
  const etag = await currentEtag(store, key);
  if (etag === undefined || (options.etag !== undefined && options.etag !== etag)) {
    telemetry.info('not quarantined: the object was replaced or deleted meanwhile', { detector, key, code });
    return;
  }
  const at = new Date(context.now()).toISOString();
  const entry: Quarantined = { formatVersion: 1, key, etag, detector, code, message: error.message, at };
  if (await isQuarantined(store, key, etag)) return;
  try {
    await store.copy(key, quarantineKey(key), { ifMatch: etag });
  } catch (cause) {
    if (!(cause instanceof NotFoundError) && !(cause instanceof PreconditionFailedError)) throw cause;
    telemetry.info('not quarantined: the object was replaced or deleted meanwhile', { detector, key, code });
    return;
  }
  if (!(await writeReason(store, entry))) return;
  telemetry.count('ObjectsQuarantined', 1, { detector });
  telemetry.error('object quarantined', { detector, key, etag, code, reason: error.message });
}

/** Whether these bytes failed before. */
export async function isQuarantined(store: ObjectStore, key: string, etag: string): Promise<boolean> {
  return (await readReason(store, key))?.entry.etag === etag;
}

/**
 * Every quarantined object whose own key starts with `prefix`, ascending by key.
 * @throws ArtifactError where a reason is not one
 */
export async function listQuarantine(store: ObjectStore, prefix = ''): Promise<readonly Quarantined[]> {
  const keys = new Set<string>();
  for await (const { key } of store.list(`${QUARANTINE_PREFIX}${prefix}`)) keys.add(key);
  const found: Quarantined[] = [];
  for (const copy of keys) {
    const key = copy.slice(QUARANTINE_PREFIX.length);
    if (!keys.has(reasonKey(key))) continue;
    const reason = await readReason(store, key);
    if (reason !== undefined) found.push(reason.entry);
  }
  return found;
}

/** @returns whether this call wrote it, rather than another invocation for the same bytes */
async function writeReason(store: ObjectStore, entry: Quarantined): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const existing = await readReason(store, entry.key);
    if (existing?.entry.etag === entry.etag) return false;
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

async function readReason(
  store: ObjectStore,
  key: string,
): Promise<{ readonly entry: Quarantined; readonly etag: string } | undefined> {
  try {
    const { body, etag } = await store.get(reasonKey(key));
    return { entry: decodeJson(reasonKey(key), body, schema), etag };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

async function currentEtag(store: ObjectStore, key: string): Promise<string | undefined> {
  try {
    return (await store.head(key)).etag;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
