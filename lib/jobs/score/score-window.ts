/**
 * Scores one window and decides on it. The state moves first (it holds what people should hear of, so from there on that
 * is not lost), then the scores are written: from there on the window is done.
 */
import { FeatureError, NotFoundError, WindowError } from '../../base/errors.ts';
import { listForeign } from '../../base/foreign-text.ts';
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import { compareMetrics } from '../../features/source-columns.ts';
import type { StoredState } from '../../store/detector-states.ts';
import { scoresKey } from '../../store/keys.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { ScoreContext, StoreContext } from '../shared/context.ts';
import type { FileRanges } from '../shared/file-ranges.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import type { PendingWindow } from '../shared/pending-windows.ts';
import { quarantine } from '../shared/quarantine.ts';
import { scoreRows } from '../shared/score-rows.ts';
import { attemptWindow } from './attempt-window.ts';
import { commitDecision } from './commit-decision.ts';
import type { ContextWindows } from './context-windows.ts';
import { followOwners, withOwners } from './follow-owners.ts';
import type { Attempts } from './score-attempts.ts';
import type { ScoreNotes } from './score-notes.ts';
import { encodeScores } from './write-scores.ts';

export interface ScoredWindow {
  readonly key: string;
  readonly rows: number;
  readonly anomalousRows: number;
  readonly transitions: number;
}

/** What the windows of a run have in common. */
export interface ScoreRun extends Pick<LoadedDetector, 'detector' | 'storedState'> {
  readonly fitted: FittedDetector;
  readonly history: ContextWindows;
  readonly attempts: Attempts;
  readonly ranges: FileRanges;
  readonly notes: ScoreNotes;
  /** As the newest window left it: set. */
  moved: StoredState | undefined;
}

/** @returns undefined where it went to quarantine, or is gone */
export async function scoreWindow(
  run: ScoreRun,
  info: PendingWindow,
  context: ScoreContext,
): Promise<ScoredWindow | undefined> {
  const { detector, history, attempts, ranges } = run;
  const { key } = info;
  const read = await attemptWindow({ detector, info, step: run.fitted.manifest.step, attempts }, context);
  if (read === undefined) return undefined;
  ranges.learn(key, read);
  try {
    const state = (run.moved ?? run.storedState)?.state;
    const owners = followOwners(
      read.window,
      state?.podOwners,
      state?.entities ?? {},
      run.fitted.scaler.entities,
    );
    const fitted = withOwners(run.fitted, detector, owners);
    warnOfExtraMetrics({ detector, key, window: read.window, fitted }, context);
    const earlier = await history.before(read.window.range.start);
    const rows = await scoreRows({ detector, fitted, window: read.window, context: earlier });
    const decision = await commitDecision(
      {
        detector,
        fitted,
        rows,
        window: read.window,
        windowKey: key,
        etag: read.etag,
        arrival: read.arrival,
        isCorrected: info.isCorrected,
      },
      context,
      run.moved ?? run.storedState,
    );
    run.moved = decision.state;
    await context.store.put(
      scoresKey(key),
      encodeScores({ detector, fitted, rows, anomalous: decision.anomalous }),
      {
        contentType: 'application/vnd.apache.parquet',
      },
    );
    history.add(key, read);
    // Rows that were decided on when their window was scored the first time did not come late.
    const lateRows = info.isAgain && info.etag === read.etag ? 0 : decision.lateRows;
    run.notes.add({ key, etag: read.etag, lateRows, at: context.now() });
    const scored = countScored(
      { detector, key, rows: rows.scored.times.length, decision: { ...decision, lateRows } },
      context,
    );
    // Scores that are newer than a window's new bytes would hide that those were never looked at.
    if (!(await isReplaced(key, read.etag, context))) return scored;
    return (await scoreWindow(run, { ...info, stored: undefined, isCorrected: true }, context)) ?? scored;
  } catch (error) {
    if (!(error instanceof FeatureError || error instanceof WindowError)) throw error;
    await quarantine(context, {
      detector: detector.name,
      key,
      etag: read.etag,
      error: nameObject(error, key),
    });
    return undefined;
  }
}

/** False where it was deleted meanwhile: there is nothing to score anew. */
async function isReplaced(key: string, etag: string, { store }: StoreContext): Promise<boolean> {
  try {
    return (await store.head(key)).etag !== etag;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

/** Features know rows, not where they came from; whoever reads the reason has to know the object. */
function nameObject(error: FeatureError | WindowError, key: string): FeatureError | WindowError {
  if (error.message.includes(key)) return error;
  return new FeatureError(error.code, `${key}: ${error.message}`, { cause: error });
}

function warnOfExtraMetrics(
  given: { detector: Detector; key: string; window: MetricWindow; fitted: FittedDetector },
  { telemetry }: StoreContext,
): void {
  // What the manifest declares and no feature reads is left out on purpose.
  const declared = given.detector.metrics.map(({ name }) => name);
  const extra = compareMetrics(given.fitted.plan, given.window).extra.filter(
    (name) => !declared.includes(name),
  );
  if (extra.length === 0) return;
  telemetry.warn('metrics that the model does not know are ignored until the next training', {
    detector: unitOf(given.detector),
    key: given.key,
    metrics: listForeign(extra),
  });
}

function countScored(
  given: {
    detector: Detector;
    key: string;
    rows: number;
    decision: { anomalous: Uint8Array; transitions: number; lateRows: number };
  },
  { telemetry }: StoreContext,
): ScoredWindow {
  const { key, rows, decision } = given;
  const detector = unitOf(given.detector);
  telemetry.count('WindowsScored', 1, { detector });
  telemetry.count('RowsScored', rows, { detector });
  if (decision.lateRows > 0) telemetry.count('LateRows', decision.lateRows, { detector });
  const anomalousRows = decision.anomalous.reduce((sum, flag) => sum + flag, 0);
  telemetry.info('window scored', { detector, key, rows, anomalousRows, lateRows: decision.lateRows });
  return { key, rows, anomalousRows, transitions: decision.transitions };
}
