/** Earlier windows that a model looks back on: read, never scored or decided on again. */
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { StoreContext } from '../shared/context.ts';
import type { FileRanges } from '../shared/file-ranges.ts';
import type { LookedAt } from '../shared/looked-at.ts';
import { type ReadWindowObject, readWindowObject } from '../shared/read-window-object.ts';
import { FEW_WINDOWS, openCopies } from './recent-copies.ts';

export interface ContextWindows {
  /** Windows that hold rows within reach of one that begins at `start` (epoch ms), oldest first. */
  before(start: number): Promise<readonly MetricWindow[]>;
  /** One that was scored: the next ones look back on it. */
  add(key: string, read: ReadWindowObject): void;
  /** Leaves copies of what a window after the newest one looks back on, for the run that scores it. */
  leaveCopies(): Promise<void>;
}

interface KnownWindow {
  readonly range: TimeRange;
  /** Undefined where it is out of reach: it is read again if an earlier window needs it after all. */
  readonly window: MetricWindow | undefined;
}

interface KeyedWindow {
  readonly key: string;
  readonly window: MetricWindow;
}

/** Ms. A window may be as long: those of a first export are. */
const DAY = 86_400_000;
/** Windows that are read at once. */
export const WINDOWS_READ_AT_ONCE = 8;
/** Windows after which what they told of their ranges is written: a run that is killed did not read them in vain. */
const READS_A_NOTE = 1_000;

/**
 * Reads what is within reach and keeps it for the next window of the same run. An exported window's key tells its
 * range; a dropped file is read once to know, by this run or one before it.
 * @param given.windows of the detector; what they leave out is found where it is looked back on
 * @param given.contextRows rows of history that a row needs; 0: nothing is ever read
 * @param given.step ms
 * @param given.ranges of the same windows
 */
export function openContext(
  given: {
    readonly detector: Detector;
    readonly windows: Pick<LookedAt, 'known' | 'reachBack'>;
    readonly contextRows: number;
    readonly step: number;
    readonly ranges: FileRanges;
  },
  context: StoreContext,
): ContextWindows {
  const { detector, windows, step, ranges } = given;
  const reach = given.contextRows * step;
  // Every run lists every window; to read thousands of keys for nothing is most of what a short run would do.
  if (reach === 0) return { before: async () => [], add: () => {}, leaveCopies: async () => {} };
  const copies = openCopies(context.store, unitOf(detector));
  const known = new Map<string, KnownWindow>();
  let newest = -Infinity;
  let found = 0;
  return {
    async before(start) {
      const longest = Math.max(DAY, detector.detectionWindow);
      await windows.reachBack({ start: start - reach, end: start }, longest);
      if (windows.known.length > found) await knowRanges();
      const isWithinReach = ({ range }: KnownWindow): boolean =>
        range.start < start && range.end > start - reach;
      const unread = windows.known.filter(({ key }) => {
        const entry = known.get(key);
        return entry === undefined || (entry.window === undefined && isWithinReach(entry));
      });
      const isCopied = unread.length > FEW_WINDOWS;
      for (let at = 0; at < unread.length; at += WINDOWS_READ_AT_ONCE) {
        await Promise.all(unread.slice(at, at + WINDOWS_READ_AT_ONCE).map((info) => read(info, isCopied)));
        if ((at + WINDOWS_READ_AT_ONCE) % READS_A_NOTE === 0) await ranges.leave();
      }
      for (const [key, entry] of known)
        if (entry.window !== undefined && !isWithinReach(entry))
          known.set(key, { range: entry.range, window: undefined });
      return [...known]
        .flatMap(([key, { window }]) => (window === undefined ? [] : [{ key, window }]))
        .sort(byTime)
        .map(({ window }) => window);
    },
    add,
    leaveCopies: () => copies.leave(windows.known.filter(({ key }) => isRecent(known.get(key)))),
  };

  async function knowRanges(): Promise<void> {
    found = windows.known.length;
    for (const [key, range] of await ranges.known(step))
      if (!known.has(key)) know(key, { range, window: undefined });
  }

  /** What cannot be read goes to quarantine, and is context for nobody. */
  async function read(info: ObjectInfo, isCopied: boolean): Promise<void> {
    const { key } = info;
    const body = isCopied ? await copies.find(info) : undefined;
    const stored = body && { ...info, body };
    const result = await readWindowObject(context, { detector, key, step, stored });
    if (result === undefined) know(key, { range: { start: NaN, end: NaN }, window: undefined });
    else {
      ranges.learn(key, result);
      add(key, result);
    }
  }

  function add(key: string, { window, etag, body }: ReadWindowObject): void {
    const entry = { range: window.range, window };
    know(key, entry);
    if (isRecent(entry)) copies.add({ key, etag, body });
  }

  function know(key: string, entry: KnownWindow): void {
    known.set(key, entry);
    if (entry.range.end > newest) newest = entry.range.end;
  }

  /** A window that begins where the newest one ends would look back on it. */
  function isRecent(entry: KnownWindow | undefined): boolean {
    return entry !== undefined && entry.range.end > newest - reach;
  }
}

/** In the same order whichever was read first. */
function byTime(a: KeyedWindow, b: KeyedWindow): number {
  const [first, second] = [a.window.range, b.window.range];
  return first.start - second.start || first.end - second.end || (a.key < b.key ? -1 : 1);
}
