/** The copies of window objects that a run finds, and those that it leaves for the next one. */
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import {
  MOST_COPIED_BYTES,
  readRecentWindows,
  type WindowCopy,
  writeRecentWindows,
} from '../../store/recent-windows.ts';

type Listed = Pick<ObjectInfo, 'key' | 'etag'>;

export interface RecentCopies {
  /** The bytes of a window as the bucket lists it; undefined where they were not left. */
  find(listed: Listed): Promise<Uint8Array | undefined>;
  /** What was read of a window that the next run looks back on. */
  add(copy: WindowCopy): void;
  /** Leaves those of these windows, once it spares more than a few reads; none where they would be too many bytes. */
  leave(listed: readonly Listed[]): Promise<void>;
}

/** So many windows are as fast to read as their copies are to read and to write: copies are left for one more. */
export const FEW_WINDOWS = 4;

export function openCopies(store: ObjectStore, detector: string): RecentCopies {
  let finding: Promise<ReadonlyMap<string, WindowCopy>> | undefined;
  const added = new Map<string, WindowCopy>();
  let addedBytes = 0;
  return {
    async find({ key, etag }) {
      finding ??= readCopies(store, detector);
      const copy = (await finding).get(key);
      return copy?.etag === etag ? copy.body : undefined;
    },
    add(copy) {
      addedBytes += copy.body.length - (added.get(copy.key)?.body.length ?? 0);
      added.set(copy.key, copy);
      // In a backlog those come first that are out of reach by its end.
      for (const [key, { body }] of added) {
        if (addedBytes <= MOST_COPIED_BYTES) break;
        added.delete(key);
        addedBytes -= body.length;
      }
    },
    async leave(listed) {
      const found = (await finding) ?? new Map<string, WindowCopy>();
      const known = listed.flatMap(({ key, etag }) => {
        const old = found.get(key);
        return added.get(key) ?? (old?.etag === etag ? old : []);
      });
      const bytes = known.reduce((sum, { body }) => sum + body.length, 0);
      // Some of them would spare few reads, and be written with every window.
      const isWhole = known.length === listed.length && bytes <= MOST_COPIED_BYTES;
      const isWorth = isWhole && known.length > FEW_WINDOWS;
      // Those that are of no use any more cost nothing.
      const fresh = known.filter(({ key, etag }) => found.get(key)?.etag !== etag).length;
      if (isWorth ? fresh > FEW_WINDOWS : found.size > 0)
        await writeRecentWindows(store, detector, isWorth ? known : []);
    },
  };
}

async function readCopies(store: ObjectStore, detector: string): Promise<ReadonlyMap<string, WindowCopy>> {
  return new Map((await readRecentWindows(store, detector)).map((copy) => [copy.key, copy]));
}
