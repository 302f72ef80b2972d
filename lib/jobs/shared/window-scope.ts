/**
 * Tells which windows a run looks at: all, or those near in time to its work. So a bucket that holds a year is no more work
 * to list than on its first day.
 *
 * Whatever is left out by a scope is found by the next run that looks at everything: one without an event asks for that, a
 * training does, and once a day whoever watches the detectors.
 */
import { NotFoundError } from '../../base/errors.ts';
import { FORGOTTEN_AFTER } from '../../decision/decide.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import type { TimeRange } from '../../window/time-range.ts';

export interface WindowScope {
  /** Folders `date=YYYY-MM-DD` of the days that begin in these ranges, epoch ms; the end may be Infinity. */
  readonly days: readonly TimeRange[];
  /** Whether all files outside of `date=…` folders are in it. */
  readonly hasOthers: boolean;
  /** Of windows besides. */
  readonly keys: readonly string[];
}

const DAY = 86_400_000;
/**
 * Of what came. Every day since then is listed, with two before it: one for rows that are looked back on, and one for a
 * window that is as long as a day. What came without its event is found there as well.
 */
const NEWEST = 7 * DAY;
const DAYS_BEFORE = 2 * DAY;
/**
 * If scoring itself stood still for longer, windows that came meanwhile go first: rows that are scored after newer ones
 * raise no alert. The scope starts a day before the newest row that was decided on, since a window may be as long. Nobody
 * is told of older rows anyway.
 */
const BEHIND = { before: DAY, most: FORGOTTEN_AFTER } as const;
/** Files that come by themselves. More are somebody's copy of a history, which is looked at as a whole, in the order of time. */
const MOST_ALONE = 3;
/** Of a unit of work. */
const IN_DATE_FOLDER = /^[^/]+\/detector=[^/]+\/(?:shard=\d+-of-\d+\/)?date=(?:(\d{4}-\d{2}-\d{2})\/)?/;
/** A detector that has more files with names of their own is not asked for all of them each time: two pages. */
const FEW_FILES = 1_000;

/**
 * @param given.keys of windows that came
 * @param given.files with names of their own that are known
 * @param given.now epoch ms
 * @param given.decidedUntil epoch ms of the newest row that was decided on; undefined: none was
 * @returns undefined for everything
 */
export function scopeOfArrivals(given: {
  readonly keys: readonly string[];
  readonly files: number;
  readonly now: number;
  readonly decidedUntil?: number | undefined;
}): WindowScope | undefined {
  const { keys, files, now, decidedUntil = Number.POSITIVE_INFINITY } = given;
  const dated = keys.flatMap((key) => dayOf(key) ?? []);
  const own = keys.filter((key) => dayOf(key) === undefined);
  const newest = dated.filter((day) => day >= now - NEWEST);
  const old = [...new Set(dated.filter((day) => day < now - NEWEST))];
  const isFew = files <= FEW_FILES;
  if (old.length + (isFew ? 0 : own.length) > MOST_ALONE) return undefined;
  const days = old.map((day) => ({ start: day - DAYS_BEFORE, end: day + DAY }));
  if (newest.length > 0) {
    const behind = startOfDay(Math.max(decidedUntil - BEHIND.before, now - BEHIND.most));
    days.push({ start: Math.min(behind, ...newest.map((day) => day - DAYS_BEFORE)), end: Infinity });
  }
  const hasOthers = isFew && (own.length > 0 || files > 0);
  // A folder that is called like that of a day and is none is listed with neither.
  return { days, hasOthers, keys: own.filter((key) => !hasOthers || isInDateFolder(key)) };
}

/**
 * The newest windows, by what is known of the data's end.
 * @param given.since epoch ms of data
 */
export function scopeOfNewest({
  since,
  files,
}: {
  readonly since: number;
  readonly files: number;
}): WindowScope {
  return {
    days: [{ start: startOfDay(since), end: Infinity }],
    hasOthers: files > 0 && files <= FEW_FILES,
    keys: [],
  };
}

/** Whether every folder of the range is in the scope. */
export function coversDays({ days }: WindowScope, range: TimeRange): boolean {
  return days.some(({ start, end }) => start <= range.start && end >= range.end);
}

export interface ListedScope {
  /** Ascending by key. */
  readonly objects: readonly ObjectInfo[];
  /** False where there is no folder of a day at all; true also where nobody has looked. */
  readonly hasDays: boolean;
}

/**
 * The objects of a scope under a prefix.
 * @param given.prefix of the detector's windows, or of what stands beside them under the same names
 * @param given.keyOf the key there of a window's key
 */
export async function listInScope(
  store: ObjectStore,
  scope: WindowScope | undefined,
  { prefix, keyOf = (key) => key }: { readonly prefix: string; readonly keyOf?: (key: string) => string },
): Promise<ListedScope> {
  const found = new Map<string, ObjectInfo>();
  let hasDays = true;
  if (scope === undefined) for await (const info of store.list(prefix)) found.set(info.key, info);
  else {
    for (const range of scope.days)
      for await (const info of listDays(store, prefix, range)) found.set(info.key, info);
    if (scope.hasOthers) {
      const others = await listOthers(store, prefix);
      for (const info of others.objects) found.set(info.key, info);
      hasDays = others.hasDays;
    }
    for (const key of scope.keys) {
      const info = await findObject(store, keyOf(key));
      if (info !== undefined) found.set(info.key, info);
    }
  }
  return { objects: [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1)), hasDays };
}

/** Midnight of the day that a key's folder names, epoch ms; undefined for a key outside of such folders. */
export function dayOf(key: string): number | undefined {
  const date = IN_DATE_FOLDER.exec(key)?.[1];
  const time = date === undefined ? Number.NaN : Date.parse(`${date}T00:00:00Z`);
  // The 31st of a month that has 30 days is read as the 1st of the next one, and stands elsewhere in a listing.
  return Number.isNaN(time) || formatDay(time) !== date ? undefined : time;
}

/** Whether it is in a folder of the form in which days are told, be it of a day or not. */
export function isInDateFolder(key: string): boolean {
  return IN_DATE_FOLDER.test(key);
}

/** With an end, the folders of those days alone; without, whatever sorts behind them. */
export async function* listDays(
  store: ObjectStore,
  prefix: string,
  { start, end }: TimeRange,
): AsyncGenerator<ObjectInfo> {
  const folder = `${prefix}date=`;
  const last = Number.isFinite(end) ? formatDay(end - 1) : undefined;
  for await (const info of store.list(prefix, { startAfter: `${folder}${formatDay(start)}` })) {
    if (!info.key.startsWith(folder)) return;
    if (last !== undefined && info.key.slice(folder.length, folder.length + 10) > last) return;
    yield info;
  }
}

/** The folders of days lie between them, and are passed over at once. */
async function listOthers(store: ObjectStore, prefix: string): Promise<ListedScope> {
  const folder = `${prefix}date=`;
  const objects: ObjectInfo[] = [];
  let hasDays = false;
  for await (const info of store.list(prefix)) {
    hasDays = info.key.startsWith(folder);
    if (hasDays) break;
    objects.push(info);
  }
  // Digits sort before it.
  if (hasDays) for await (const info of store.list(prefix, { startAfter: `${folder}~` })) objects.push(info);
  return { objects, hasDays };
}

/** Undefined where it is gone. */
export async function findObject(store: ObjectStore, key: string): Promise<ObjectInfo | undefined> {
  try {
    return await store.head(key);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

export function startOfDay(time: number): number {
  return Math.floor(time / DAY) * DAY;
}

function formatDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
