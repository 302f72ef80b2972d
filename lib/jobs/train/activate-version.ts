/** A version that stands becomes the one in use. */

import { formatCompactTime } from '../../base/compact-time.ts';
import { PreconditionFailedError, RetryLaterError } from '../../base/errors.ts';
import { updateState } from '../../store/detector-states.ts';
import { moveCurrent, readCurrent } from '../../store/model-repository.ts';
import { FUTURE_TOLERANCE } from '../../window/time-bounds.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { StoreContext } from '../shared/context.ts';

/** Trainings of one detector that may move current.json at once; each round one of them gets through. */
const MAX_ROUNDS = 10;

/**
 * Moves current.json; a version from newer data, which another run made meanwhile, stays. One from times that have not
 * come yet does not: no newer one would ever take its place.
 */
export async function makeCurrent(
  detector: string,
  version: string,
  { store, now }: StoreContext,
): Promise<void> {
  const latest = formatCompactTime(now() + FUTURE_TOLERANCE);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const current = await readCurrent(store, detector);
    if (current?.version === version) return;
    if (current !== undefined && isNewer(trainedTo(current.version), trainedTo(version), latest)) return;
    try {
      await moveCurrent(store, detector, { from: current?.etag, to: version });
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError(
    'current-contended',
    `${detector}: others moved current.json ${MAX_ROUNDS} times while ${version} was to become current`,
  );
}

/** Stamps order as their times do. */
function isNewer(current: string, made: string, latest: string): boolean {
  return current > made && (current <= latest || made > latest);
}

function trainedTo(version: string): string {
  return version.slice(0, version.indexOf('-'));
}

/** Rows from here on are watched: the state says what was learned from. */
export async function activate(
  detector: string,
  window: MetricWindow,
  { store, now }: StoreContext,
): Promise<void> {
  const latest = now() + FUTURE_TOLERANCE;
  await updateState(store, detector, (state) => {
    const trainedUntil = Math.max(atMost(state.trainedUntil, latest) ?? -Infinity, window.range.end);
    const watchFrom = atMost(state.watchFrom, latest) ?? window.range.end;
    if (state.phase === 'active' && state.trainedUntil === trainedUntil && state.watchFrom === watchFrom)
      return undefined;
    return {
      ...state,
      phase: 'active',
      step: state.step ?? window.step,
      learning: {},
      watchFrom,
      trainedUntil,
    };
  });
}

/** Undefined where it lies later: the state comes from before times were bounded. */
function atMost(time: number | undefined, latest: number): number | undefined {
  return time !== undefined && time <= latest ? time : undefined;
}
