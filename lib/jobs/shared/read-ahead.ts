/** Fetches objects before their turn comes: whoever goes through a thousand windows does not wait for each of them. */
import { NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import type { ObjectInfo, ObjectStore, StoredObject } from '../../store/object-store.ts';

/** Objects that are under way at once. */
export const READ_AHEAD = 16;
/** Bytes. What is larger takes its time in any case, would take memory that others work with, and is scored under a mark. */
export const SMALL = 1_000_000;

export interface FetchedObject {
  readonly info: ObjectInfo;
  /** Undefined where it was not fetched: it is large, or gone, or of a size that nobody knows. */
  readonly stored: StoredObject | undefined;
}

/** In their order. @throws what the store throws of the object whose turn it is */
export async function* readAhead(
  store: ObjectStore,
  objects: readonly ObjectInfo[],
): AsyncGenerator<FetchedObject> {
  const fetching: (Promise<StoredObject | undefined> | undefined)[] = [];
  for (const [i, info] of objects.entries()) {
    while (fetching.length < Math.min(objects.length, i + READ_AHEAD)) {
      const { key, size } = objects[fetching.length]!;
      const fetched = size === 0 || size > SMALL ? Promise.resolve(undefined) : fetchSmall(store, key);
      // Told of when its turn comes, if it does.
      fetched.catch(() => {});
      fetching.push(fetched);
    }
    const stored = await fetching[i];
    fetching[i] = undefined;
    yield { info, stored };
  }
}

/** Undefined where it is large, or gone. */
export async function fetchSmall(store: ObjectStore, key: string): Promise<StoredObject | undefined> {
  try {
    return await store.get(key, { maxBytes: SMALL });
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof ObjectTooLargeError) return undefined;
    throw error;
  }
}
