/** Decisions follow time: the order in which pending windows are scored. */
import type { Detector } from '../../config/detector.ts';
import type { ScoreContext } from '../shared/context.ts';
import type { FileRanges } from '../shared/file-ranges.ts';
import type { PendingWindow } from '../shared/pending-windows.ts';
import { namedRange } from '../shared/window-objects.ts';
import { attemptWindow } from './attempt-window.ts';
import type { Attempts } from './score-attempts.ts';

/** Dropped files that are read for their order in time before the first of them is scored. */
const MOST_ORDERED = 200;

/**
 * A dropped file has to be read to know where it stands in time. Of more than a run can read twice, those that came first
 * are looked at first, as they most often are about earlier times.
 */
export function* inBatches(pending: readonly PendingWindow[]): Generator<readonly PendingWindow[]> {
  const unnamed = pending.filter((info) => namedRange(info) === undefined).length;
  if (unnamed <= MOST_ORDERED) return yield pending;
  const byArrival = pending.toSorted((a, b) => a.lastModified - b.lastModified || (a.key < b.key ? -1 : 1));
  for (let at = 0; at < byArrival.length; at += MOST_ORDERED) yield byArrival.slice(at, at + MOST_ORDERED);
}

/**
 * By first row, then key: decisions follow time. An exported window's key tells its range; a dropped file has to be
 * read, and is then read again when its turn comes, so that memory holds one window at a time.
 */
export async function inTimeOrder(
  given: {
    readonly detector: Detector;
    readonly pending: readonly PendingWindow[];
    /** ms */
    readonly step: number;
    readonly attempts: Attempts;
    readonly ranges: FileRanges;
  },
  context: ScoreContext,
): Promise<readonly PendingWindow[]> {
  const { detector, pending, step, attempts, ranges } = given;
  if (pending.length < 2) return pending;
  const starts = new Map<string, number>();
  for (const info of pending) {
    const { key } = info;
    const named = namedRange(info);
    if (named !== undefined) starts.set(key, named.start);
    else {
      const read = await attemptWindow({ detector, info, step, attempts }, context);
      if (read === undefined) continue;
      ranges.learn(key, read);
      starts.set(key, read.window.range.start);
    }
  }
  await attempts.end();
  return pending
    .filter(({ key }) => starts.has(key))
    .sort((a, b) => starts.get(a.key)! - starts.get(b.key)! || (a.key < b.key ? -1 : 1));
}
