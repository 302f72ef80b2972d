/**
 * Counts the requests to the bucket that each job makes. test/unit/jobs/plan/plan.test.ts compares them with a day of real
 * requests. If you change what a job reads or writes, change it here too.
 */
import type { Requests } from '../../store/count-requests.ts';
import { MOST_COPIED_BYTES } from '../../store/recent-windows.ts';
import { LOOKED_AROUND_EVERY } from '../score/next-windows.ts';
import { FEW_WINDOWS } from '../score/recent-copies.ts';
import { NOTED_AT_ONCE } from '../score/score-notes.ts';
import { sweepsOfRun } from '../shared/watch-detectors.ts';
import { INCIDENT_MINUTES } from './assumptions.ts';
import type { Workload } from './workload.ts';

/** Keys of a page of a list. */
const PAGE = 1_000;
/** Days of windows that a scoring lists: that of what came, and two before. */
const DAYS_LISTED = 3;
/** Of a detector, under state/. */
const STATE_OBJECTS = 6;

/** Of a detector, in a bucket that holds so many of its windows, each with its scores. */
export interface Stored {
  readonly windows: number;
}

export function sumRequests(all: readonly Requests[]): Requests {
  return all.reduce(
    (sum, { reads, lists, writes }) => ({
      reads: sum.reads + reads,
      lists: sum.lists + lists,
      writes: sum.writes + writes,
    }),
    { reads: 0, lists: 0, writes: 0 },
  );
}

export function timesRequests({ reads, lists, writes }: Requests, times: number): Requests {
  return { reads: reads * times, lists: lists * times, writes: writes * times };
}

function pagesOf(keys: number): number {
  return Math.max(1, Math.ceil(keys / PAGE));
}

/** Of a minute's export, whatever is due: manifests are listed, and the index of due times is read. */
export function requestsOfAnyExport(detectors: number): Requests {
  return { reads: 1, lists: pagesOf(detectors), writes: 0 };
}

/** Of a detector that is due, or that was not looked at for an hour: its state and its manifest. */
export const LOOK_AT_EXPORT: Requests = { reads: 2, lists: 0, writes: 0 };

/**
 * Of an export that is due, beside the look: state; each window, and the cursor's move. Of another shard than the first, only
 * what is its own.
 */
export function requestsOfExport({ windowsAnExport, isAsked }: Workload): Requests {
  return isAsked
    ? { reads: 1, lists: 0, writes: 2 * windowsAnExport }
    : { reads: 0, lists: 0, writes: windowsAnExport };
}

/** Of an index that is moved once in a minute, for all that was found. */
export const MOVE_INDEX: Requests = { reads: 0, lists: 0, writes: 1 };

/**
 * Of a scoring of what one export wrote: settings, what is known of scored windows, copies of what it looks back on, and for each
 * window its bytes, its state and its scores. The days around are listed, of windows and of scores, where files come from people, and
 * by exported ones now and then.
 */
export function requestsOfScoring(load: Workload): Requests {
  const { windowsAnExport: windows, isExported, shards } = load;
  const known = {
    // Of a shard, the cursor is in another object.
    reads: (shards === 1 ? 5 : 6) + 2 * windows + (windows - 1),
    lists: 0,
    writes: 2 * windows + windows / NOTED_AT_ONCE,
  };
  const looked = { reads: 0, lists: 1 + 2 * pagesOf(DAYS_LISTED * load.windowsADay), writes: 0 };
  // Names of people's own tell no time: where they stand in it is remembered, and a mark stands while one is scored.
  if (!isExported)
    return sumRequests([known, requestsOfLookingBack(load), looked, { reads: 2, lists: 0, writes: 3 }]);
  const looks = Math.min(1, (windows * load.window) / LOOKED_AROUND_EVERY);
  // Whether each can be read is asked.
  const next = { reads: windows, lists: 0, writes: 0 };
  return sumRequests([
    known,
    requestsOfLookingBack(load),
    timesRequests(looked, looks),
    timesRequests(next, 1 - looks),
  ]);
}

/** Of a scoring, among the others: copies of windows, with those that came since they were left; or the windows. */
export function requestsOfLookingBack({
  windowsBack,
  windowBytes,
  windowsAnExport: windows,
}: Workload): Requests {
  const isCopied = windowsBack > FEW_WINDOWS && windowsBack * windowBytes <= MOST_COPIED_BYTES;
  if (!isCopied) return { reads: windowsBack + (windowsBack > FEW_WINDOWS ? 1 : 0), lists: 0, writes: 0 };
  const scoringsACopy = Math.ceil((FEW_WINDOWS + 1) / windows);
  return { reads: 1 + (windows * (scoringsACopy - 1)) / 2, lists: 0, writes: 1 / scoringsACopy };
}

/** Of a scoring that a training asks for, which looks at everything and mostly finds nothing to score. */
export function requestsOfIdleScoring(stored: Stored): Requests {
  return { reads: 6, lists: 1 + 2 * pagesOf(stored.windows), writes: 0 };
}

/** Sweeps that read one change: what two clocks that differ might hide is read twice more. */
const SWEEPS_SEE = 3;

/** Of a version, where the function has none in its memory: its manifest and its five files. */
export const LOAD_VERSION: Requests = { reads: 6, lists: 0, writes: 0 };

/**
 * Of an hour's run, for each detector: manifest, state, version, whether its training ended a function, and whether one is under way.
 * Where nothing is exported, windows, what is in quarantine and scores are listed too.
 */
