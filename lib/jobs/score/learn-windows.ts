/** No model yet: counts what arrived, and asks for training once it is enough. */
import { isDeepStrictEqual } from 'node:util';
import type { Detector } from '../../config/detector.ts';
import { isWarm, sayWarmup } from '../../config/warmup.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readState, updateState } from '../../store/detector-states.ts';
import type { ScoreContext } from '../shared/context.ts';
import type { FileRanges } from '../shared/file-ranges.ts';
import { isHistoryExported } from '../shared/is-history-exported.ts';
import { spanOf, sumLearned } from '../shared/learned-history.ts';
import type { PendingWindow } from '../shared/pending-windows.ts';
import { attemptWindow } from './attempt-window.ts';
import type { Attempts } from './score-attempts.ts';

export interface Learned {
  readonly phase: DetectorState['phase'];
  /** Rows that arrived so far, and ms that they span. */
  readonly rows: number;
  readonly span: number;
}

export async function learnWindows(
  given: {
    readonly detector: Detector;
    readonly pending: readonly PendingWindow[];
    readonly attempts: Attempts;
    readonly ranges: FileRanges;
  },
  context: ScoreContext,
): Promise<Learned> {
  const { detector, pending, attempts, ranges } = given;
  let { state } = await readState(context.store, unitOf(detector));
  for (const info of pending) {
    const { key, etag } = info;
    const known = state.learning[key];
    // Before a warmup could be a time, nobody wrote down which time a file spans.
    if (known?.etag === etag && known.start !== undefined) continue;
    const read = await attemptWindow(
      { detector, info, step: detector.step ?? state.step, attempts },
      context,
    );
    if (read === undefined) continue;
    ranges.learn(key, read);
    const seen = { etag: read.etag, rows: read.window.times.length, ...spanOf(read.window) };
    state = await updateState(context.store, unitOf(detector), (latest) =>
      latest.phase === 'active' || isDeepStrictEqual(latest.learning[key], seen)
        ? undefined
        : {
            ...latest,
            step: latest.step ?? detector.step ?? read.window.step,
            learning: { ...latest.learning, [key]: seen },
          },
    );
  }
  const seen = sumLearned(state);
  const { rows } = seen;
  context.telemetry.info('learning', { detector: unitOf(detector), rows, warmup: sayWarmup(detector) });
  if (isWarm(detector, seen) && isHistoryExported(detector, state, context.now()))
    await context.queue.requestTraining(unitOf(detector));
  return { phase: state.phase, ...seen };
}
