/**
 * Scores every window of a detector that has no scores yet, and decides what people should hear of. An event only
 * says that there is work: what the work is follows from the bucket, so events may come twice, late, out of order or
 * two at once.
 *
 * For each window: decide and move the state (which holds what people should hear of, so from here on it is not lost),
 * write the scores (from here on the window counts as done), then ask for the telling. A run that is cut short anywhere is
 * finished by the next one.
 */
import { isDeepStrictEqual } from 'node:util';
import { correlateTo, correlationOf } from '../../base/correlation.ts';
import { FeatureError, NotFoundError, RetryLaterError, WindowError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { isWarm, rowsWanted, sayWarmup } from '../../config/warmup.ts';
import { compareMetrics } from '../../features/source-columns.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readState, updateState } from '../../store/detector-states.ts';
import { scoresKey } from '../../store/keys.ts';
import { resolveVersion } from '../../store/model-repository.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import { type LateWindow, recordScored } from '../../store/scored-windows.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { ScoreContext, StoreContext } from '../shared/context.ts';
import { type FittedDetector, loadFittedDetector } from '../shared/fitted-detector.ts';
import { isHistoryExported } from '../shared/is-history-exported.ts';
import { spanOf, sumLearned } from '../shared/learned-history.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import {
  isScored,
  type PendingWindow,
  type SelectedWindows,
  selectPending,
} from '../shared/pending-windows.ts';
import { quarantine } from '../shared/quarantine.ts';
import { countContextRows, scoreRows } from '../shared/score-rows.ts';
import {
  listWindowObjects,
  namedRange,
  type ReadWindowObject,
  readWindowObject,
} from '../shared/window-objects.ts';
import { commitDecision } from './commit-decision.ts';
import { type ContextWindows, openContext } from './context-windows.ts';
import { type Attempts, openAttempts } from './score-attempts.ts';
import { tellNoticedSilences } from './silence-alerts.ts';
import { encodeScores } from './write-scores.ts';

export interface ScoredWindow {
  readonly key: string;
  readonly rows: number;
  readonly anomalousRows: number;
  readonly transitions: number;
}

export interface ScoreResult {
  readonly phase: DetectorState['phase'];
  /** While learning: rows that arrived so far, ms that they span, and rows needed. */
  readonly rows: number;
  readonly span: number;
  readonly warmup: number;
  readonly scored: readonly ScoredWindow[];
}

interface Pending {
  readonly detector: Detector;
  readonly pending: readonly PendingWindow[];
  readonly unnoted: SelectedWindows['unnoted'];
  readonly attempts: Attempts;
}

/** Dropped files that are read for their order in time before the first of them is scored. */
const MOST_ORDERED = 200;
/** Time to keep for the last writes when the deadline comes near, ms. */
const END_RESERVE = 10_000;

/**
 * Where the deadline comes before the work is done, another run is asked for.
 * @throws RetryLaterError where it came before anything was done: the same call goes on from there
 */
export async function scoreWindows(
  { detector }: LoadedDetector,
  context: ScoreContext,
  onWindow?: (scored: ScoredWindow) => void,
): Promise<ScoreResult> {
  const objects = await listWindowObjects(context.store, detector.name);
  const { pending, unnoted } = await selectPending(context.store, detector.name, objects);
  const version = await resolveVersion(context.store, detector);
  const attempts = openAttempts(detector.name, context);
  try {
    if (version === undefined) return await learn({ detector, pending, unnoted, attempts }, context);
    return await scorePending({ detector, version, objects, pending, unnoted, attempts }, context, onWindow);
  } finally {
    await attempts.end();
  }
}

