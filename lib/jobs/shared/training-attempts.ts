/**
 * A training that ended the function twice, out of memory or of time, is set aside with that reason. Otherwise it would end
 * the function every hour, and the trainings of other detectors with it. With other settings or another release it is tried
 * at once; with the same ones after a day, when there is other data.
 */
import { unitOf } from '../../config/work-unit.ts';
import { trainingAttemptKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import {
  type AttemptMark,
  countDeaths,
  followMark,
  LONGEST_RUN,
  MOST_DEATHS,
  readMark,
  writeMark,
} from './attempt-marks.ts';
import type { TrainContext } from './context.ts';
import type { LoadedDetector } from './load-detectors.ts';
import { SOFTWARE_VERSION } from './software-version.ts';

/** Ms from the last death, or from the last failure of a job: by then there is other data. */
export const SET_ASIDE_FOR: number = 24 * 3_600_000;

type Identity = Pick<AttemptMark, 'key' | 'etag'>;

/** A training that nobody tries for now. */
export interface SetAside {
  /** Runs that died at it. */
  readonly deaths: number;
  /** Epoch ms: the last one was over by then, and from then on it may be tried again. */
  readonly since: number;
  readonly until: number;
}

/**
 * Does the work under the mark. A run without a deadline is somebody's terminal, which tells by itself how it ended.
 * @returns why it is not even tried
 */
export async function attemptTraining<T>(
  loaded: LoadedDetector,
  context: TrainContext,
  work: () => Promise<T>,
): Promise<{ readonly result: T } | { readonly setAside: SetAside }> {
  const { store, now, deadline } = context;
  if (!Number.isFinite(deadline.remaining())) return { result: await work() };
  const key = trainingAttemptKey(unitOf(loaded.detector));
  const of = identify(loaded);
  const before = await readMark(store, key);
  const setAside = judge(before, of, now());
  if (setAside !== undefined && now() < setAside.until) return { setAside };
  const until = now() + Math.max(0, Math.min(deadline.remaining(), LONGEST_RUN));
  const deaths = countDeaths(before, of, now());
  const mark = followMark(before, { formatVersion: 1, ...of, deaths, until });
  await writeMark(store, key, mark);
  try {
    return { result: await work() };
  } finally {
    // However it ended, it ended by itself: those deaths were of other data, or the platform's.
    await writeMark(store, key, followMark(mark, { formatVersion: 1, ...of, deaths: 0 }));
  }
}

/** For whoever tells of it; undefined where it is tried. */
export async function findSetAside(
  store: ObjectStore,
  loaded: LoadedDetector,
  now: number,
): Promise<SetAside | undefined> {
  const mark = await readMark(store, trainingAttemptKey(unitOf(loaded.detector)));
  return judge(mark, identify(loaded), now);
}

export function saySetAside(detector: string, { deaths, until }: SetAside): string {
  return `${deaths} runs of the training of ${detector} were ended from outside, out of memory or of time (killed-function); ${sayTriedAgain(until)}: a shorter training.lookback, a smaller model, fewer entities, or more memory for the function`;
}

/** @param until epoch ms; undefined: it is not set aside, and the next hourly run tries it */
export function sayTriedAgain(until: number | undefined): string {
  const when = until === undefined ? 'within the hour' : `after ${new Date(until).toISOString()}`;
  return `it is tried again ${when}, or at once with other settings`;
}

function identify({ manifestHash }: Pick<LoadedDetector, 'manifestHash'>): Identity {
  return { key: `training by ${SOFTWARE_VERSION}`, etag: manifestHash };
}

function judge(mark: AttemptMark | undefined, of: Identity, now: number): SetAside | undefined {
  const deaths = countDeaths(mark, of, now);
  if (mark?.until === undefined || deaths < MOST_DEATHS) return undefined;
  return { deaths, since: mark.until, until: mark.until + SET_ASIDE_FOR };
}
