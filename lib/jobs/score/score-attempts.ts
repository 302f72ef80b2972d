/**
 * A mark stands while a window is scored, because a window that ends the function's process leaves no other trace. A run
 * that finds an expired mark knows that a run before it died at this window. A window that ended two runs is set aside, and
 * the others go on.
 */
import { WindowError } from '../../base/errors.ts';
import { attemptKey } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import {
  type AttemptMark,
  countDeaths,
  followMark,
  LONGEST_RUN,
  MOST_DEATHS,
  readMark,
  writeMark,
} from '../shared/attempt-marks.ts';
import type { ScoreContext } from '../shared/context.ts';
import { SMALL } from '../shared/read-ahead.ts';
import { namedRange } from '../shared/window-objects.ts';

export interface Attempts {
  /**
   * Sets the mark before a window is read or scored.
   * @throws WindowError `killed-function` where two runs died at these very bytes
   */
  begin(info: ObjectInfo): Promise<void>;
  /** Takes the mark off, if one stands: this run ended by itself, or goes on with what no mark is set for. */
  end(): Promise<void>;
}

/** Of one run. A mark of another run at another window is written over: at worst it takes a death more to tell. */
export function openAttempts(detector: string, context: ScoreContext): Attempts {
  let before: AttemptMark | undefined | 'unread' = 'unread';
  let mark: AttemptMark | undefined;
  return {
    async begin(info) {
      if (!isRisky(info)) return;
      if (before === 'unread') before = await readMark(context.store, attemptKey(detector));
      const { key, etag } = info;
      const deaths = countDeaths(before, info, context.now());
      if (deaths >= MOST_DEATHS) {
        // From here on the reason in quarantine keeps it out: whoever deletes that has it tried as if for the first time.
        const forgiven = followMark(before, { formatVersion: 1, key, etag, deaths: 0 });
        before = undefined;
        await writeMark(context.store, attemptKey(detector), forgiven);
        throw killed(info, deaths);
      }
      const until = context.now() + Math.max(0, Math.min(context.deadline.remaining(), LONGEST_RUN));
      mark = followMark(before, { formatVersion: 1, key, etag, deaths, until });
      await writeMark(context.store, attemptKey(detector), mark);
    },
    async end() {
      if (mark === undefined) return;
      const { until: _, ...ended } = mark;
      mark = undefined;
      await writeMark(context.store, attemptKey(detector), ended);
    },
  };
}

/** Takes off the mark of an object that is to be tried again, whoever died at it. */
export async function forgetAttempt(store: ObjectStore, detector: string, key: string): Promise<void> {
  const mark = attemptKey(detector);
  if ((await readMark(store, mark))?.key === key) await store.delete(mark);
}

/** Small ones under the exporter's names are scored by thousands, and are not worth the request. */
function isRisky(info: ObjectInfo): boolean {
  return info.size > SMALL || namedRange(info) === undefined;
}

function killed({ key, size }: ObjectInfo, deaths: number): WindowError {
  return new WindowError(
    'killed-function',
    `${key}: ${deaths} runs that scored it (${size} bytes) were ended from outside, out of memory or of time: split it into smaller files, or give the function more of both`,
  );
}