export function requestsOfHour({ isExported, isAsked, shards }: Workload): Requests {
  // That there are shards is told by the detector's own state; each of them has its cursor there.
  const ofShards = shards === 1 ? 0 : isAsked ? 3 : 1;
  return isExported
    ? { reads: 5 + ofShards, lists: 0, writes: 0 }
    : { reads: 9 + ofShards, lists: 5, writes: 0 };
}

/** Of a day's look at the whole of a detector, beside that of its hour. */
export function requestsOfWholeLook(stored: Stored): Requests {
  return { reads: 3, lists: 1 + 2 * pagesOf(stored.windows), writes: 0 };
}

/**
 * Of an hour's run, for all of them: what waits to be told, and when each was looked at as a whole; manifests and states are
 * listed twice, and folders of windows once.
 */
export function requestsOfAnyHour(detectors: number): Requests {
  return { reads: 2, lists: 3 * pagesOf(detectors) + 2 * pagesOf(STATE_OBJECTS * detectors), writes: 0 };
}

/** Runs of a day that look at some detectors as a whole. */
export function runsWithSweeps(detectors: number): number {
  return Math.ceil(detectors / sweepsOfRun(detectors));
}

/**
 * Of a training that is done in one run: the detector anew, every window of its lookback, the version with its report, and
 * what is known of those that are not in use any more.
 */
export function requestsOfTraining({ windowsTrained, shards }: Workload, stored: Stored): Requests {
  return {
    reads: (shards === 1 ? 13 : 17) + Math.min(windowsTrained, stored.windows),
    lists: 5 + pagesOf(Math.min(windowsTrained, stored.windows)),
    writes: 17,
  };
}

/** Of the run that has a training done as a job: the detector anew, ends of eight files, and the record. */
export function requestsOfPlacing({ shards }: Workload): Requests {
  return { reads: shards === 1 ? 12 : 14, lists: 2, writes: 2 };
}

/** Of that job: the training, and the record, when it begins and ends. */
export function requestsOfJob(load: Workload, stored: Stored): Requests {
  return sumRequests([requestsOfTraining(load, stored), { reads: 2, lists: 0, writes: 2 }]);
}

/**
 * Of a day of a backfill: manifest and state, what is there of that day and the one before, and its windows. Those of all
 * shards, with the first.
 */
export function requestsOfDay({ isAsked, shards }: Workload, windows: number): Requests {
  if (!isAsked) return { reads: 0, lists: 0, writes: windows };
  return { reads: 3 + shards, lists: 2 * shards, writes: windows };
}

/** Of a window of it, by a version that the function has in its memory. @param length of one, ms */
export function requestsOfBackfillScoring({ step, shards, rowsBack }: Workload, length: number): Requests {
  const back = Math.ceil((rowsBack * step) / length);
  return { reads: (shards === 1 ? 7 : 8) + back, lists: 3, writes: 3 };
}

/** Of a minute's run of notify, for all detectors: its state. */
export const LOOK_AT_NOTIFY: Requests = { reads: 1, lists: 0, writes: 0 };

/** And while any incident is open. */
export const LOOK_AT_SILENCES: Requests = { reads: 0, lists: 1, writes: 0 };

/** Of a look of notify at what changed, for all detectors: states and silences are listed. */
export function requestsOfSweep(detectors: number): Requests {
  return { reads: 0, lists: pagesOf(STATE_OBJECTS * detectors) + LOOK_AT_SILENCES.lists, writes: 1 };
}

/** Of a day's sweeps, for each detector: its state is read by each one that comes shortly after a change of it. */
export function requestsOfChanges(sweeps: number, load: Workload): Requests {
  const { windowsADay, windowsAnExport, isAsked, shards } = load;
  // A shard's is read with its detector's, which the export changes as well.
  const states = shards === 1 ? 1 : isAsked ? 3 : 2;
  const changes = Math.min(sweeps, (SWEEPS_SEE * windowsADay) / windowsAnExport);
  return { reads: states * changes, lists: 0, writes: 0 };
}

/**
 * Of an incident of one detector with two messages, opened and resolved: changes, its objects, claims, receipts and its page. Of several
 * detectors the windows around it are read of each: once while the first message waits, and for each page.
 */
export const TELL_INCIDENT: Requests = { reads: 33, lists: 15, writes: 30 };

/** Of a page that is drawn while nothing is told, but for windows: the incident, its anomaly, its version, and what is listed around it. */
const REDRAW_PAGE: Requests = { reads: 5, lists: 7, writes: 1 };
const MINUTE = 60_000;
/** Of plots before an incident and after it; and in which sweeps ask for it after its end. */
const MINUTES = { around: 180, remembered: 300 } as const;
const BETWEEN_SWEEPS = 10 * MINUTE;

/** Of an incident: its page with each export that no message is of, and once after it. */
export function requestsOfRedraws({ window, windowsAnExport }: Workload): Requests {
  const lasts = INCIDENT_MINUTES * MINUTE;
  const betweenExports = window * windowsAnExport;
  const drawn = Math.max(1, lasts / Math.max(BETWEEN_SWEEPS, betweenExports));
  // How old it is: two sweeps see one export. In the hour after its end none asks.
  const asked = (lasts + MINUTES.remembered * MINUTE) / Math.max(BETWEEN_SWEEPS, betweenExports / 2);
  const windows = { reads: (lasts + MINUTES.around * MINUTE) / window, lists: 0, writes: 0 };
  return sumRequests([
    timesRequests(sumRequests([REDRAW_PAGE, windows]), drawn),
    { reads: asked, lists: 0, writes: 0 },
  ]);
}
