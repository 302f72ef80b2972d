/**
 * Finds the work of a run by what is known, with no list: windows that an export wrote, each of which begins where the one
 * before it ended. The state and the note of what was scored name those before them, which are looked back on.
 *
 * A list is for what nobody told of: an event that was lost, a window that was corrected or deleted, scores that were taken
 * away. A lost event leaves a hole before the next window, and a hole is listed at once. The rest is seen as often as it is
 * looked for: with the first window of each quarter of a day, and once a day as a whole.
 */
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import type { StoredFileRanges } from '../../store/file-ranges.ts';
import { rangeOfWindowKey, windowKey } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import { type StoredScored, scoredEtags } from '../../store/scored-windows.ts';
import type { TimeRange } from '../../window/time-range.ts';
import { type LookedAt, lookAtKeys } from '../shared/looked-at.ts';
import { decidedEtags, type PendingWindow, type SelectedWindows } from '../shared/pending-windows.ts';
import { quarantinedEtag } from '../shared/quarantine.ts';
import { fetchSmall } from '../shared/read-ahead.ts';
import { namedRange } from '../shared/window-objects.ts';
import { findObject } from '../shared/window-scope.ts';

/** Ms. The first window that ends in another of these looks at the days around, as every window of other files does. */
export const LOOKED_AROUND_EVERY: number = 6 * 3_600_000;

interface NamedWindow {
  readonly key: string;
  readonly range: TimeRange;
}

/**
 * Whether the keys may be of the next windows, by the state alone. Costs nothing.
 * @param arrived keys of windows that came
 * @returns them in the order of time; undefined: the bucket has to be listed
 */
export function findNext(
  detector: Detector,
  state: DetectorState | undefined,
  arrived: readonly string[],
): readonly NamedWindow[] | undefined {
  // Of files that people drop, only a list tells that something came.
  if (state === undefined || detector.metrics.length === 0 || arrived.length === 0) return undefined;
  const unit = unitOf(detector);
  const decided = decidedEtags(state);
  const next: NamedWindow[] = [];
  for (const key of new Set(arrived)) {
    const range = rangeOfWindowKey(key);
    // Of one that was decided on, an attempt may have died before its scores.
    if (range === undefined || decided.has(key) || key !== windowKey(unit, range)) return undefined;
    if (slotOf(range.start - 1) !== slotOf(range.end - 1)) return undefined;
    next.push({ key, range });
  }
  next.sort((a, b) => a.range.start - b.range.start);
  let end = Math.max(...[...decided.keys()].map((key) => rangeOfWindowKey(key)?.end ?? -Infinity));
  for (const { range } of next) {
    if (range.start !== end) return undefined;
    ({ end } = range);
  }
  return next;
}

/**
 * @param given.noted as `readScored` has it
 * @returns undefined where it turns out that the bucket has to be listed
 */
export async function lookAtNext(
  store: ObjectStore,
  unit: string,
  given: {
    readonly next: readonly NamedWindow[];
    readonly state: DetectorState;
    readonly fileRanges: StoredFileRanges;
    readonly noted: StoredScored | undefined;
  },
): Promise<{ readonly windows: LookedAt; readonly selected: SelectedWindows } | undefined> {
  const { next, state, fileRanges, noted } = given;
  const etags = scoredEtags(noted);
  if (fileRanges.files.size > 0 || next.some(({ key }) => etags.has(key))) return undefined;
  const found = await Promise.all(next.map(({ key }) => findReadable(store, key)));
  if (found.includes(undefined)) return undefined;
  const objects = found.map((each) => infoOf(each!));
  const decided = decidedEtags(state);
  const before = chainBefore(next[0]!.range.start, new Map([...etags, ...decided]));
  return {
    windows: lookAtKeys(store, unit, { objects, before, fileRanges }),
    selected: {
      pending: found.map((each) => ({ ...each!, isNew: true, isAgain: false, isCorrected: false })),
      // Of a correction that a run died at, the scores are of the bytes that are noted.
      unnoted: new Map([...decided].filter(([key]) => !etags.has(key))),
      noted,
    },
  };
}

type FoundWindow = ObjectInfo & Pick<PendingWindow, 'stored'>;

/** Undefined where it is gone, is in quarantine, or has a name that cannot be true. */
async function findReadable(store: ObjectStore, key: string): Promise<FoundWindow | undefined> {
  const [found, quarantined] = await Promise.all([findWindow(store, key), quarantinedEtag(store, key)]);
  if (found === undefined || namedRange(found) === undefined) return undefined;
  return found.etag === quarantined ? undefined : found;
}

/** With its bytes, but for a large one, which bears a mark while it is read. */
async function findWindow(store: ObjectStore, key: string): Promise<FoundWindow | undefined> {
  const stored = await fetchSmall(store, key);
  return stored === undefined ? findObject(store, key) : { ...infoOf(stored), stored };
}

function infoOf({ key, size, etag, lastModified }: ObjectInfo): ObjectInfo {
  return { key, size, etag, lastModified };
}

/** Windows that end where the next one begins, back to the first hole. Ascending. @param etags by key */
function chainBefore(start: number, etags: ReadonlyMap<string, string>): readonly ObjectInfo[] {
  const byEnd = new Map<number, ObjectInfo & { readonly start: number }>();
  for (const [key, etag] of etags) {
    const range = rangeOfWindowKey(key);
    // Nobody asks for its size, and that its name was true is known since it was scored.
    if (range !== undefined)
      byEnd.set(range.end, { key, etag, size: 0, lastModified: range.end, start: range.start });
  }
  const chain: ObjectInfo[] = [];
  for (let info = byEnd.get(start); info !== undefined; info = byEnd.get(info.start)) {
    const { start: _, ...object } = info;
    chain.push(object);
  }
  return chain.reverse();
}

function slotOf(time: number): number {
  return Math.floor(time / LOOKED_AROUND_EVERY);
}