async function scorePending(
  given: Pending & { readonly version: string; readonly objects: readonly ObjectInfo[] },
  context: ScoreContext,
  onWindow: ((scored: ScoredWindow) => void) | undefined,
): Promise<ScoreResult> {
  const { detector, version, objects, pending, attempts } = given;
  const fitted = await loadFittedDetector(context.store, detector.name, version);
  const contextRows = countContextRows(fitted);
  const history = openContext({ detector, objects, contextRows, step: fitted.manifest.step }, context);
  const scored: ScoredWindow[] = [];
  const etags = new Map(given.unnoted);
  const late: LateWindow[] = [];
  const isOutOfTime = (): boolean => context.deadline.remaining() < END_RESERVE;
  for (const batch of inBatches(pending)) {
    if (isOutOfTime()) break;
    for (const info of await inTimeOrder(
      { detector, pending: batch, unnoted: given.unnoted, attempts },
      fitted,
      context,
    )) {
      // Another run may be at the same list.
      if (scored.length > 0 && (await isScored(context.store, info))) continue;
      if (isOutOfTime()) break;
      const window = await scoreWindow({ detector, fitted, info, history, attempts, etags, late }, context);
      if (window === undefined) continue;
      scored.push(window);
      onWindow?.(window);
    }
  }
  const isCutShort = pending.length > 0 && isOutOfTime();
  if (etags.size > 0) await recordScored(context.store, detector.name, etags, late);
  if (pending.length === 0)
    await tellNoticedSilences({ detector, fitted, windowKey: objects.at(-1)?.key ?? '' }, context);
  const { state } = await readState(context.store, detector.name);
  if (state.outbox.length > 0) await context.queue.requestNotifying(detector.name);
  if (isCutShort) {
    const reason = `${scored.length} of ${pending.length} windows scored before the deadline`;
    if (scored.length === 0) throw new RetryLaterError('out-of-time', `${detector.name}: ${reason}`);
    // A message is tried five times, and a backlog may take more runs: the rest gets a message of its own.
    context.telemetry.info('scoring goes on in another run', { detector: detector.name, reason });
    await context.queue.requestScoring(detector.name);
  }
  return { phase: state.phase, rows: 0, span: 0, warmup: rowsWanted(detector), scored };
}

/**
 * A dropped file has to be read to know where it stands in time. Of more than a run can read twice, those that came first
 * are looked at first, as they most often are about earlier times.
 */
function* inBatches(pending: readonly PendingWindow[]): Generator<readonly PendingWindow[]> {
  const unnamed = pending.filter((info) => namedRange(info) === undefined).length;
  if (unnamed <= MOST_ORDERED) return yield pending;
  const byArrival = pending.toSorted((a, b) => a.lastModified - b.lastModified || (a.key < b.key ? -1 : 1));
  for (let at = 0; at < byArrival.length; at += MOST_ORDERED) yield byArrival.slice(at, at + MOST_ORDERED);
}

