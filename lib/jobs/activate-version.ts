/** A version that stands becomes the one in use. */
import { PreconditionFailedError, RetryLaterError } from '../errors.ts';
import { updateState } from '../store/detector-states.ts';
import { moveCurrent, readCurrent } from '../store/model-repository.ts';
import type { MetricWindow } from '../window/window.ts';
import type { StoreContext } from './context.ts';

/** Trainings of one detector that may move current.json at once; each round one of them gets through. */
const MAX_ROUNDS = 10;

/** Moves current.json; a version from newer data, which another run made meanwhile, stays. */
export async function makeCurrent(detector: string, version: string, { store }: StoreContext): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const current = await readCurrent(store, detector);
    if (current?.version === version) return;
    if (current !== undefined && trainedTo(current.version) > trainedTo(version)) return;
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

function trainedTo(version: string): string {
  return version.slice(0, version.indexOf('-'));
}

/** Rows from here on are watched: the state says what was learned from. */
export async function activate(
  detector: string,
  window: MetricWindow,
  { store }: StoreContext,
): Promise<void> {
  await updateState(store, detector, (state) => {
    const trainedUntil = Math.max(state.trainedUntil ?? -Infinity, window.range.end);
    const watchFrom = state.watchFrom ?? window.range.end;
    if (state.phase === 'active' && state.trainedUntil === trainedUntil) return undefined;
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
