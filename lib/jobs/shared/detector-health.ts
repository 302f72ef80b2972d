/**
 * Tells from the bucket alone whether a detector works, so that a dead exporter or scorer is found although it cannot
 * report itself. Reads only.
 */
import type { Alert } from '../../alert/alert.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Detector } from '../../config/detector.ts';
import { isWarm, type Seen, sayProgress } from '../../config/warmup.ts';
import type { DetectorState, LearnedWindow } from '../../store/detector-state.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import type { TrainingPlace } from '../../store/training-place.ts';
import { expectedInterval } from './expected-interval.ts';
import { isHistoryExported } from './is-history-exported.ts';
import { sumLearned } from './learned-history.ts';
import type { StaleModel } from './stale-model.ts';
import { type SetAside, saySetAside } from './training-attempts.ts';
import { sayProblem } from './training-place.ts';

/**
 * `unscored`: windows wait for scores. `untrained`: enough was learned, and no model came of it. `learning-long`: it learns
 * without an end in sight. `training-killed`: its training ended the function twice. `training-beyond`: its
 * training is beyond the function, and no job has done it. `stale-model`: its model should have been followed by another one. `silent`: no new window came. `unsent`: decided alerts wait to be published.
 */
export type ConcernCode =
  | 'unscored'
  | 'untrained'
  | 'learning-long'
  | 'training-killed'
  | 'training-beyond'
  | 'stale-model'
  | 'silent'
  | 'unsent';

/** Something that somebody has to look at. */
export interface Concern {
  readonly code: ConcernCode;
  /** ISO 8601 UTC; null where nothing tells. */
  readonly since: string | null;
  /** One sentence, for people. */
  readonly message: string;
}

/** Windows that have no scores although there is a model, or that nobody looked at while it learns. */
export interface Unscored {
  readonly windows: number;
  /** Since when the oldest of them waits, epoch ms; undefined where there is none. */
  readonly since: number | undefined;
}

/** What is known of a detector. */
export interface Findings {
  readonly detector: Detector;
  readonly state: DetectorState;
  /** Messages about it that were taken over from its state and are not yet confirmed as published. */
  readonly messages: readonly Alert[];
  /** Incidents that have an open anomaly of it; undefined where the state of notifications cannot be read. */
  readonly openIncidents: number | undefined;
  /** Every window that can be read. */
  readonly objects: readonly ObjectInfo[];
  /** Those of them that wait for scores. */
  readonly pending: readonly ObjectInfo[];
  /** The version in use; undefined while it learns. */
  readonly version: string | undefined;
  /** Whether a training that takes several runs is under way. */
  readonly isTraining: boolean;
  /** Its training ended the function more than once; undefined where it is tried. */
  readonly setAside: SetAside | undefined;
  /** Where its training runs that is beyond the function; undefined where it fits, or nothing was asked. */
  readonly place?: TrainingPlace | undefined;
  /** Undefined where the model in use is as new as it is to be. */
  readonly stale?: StaleModel | undefined;
  /** When the manifest was written, epoch ms; undefined without one. */
  readonly declaredAt: number | undefined;
}

/** Ms that a window or an alert may wait: as the alarm on the score queue has it. */
export const LONGEST_WAIT: number = 30 * 60_000;
/** Ms from enough data to a model: the training's schedule is hourly, and a fit may take several runs. */
const LONGEST_TRAINING = 3 * 3_600_000;
/** Ms. What learns for longer than this, and twice as long as it was to, gets too few rows to ever end. */
const LONGEST_LEARNING = 30 * 86_400_000;
/** Ms for which a manifest may be without its first window. */
const FIRST_EXPORT = 3_600_000;

export function findUnscored({ state, pending, version }: Findings): Unscored {
  const waiting = version === undefined ? pending.filter((info) => isUnseen(state, info)) : pending;
  if (waiting.length === 0) return { windows: 0, since: undefined };
  const oldest = waiting.reduce((least, { lastModified }) => Math.min(least, lastModified), Infinity);
  // Nobody could score what came before there was a model.
  return { windows: waiting.length, since: Math.max(oldest, state.watchFrom ?? -Infinity) };
}

/** While it learns, a run counts what came. */
function isUnseen({ phase, learning }: DetectorState, { key, etag }: ObjectInfo): boolean {
  return phase === 'learning' && learning[key]?.etag !== etag;
}

/** @param now epoch ms */
export function findConcerns(findings: Findings, now: number): readonly Concern[] {
  return [
    concernOfUnscored(findings, now),
    concernOfLearning(findings, now),
    concernOfTraining(findings),
    concernOfPlace(findings, now),
    concernOfAge(findings, now),
    concernOfSilence(findings, now),
    concernOfAlerts(findings, now),
  ].filter((concern) => concern !== undefined);
}

function concernOfUnscored(findings: Findings, now: number): Concern | undefined {
  const { windows, since } = findUnscored(findings);
  if (since === undefined || now - since <= LONGEST_WAIT) return undefined;
  return {
    code: 'unscored',
    since: iso(since),
    message: `${count(windows, 'window')} ${findings.version === undefined ? 'not looked at' : 'without scores'}, the oldest for ${say(now - since)}: the score function is dead, fails or is behind`,
  };
}

