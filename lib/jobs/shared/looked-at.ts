/** The windows that a run looks at, and what else it looks back on. */
import type { StoredFileRanges } from '../../store/file-ranges.ts';
import { rangeOfWindowKey, windowsPrefix } from '../../store/keys.ts';
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
   * Finds the windows with rows of a range of time too, epoch ms, where the scope has left them out.
   * @param longest ms that a window may begin before those rows
   */
  reachBack(rows: TimeRange, longest: number): Promise<void>;
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
 * Windows that are known by name, of which nothing is listed but where they are not enough to look back on.
 * @param given.objects that are looked at; they can be read
 * @param given.before what they look back on: from the start of the first one, no window is missing. Ascending by key
 */
export function lookAtKeys(
  store: ObjectStore,
  detector: string,
  given: {
    readonly objects: readonly ObjectInfo[];
    readonly before: readonly ObjectInfo[];
    readonly fileRanges: StoredFileRanges;
  },
): LookedAt {
  const { objects, before, fileRanges } = given;
  const scope = { days: [], hasOthers: false, keys: objects.map(({ key }) => key) };
  const known = [...before, ...objects];
  const isFree: FreeOnes = (found) =>
    withoutQuarantined(store, { prefix: windowsPrefix(detector), objects: found });
  const reachBack = openReach(store, detector, { scope, known, isFree });
  const first = rangeOfWindowKey(known[0]?.key ?? '')?.start ?? Number.POSITIVE_INFINITY;
  return {
    objects,
    scope,
    known,
    fileRanges,
    reachBack: async (rows, longest) => (rows.start < first ? reachBack(rows, longest) : undefined),
  };
}

/**
 * What came, and what is near it in time.
 * @param given.arrived keys of windows
 * @param given.fileRanges of the detector
 * @param given.now epoch ms
 * @param given.decidedUntil epoch ms of the newest row that was decided on; undefined: none was
 */
export async function lookAtArrivals(
  store: ObjectStore,
  detector: string,
  given: {
    readonly arrived: readonly string[];
    readonly fileRanges: StoredFileRanges;
    readonly now: number;
    readonly decidedUntil?: number | undefined;
  },
): Promise<LookedAt> {
  const { arrived: keys, fileRanges, ...times } = given;
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
  const reachBack = openReach(store, detector, { scope, known, seen: keys, isFree: without });
  return {
    objects,
    scope,
    known,
    fileRanges,
    reachBack: async (rows, longest) => (hasDays ? reachBack(rows, longest) : undefined),
  };
}

/** Those that are not in quarantine. */
type FreeOnes = (found: readonly ObjectInfo[]) => Promise<readonly ObjectInfo[]>;

/**
 * Lists what a scope has left out.
 * @param given.known added to
 * @param given.seen keys that were listed already, whether or not they can be read
 */
function openReach(
  store: ObjectStore,
  detector: string,
  given: {
    readonly scope: WindowScope;
    readonly known: ObjectInfo[];
    readonly seen?: ReadonlySet<string>;
    readonly isFree: FreeOnes;
  },
): LookedAt['reachBack'] {
  const { scope, known, isFree } = given;
  const seen = new Set(given.seen ?? known.map(({ key }) => key));
  const reached = [...scope.days];
  return async ({ start, end }, longest) => {
    const needed = { start: startOfDay(start - longest), end };
    if (coversDays({ ...scope, days: reached }, needed)) return;
    // The next window to be scored is a later one.
    const range = { ...needed, end: Math.max(end, needed.start + AT_ONCE) };
    reached.push(range);
    const found: ObjectInfo[] = [];
    for await (const info of listDays(store, windowsPrefix(detector), range))
      if (isWindowName(info.key) && !seen.has(info.key)) found.push(info);
    for (const { key } of found) seen.add(key);
    known.push(...(await isFree(found)));
  };
}

/** Every window object that can be read, ascending by key. */
export async function listWindowObjects(
  store: ObjectStore,
  detector: string,
): Promise<readonly ObjectInfo[]> {
  return (await lookAt(store, detector, { scope: undefined })).objects;
}
