import { isDeepStrictEqual } from 'node:util';
import type { ZodType } from 'zod';
import { ArtifactError, NotFoundError, PreconditionFailedError, RetryLaterError } from '../../base/errors.ts';
import { decodeJson, encodeJson } from '../../store/json.ts';
import type { ObjectStore } from '../../store/object-store.ts';

const MAX_TRIES = 10;

/**
 * Changes a JSON object by conditional writes. An object that was cut by hand, and is no JSON any more, is written anew:
 * what people are told now matters more than the record of what they were told before.
 *
 * @param object.isNew that most likely nothing is stored under the key yet: it is read only where something is
 * @param change gets what is stored, and returns the same where there is nothing to do; it is called anew whenever another
 * writer was faster
 * @throws RetryLaterError where others kept changing the object
 */
export async function updateObject<T>(
  store: ObjectStore,
  object: { readonly key: string; readonly schema: ZodType<T>; readonly isNew?: boolean },
  change: (existing: T | undefined) => T,
): Promise<void> {
  const { key, schema, isNew = false } = object;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const existing = tries === 0 && isNew ? undefined : await read(store, key, schema);
    const next = change(existing?.value);
    if (isDeepStrictEqual(next, existing?.value)) return;
    try {
      await store.put(key, encodeJson(next), {
        contentType: 'application/json',
        ...(existing === undefined ? { ifAbsent: true } : { ifMatch: existing.etag }),
      });
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError('object-contended', `${key} was changed by others ${MAX_TRIES} times in a row`);
}

async function read<T>(
  store: ObjectStore,
  key: string,
  schema: ZodType<T>,
): Promise<{ readonly value: T | undefined; readonly etag: string } | undefined> {
  let stored: { readonly body: Uint8Array; readonly etag: string };
  try {
    stored = await store.get(key);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
  try {
    return { value: decodeJson(key, stored.body, schema), etag: stored.etag };
  } catch (error) {
    if (error instanceof ArtifactError && error.code === 'not-json')
      return { value: undefined, etag: stored.etag };
    throw error;
  }
}