function concernOfLearning(findings: Findings, now: number): Concern | undefined {
  const { detector, state, objects, version, isTraining } = findings;
  if (version !== undefined) return undefined;
  const arrivals = learnedByArrival(state, objects);
  const [first] = arrivals;
  if (first === undefined) return undefined;
  const seen = sumLearned(state);
  if (!isWarm(detector, seen)) {
    const { warmup } = detector.training;
    const longest = Math.max(LONGEST_LEARNING, typeof warmup === 'number' ? 0 : 2 * warmup.time);
    if (now - first.at <= longest) return undefined;
    return {
      code: 'learning-long',
      since: iso(first.at),
      message: `learning for ${say(now - first.at)}, and only ${sayProgress(detector, seen)}: it gets too few rows, or training.warmup asks for too many`,
    };
  }
  if (isTraining || !isHistoryExported(detector, state, now)) return undefined;
  if (concernOfPlace(findings, now) !== undefined) return undefined;
  const since = warmSince(detector, arrivals);
  if (now - since <= LONGEST_TRAINING) return undefined;
  return {
    code: 'untrained',
    since: iso(since),
    message: `enough to train on for ${say(now - since)}, and no model: the training fails, and its log says why`,
  };
}

/** With a model too: it grows old. */
function concernOfTraining({ detector, setAside }: Findings): Concern | undefined {
  if (setAside === undefined) return undefined;
  return {
    code: 'training-killed',
    since: iso(setAside.since),
    message: saySetAside(detector.name, setAside),
  };
}

function concernOfPlace({ place }: Findings, now: number): Concern | undefined {
  const problem = place && sayProblem(place, now);
  return problem && { code: 'training-beyond', since: iso(problem.since), message: problem.message };
}

/** One that is set aside is told of as such. */
function concernOfAge(findings: Findings, now: number): Concern | undefined {
  const { detector, stale, isTraining, setAside } = findings;
  if (stale === undefined || isTraining || setAside !== undefined) return undefined;
  if (concernOfPlace(findings, now) !== undefined) return undefined;
  const { since, trainedUntil, excludedBy } = stale;
  const reason =
    excludedBy.length === 0
      ? 'the training fails or makes none, and its log says why'
      : `exclusions leave it too little: ${excludedBy.join(', ')}; see tidewatch exclude list`;
  return {
    code: 'stale-model',
    since: iso(since),
    message: `the model knows data up to ${iso(trainedUntil)}, a training every ${say(detector.training.every)} has been due for ${say(now - since)}, and no newer one came of it: ${reason}`,
  };
}

interface Arrival {
  /** Epoch ms. */
  readonly at: number;
  readonly window: LearnedWindow;
}

/** Windows that were learned from and are still there, by when they came. */
function learnedByArrival({ learning }: DetectorState, objects: readonly ObjectInfo[]): readonly Arrival[] {
  return objects
    .flatMap(({ key, lastModified }) => {
      const window = learning[key];
      return window === undefined ? [] : [{ at: lastModified, window }];
    })
    .sort((a, b) => a.at - b.at);
}

/** When the last window came that was needed. */
function warmSince(detector: Detector, arrivals: readonly Arrival[]): number {
  let [low, high] = [0, arrivals.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isWarm(detector, sumFirst(arrivals, middle + 1))) high = middle;
    else low = middle + 1;
  }
  return arrivals[low]!.at;
}

function sumFirst(arrivals: readonly Arrival[], length: number): Seen {
  const learning = Object.fromEntries(arrivals.slice(0, length).map(({ window }, i) => [i, window]));
  return sumLearned({ learning });
}

function concernOfSilence(findings: Findings, now: number): Concern | undefined {
  const { detector, state, objects, declaredAt } = findings;
  // Shards are exported together: one of them tells of all.
  if (detector.metrics.length > 0 && (detector.shard?.index ?? 1) > 1) return undefined;
  const expected = expectedInterval(detector, objects);
  if (expected === undefined) return undefined;
  const newest = objects.reduce(
    (latest, { lastModified }) => Math.max(latest, lastModified),
    // A source that is asked and has nothing moves the cursor all the same. What lies ahead is a wrong clock's.
    Math.min(state.exportedUntil ?? -Infinity, now),
  );
  if (Number.isFinite(newest)) {
    if (now - newest <= expected) return undefined;
    return {
      code: 'silent',
      since: iso(newest),
      message: `no new window for ${say(now - newest)}, and one is expected every ${say(expected)}: what writes them is dead or cannot`,
    };
  }
  if (declaredAt === undefined || now - declaredAt <= Math.max(FIRST_EXPORT, expected)) return undefined;
  return {
    code: 'silent',
    since: iso(declaredAt),
    message: `declared ${say(now - declaredAt)} ago, and no window came yet`,
  };
}

function concernOfAlerts({ state, messages }: Findings, now: number): Concern | undefined {
  const unsent = [...state.outbox.map(({ anomaly }) => anomaly), ...messages];
  const times = unsent.map(({ end, lastAnomalous }) => Date.parse(end ?? lastAnomalous));
  const oldest = Math.min(...times);
  if (times.length === 0 || now - oldest <= LONGEST_WAIT) return undefined;
  return {
    code: 'unsent',
    since: iso(oldest),
    message: `${count(times.length, 'alert')} decided and not published, the oldest about ${iso(oldest)}: SNS refuses them, or nobody tells`,
  };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** To the minute, without weeks. */
function say(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'less than a minute';
  const days = Math.floor(minutes / 1_440);
  const rest = formatDuration((minutes - days * 1_440) * 60_000);
  if (days === 0) return rest;
  return rest === '0s' ? `${days}d` : `${days}d${rest}`;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