/** No model yet: counts what arrived, and asks for training once it is enough. */
async function learn({ detector, pending, attempts }: Pending, context: ScoreContext): Promise<ScoreResult> {
  let { state } = await readState(context.store, detector.name);
  for (const info of pending) {
    const { key, etag } = info;
    const known = state.learning[key];
    // Before a warmup could be a time, nobody wrote down which time a file spans.
    if (known?.etag === etag && known.start !== undefined) continue;
    const read = await attempt({ detector, info, step: detector.step ?? state.step, attempts }, context);
    if (read === undefined) continue;
    const seen = { etag: read.etag, rows: read.window.times.length, ...spanOf(read.window) };
    state = await updateState(context.store, detector.name, (latest) =>
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
  context.telemetry.info('learning', { detector: detector.name, rows, warmup: sayWarmup(detector) });
  if (isWarm(detector, seen) && isHistoryExported(detector, state, context.now()))
    await context.queue.requestTraining(detector.name);
  return { phase: state.phase, ...seen, warmup: rowsWanted(detector), scored: [] };
}

/**
 * By first row, then key: decisions follow time. An exported window's key tells its range; a dropped file has to be
 * read, and is then read again when its turn comes, so that memory holds one window at a time.
 */
async function inTimeOrder(
  { detector, pending, attempts }: Pending,
  { manifest }: FittedDetector,
  context: ScoreContext,
): Promise<readonly PendingWindow[]> {
  if (pending.length < 2) return pending;
  const starts = new Map<string, number>();
  for (const info of pending) {
    const { key } = info;
    const named = namedRange(info);
    if (named !== undefined) starts.set(key, named.start);
    else {
      const read = await attempt({ detector, info, step: manifest.step, attempts }, context);
      if (read !== undefined) starts.set(key, read.window.range.start);
    }
  }
  await attempts.end();
  return pending
    .filter(({ key }) => starts.has(key))
    .sort((a, b) => starts.get(a.key)! - starts.get(b.key)! || (a.key < b.key ? -1 : 1));
}

/** Reads a window under the mark that tells whoever comes next if this is the end of the run. */
async function attempt(
  given: {
    readonly detector: Detector;
    readonly info: ObjectInfo;
    readonly step: number | undefined;
    readonly attempts: Attempts;
  },
  context: ScoreContext,
): Promise<ReadWindowObject | undefined> {
  const { detector, info, step, attempts } = given;
  const { key, etag } = info;
  correlateTo(correlationOf(key));
  try {
    await attempts.begin(info);
  } catch (error) {
    if (!(error instanceof WindowError)) throw error;
    await quarantine(context, { detector: detector.name, key, etag, error });
    return undefined;
  }
  return readWindowObject(context, { detector, key, step });
}

async function scoreWindow(
  given: {
    readonly detector: Detector;
    readonly fitted: FittedDetector;
    readonly info: PendingWindow;
    readonly history: ContextWindows;
    readonly attempts: Attempts;
    /** Window key → ETag of what was scored: added to. */
    readonly etags: Map<string, string>;
    /** Windows with rows that came too late to be decided on: added to. */
    readonly late: LateWindow[];
  },
  context: ScoreContext,
): Promise<ScoredWindow | undefined> {
  const { detector, fitted, history } = given;
  const { key } = given.info;
  const read = await attempt({ ...given, step: fitted.manifest.step }, context);
  if (read === undefined) return undefined;
  try {
    warnOfExtraMetrics({ detector, key, window: read.window, fitted }, context);
    const earlier = await history.before(read.window.range.start);
    const rows = await scoreRows({ detector, fitted, window: read.window, context: earlier });
    const decision = await commitDecision(
      { detector, fitted, rows, window: read.window, windowKey: key, etag: read.etag, arrival: read.arrival },
      context,
    );
    await context.store.put(
      scoresKey(key),
      encodeScores({ detector, fitted, rows, anomalous: decision.anomalous }),
      {
        contentType: 'application/vnd.apache.parquet',
      },
    );
    given.etags.set(key, read.etag);
    // Rows that were decided on when their window was scored the first time did not come late.
    const lateRows = given.info.isAgain && given.info.etag === read.etag ? 0 : decision.lateRows;
    if (lateRows > 0) given.late.push({ key, rows: lateRows, at: new Date(context.now()).toISOString() });
    const scored = countScored(
      { detector, key, rows: rows.scored.times.length, decision: { ...decision, lateRows } },
      context,
    );
    // Scores that are newer than a window's new bytes would hide that those were never looked at.
    if (!(await isReplaced(key, read.etag, context))) return scored;
    return (await scoreWindow(given, context)) ?? scored;
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
    detector: given.detector.name,
    key: given.key,
    metrics: extra.join(', '),
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
  const detector = given.detector.name;
  telemetry.count('WindowsScored', 1, { detector });
  telemetry.count('RowsScored', rows, { detector });
  if (decision.lateRows > 0) telemetry.count('LateRows', decision.lateRows, { detector });
  const anomalousRows = decision.anomalous.reduce((sum, flag) => sum + flag, 0);
  telemetry.info('window scored', { detector, key, rows, anomalousRows, lateRows: decision.lateRows });
  return { key, rows, anomalousRows, transitions: decision.transitions };
}
