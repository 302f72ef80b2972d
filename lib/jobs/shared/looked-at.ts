/** The windows that a run looks at, and what else it looks back on. */
import { readFileRanges, type StoredFileRanges } from '../../store/file-ranges.ts';
import { windowsPrefix } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import type { TimeRange } from '../../window/time-range.ts';
import { listQuarantined, type Quarantined, withoutQuarantined } from './quarantine.ts';
import { isWindowName } from './window-objects.ts';
import {
  coversDays,
  dayOf,
  isInDateFolder,
  listDays,
  listInScope,
  scopeOfArrivals,
  startOfDay,
  type WindowScope,
} from './window-scope.ts';

export interface LookedAt {
  /** What of them has no scores is scored. Ascending by key. */
  readonly objects: readonly ObjectInfo[];
  /** Undefined: every window of the detector. */
  readonly scope: WindowScope | undefined;
  /** Those, and what is only looked back on: it grows by `reachBack`. */
  readonly known: readonly ObjectInfo[];
  /** What was read of files with names of their own to know the scope; undefined: nothing. */
  readonly fileRanges: StoredFileRanges | undefined;
  /**
   * Finds the windows of a range of time too, epoch ms, where the scope has left them out. A window may begin up to a day
   * before its rows are of interest, so the range is one of windows' starts.
   */
  reachBack(range: TimeRange): Promise<void>;
}

/** Ms of days that are listed at once: a page of windows of a quarter of an hour. */
const AT_ONCE = 7 * 86_400_000;

/** Every window is looked at. @param objects all of them that can be read */
export function lookAtAll(objects: readonly ObjectInfo[]): LookedAt {
  return {
    objects,
    scope: undefined,
    known: objects,
    fileRanges: undefined,
    reachBack: async () => {},
  };
}

/**
 * What came, and what is near it in time.
 * @param given.arrived keys of windows; undefined: everything is looked at
 * @param given.now epoch ms
 * @param given.decidedUntil epoch ms of the newest row that was decided on; undefined: none was
 */
export async function lookAtArrivals(
  store: ObjectStore,
  detector: string,
  given: {
    readonly arrived: readonly string[] | undefined;
    readonly now: number;
    readonly decidedUntil?: number | undefined;
  },
): Promise<LookedAt> {
  if (given.arrived === undefined) return lookAt(store, detector, { scope: undefined });
  const fileRanges = await readFileRanges(store, detector);
  const { arrived: keys, ...times } = given;
  const scope = scopeOfArrivals({ keys, files: fileRanges.files.size, ...times });
  return lookAt(store, detector, { scope, fileRanges });
}

/**
 * Every window object of the scope that can be read, ascending by key. Left out: markers of other writers (`_SUCCESS`, `.crc`: a
 * name that starts with `_` or `.`, as Hive has it), folder markers, and what is in quarantine with this very ETag
 * for a reason that `keepsOut`.
 * @param given.fileRanges of the detector: files that the scope leaves out are looked back on as they were when they were read
 */
export async function lookAt(
  store: ObjectStore,
  detector: string,
  given: {
    readonly scope: WindowScope | undefined;
    readonly fileRanges?: StoredFileRanges | undefined;
    readonly keepsOut?: ((entry: Quarantined) => boolean) | undefined;
  },
): Promise<LookedAt> {
  const { scope, fileRanges, keepsOut } = given;
  const prefix = windowsPrefix(detector);
  const [{ objects: found, hasDays }, quarantined] = await Promise.all([
    listInScope(store, scope, { prefix }),
    listQuarantined(store, prefix),
  ]);
  const listed = found.filter(({ key }) => isWindowName(key));
  const without = (objects: readonly ObjectInfo[]): Promise<readonly ObjectInfo[]> =>
    withoutQuarantined(store, { prefix, objects, quarantined }, keepsOut);
  const objects = await without(listed);
  if (scope === undefined) return { ...lookAtAll(objects), fileRanges };
  const keys = new Set(listed.map(({ key }) => key));
  const isUnlisted = (key: string): boolean =>
    dayOf(key) === undefined && (!scope.hasOthers || isInDateFolder(key)) && !keys.has(key);
  const remembered = [...(fileRanges?.files.values() ?? [])]
    .filter(({ key }) => isUnlisted(key))
    // Nobody asks for its size.
    .map(({ key, etag, lastModified }) => ({ key, etag, lastModified, size: 0 }));
  const known = [...objects, ...(await without(remembered))];
  const reached = [...scope.days];
  return {
    objects,
    scope,
    known,
    fileRanges,
    async reachBack({ start, end }) {
      const needed = { start: startOfDay(start), end };
      if (!hasDays || coversDays({ ...scope, days: reached }, needed)) return;
      // The next window to be scored is a later one.
      const range = { ...needed, end: Math.max(end, needed.start + AT_ONCE) };
      reached.push(range);
      const found: ObjectInfo[] = [];
      for await (const info of listDays(store, prefix, range))
        if (isWindowName(info.key) && !keys.has(info.key)) found.push(info);
      for (const { key } of found) keys.add(key);
      known.push(...(await without(found)));
    },
  };
}

/** Every window object that can be read, ascending by key. */
export async function listWindowObjects(
  store: ObjectStore,
  detector: string,
): Promise<readonly ObjectInfo[]> {
  return (await lookAt(store, detector, { scope: undefined })).objects;
}
