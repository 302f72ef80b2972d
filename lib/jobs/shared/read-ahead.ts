/** Fetches objects before their turn comes: whoever goes through a thousand windows does not wait for each of them. */
import { NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import type { ObjectInfo, ObjectStore, StoredObject } from '../../store/object-store.ts';

/** Objects that are under way at once. */
export const READ_AHEAD = 16;
/** Bytes. What is larger takes its time in any case, and would take memory that others work with. */
const SMALL = 1_000_000;

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
      const fetched = fetchSmall(store, objects[fetching.length]!);
      // Told of when its turn comes, if it does.
      fetched.catch(() => {});
      fetching.push(fetched);
    }
    const stored = await fetching[i];
    fetching[i] = undefined;
    yield { info, stored };
  }
}

async function fetchSmall(store: ObjectStore, { key, size }: ObjectInfo): Promise<StoredObject | undefined> {
  if (size === 0 || size > SMALL) return undefined;
  try {
    return await store.get(key, { maxBytes: SMALL });
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof ObjectTooLargeError) return undefined;
    throw error;
  }
}
