/** Requests that a job makes of a bucket, by what they cost. */
import type { ObjectStore } from './object-store.ts';

export interface Requests {
  /** GET and HEAD. */
  readonly reads: number;
  /** Pages, at the price of a PUT. */
  readonly lists: number;
  /** PUT, COPY and DELETE. */
  readonly writes: number;
}

/** Keys of a page of ListObjectsV2. */
const PAGE = 1_000;

type Counts = { -readonly [Kind in keyof Requests]: number };

/** A bucket whose requests can be counted. */
export interface CountedStore extends ObjectStore {
  readonly counts: Counts;
}

export function countStore(store: ObjectStore): CountedStore {
  const counts: Counts = { reads: 0, lists: 0, writes: 0 };
  const count = <Args extends unknown[], Answer>(
    kind: keyof Counts,
    call: (...args: Args) => Answer,
  ): ((...args: Args) => Answer) => {
    return (...args) => {
      counts[kind]++;
      return call(...args);
    };
  };
  async function* countPages<T>(listed: AsyncIterable<T>): AsyncGenerator<T> {
    let seen = 0;
    counts.lists++;
    for await (const item of listed) {
      if (seen > 0 && seen % PAGE === 0) counts.lists++;
      seen++;
      yield item;
    }
  }
  return {
    counts,
    get: count('reads', store.get),
    head: count('reads', store.head),
    put: count('writes', store.put),
    copy: count('writes', store.copy),
    delete: count('writes', store.delete),
    list: (...args) => countPages(store.list(...args)),
    listFolders: (prefix) => countPages(store.listFolders(prefix)),
  };
}

export async function countRequests(
  { counts }: CountedStore,
  run: () => Promise<unknown>,
): Promise<Requests> {
  const before = { ...counts };
  await run();
  const { reads, lists, writes } = counts;
  return { reads: reads - before.reads, lists: lists - before.lists, writes: writes - before.writes };
}
