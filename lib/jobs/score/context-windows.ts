/** Earlier windows that a model looks back on: read, never scored or decided on again. */
import type { Detector } from '../../config/detector.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { StoreContext } from '../shared/context.ts';
import { namedRange, readWindowObject } from '../shared/window-objects.ts';

export interface ContextWindows {
  /** Windows that hold rows within reach of one that begins at `start` (epoch ms), oldest first. */
  before(start: number): Promise<readonly MetricWindow[]>;
}

interface KnownWindow {
  readonly range: TimeRange;
  /** Undefined where it is out of reach: it is read again if an earlier window needs it after all. */
  readonly window: MetricWindow | undefined;
}

/** Windows that are read at once. */
const READS_AT_ONCE = 8;

/**
 * Reads what is within reach and keeps it for the next window of the same run. An exported window's key tells its
 * range; a dropped file is read once to know.
 * @param given.objects every window of the detector
 * @param given.contextRows rows of history that a row needs; 0: nothing is ever read
 * @param given.step ms
 */
export function openContext(
  given: {
    readonly detector: Detector;
    readonly objects: readonly ObjectInfo[];
    readonly contextRows: number;
    readonly step: number;
  },
  context: StoreContext,
): ContextWindows {
  const { detector, objects, step } = given;
  const reach = given.contextRows * step;
  // Every run lists every window; to read thousands of keys for nothing is most of what a short run would do.
  if (reach === 0) return { before: async () => [] };
  const known = new Map<string, KnownWindow>();
  for (const info of objects) {
    const range = namedRange(info);
    if (range !== undefined) known.set(info.key, { range, window: undefined });
  }
  return {
    async before(start) {
      const wanted = { start: start - reach, end: start };
      const isWithinReach = ({ range }: KnownWindow): boolean =>
        range.start < wanted.end && range.end > wanted.start;
      const unread = objects.filter(({ key }) => {
        const entry = known.get(key);
        return entry === undefined || (entry.window === undefined && isWithinReach(entry));
      });
      for (let at = 0; at < unread.length; at += READS_AT_ONCE)
        await Promise.all(unread.slice(at, at + READS_AT_ONCE).map(read));
      for (const [key, entry] of known)
        if (entry.window !== undefined && !isWithinReach(entry))
          known.set(key, { range: entry.range, window: undefined });
      return [...known.values()]
        .flatMap((entry) => (entry.window === undefined ? [] : [entry.window]))
        .sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
    },
  };

  /** What cannot be read goes to quarantine, and is context for nobody. */
  async function read({ key }: ObjectInfo): Promise<void> {
    const result = await readWindowObject(context, { detector, key, step });
    const window = result?.window;
    known.set(key, { range: window?.range ?? { start: NaN, end: NaN }, window });
  }
}
