/**
 * Scores every window of a detector that has no scores yet, and decides what people should hear of. An event only
 * says that there is work: what the work is follows from the bucket, so events may come twice, late, out of order or
 * two at once.
 *
 * For each window: decide and move the state (which holds what people should hear of, so from here on it is not lost),
 * write the scores (from here on the window counts as done), then ask for the telling. A run that is cut short anywhere is
 * finished by the next one.
 */
import { RetryLaterError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { rowsWanted } from '../../config/warmup.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readState } from '../../store/detector-states.ts';
import { readFileRanges } from '../../store/file-ranges.ts';
import { resolveVersion } from '../../store/model-repository.ts';
import { readScored } from '../../store/scored-windows.ts';
import type { ScoreContext } from '../shared/context.ts';
import { type FileRanges, openFileRanges } from '../shared/file-ranges.ts';
import { type FittedDetector, loadFittedDetector } from '../shared/fitted-detector.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import { type LookedAt, lookAt, lookAtArrivals } from '../shared/looked-at.ts';
import {
  isScored,
  type PendingWindow,
  type SelectedWindows,
  selectPending,
} from '../shared/pending-windows.ts';
import { countContextRows } from '../shared/score-rows.ts';
import { openContext } from './context-windows.ts';
import { learnWindows } from './learn-windows.ts';
import { findNext, lookAtNext } from './next-windows.ts';
import { inBatches, inTimeOrder } from './order-windows.ts';
import { type Attempts, openAttempts } from './score-attempts.ts';
import { openScoreNotes } from './score-notes.ts';
import { type ScoredWindow, type ScoreRun, scoreWindow } from './score-window.ts';
import { tellNoticedSilences } from './silence-changes.ts';
import { turnAway } from './turn-away.ts';

export interface ScoreResult {
  readonly phase: DetectorState['phase'];
  /** While learning: rows that arrived so far, ms that they span, and rows needed. */
  readonly rows: number;
  readonly span: number;
  readonly warmup: number;
  readonly scored: readonly ScoredWindow[];
}

/** Time to keep for the last writes when the deadline comes near, ms. */
const END_RESERVE = 10_000;

/**
 * Where the deadline comes before the work is done, another run is asked for, which looks at everything.
 * @param options.arrived keys of windows that came: they and what is near them in time are looked at; without it, everything
 * @throws RetryLaterError where it came before anything was done: the same call goes on from there
 */
export async function scoreWindows(
  loaded: LoadedDetector,
  context: ScoreContext,
  options: {
    readonly arrived?: readonly string[] | undefined;
    readonly onWindow?: (scored: ScoredWindow) => void;
  } = {},
): Promise<ScoreResult> {
  const { detector } = loaded;
  const { store, now } = context;
  const { arrived, onWindow = () => {} } = options;
  if (await turnAway(loaded, arrived, context))
    return { phase: 'learning', rows: 0, span: 0, warmup: rowsWanted(detector), scored: [] };
  // The version does not depend on what came, nor what came on it: one does not wait for the other.
  const [{ windows, selected }, fitted] = await Promise.all([
    findWork(store, loaded, { arrived, now: now() }),
    loadVersionInUse(store, detector),
  ]);
  const attempts = openAttempts(unitOf(detector), context);
  const ranges = openFileRanges({ detector, windows }, context);
  try {
    if (fitted !== undefined)
      return await scorePending(
        { ...loaded, fitted, windows, selected, attempts, ranges },
        context,
        onWindow,
      );
    const learned = await learnWindows({ detector, pending: selected.pending, attempts, ranges }, context);
    await ranges.leave();
    return { ...learned, warmup: rowsWanted(detector), scored: [] };
  } finally {
    await attempts.end();
  }
}

/** Undefined while the detector learns. */
async function loadVersionInUse(
  store: ScoreContext['store'],
  detector: Detector,
): Promise<FittedDetector | undefined> {
  const version = await resolveVersion(store, detector);
  return version === undefined ? undefined : loadFittedDetector(store, unitOf(detector), version);
}

interface Work {
  readonly windows: LookedAt;
  readonly selected: SelectedWindows;
}

async function findWork(
  store: ScoreContext['store'],
  { detector, storedState }: LoadedDetector,
  { arrived, now }: { readonly arrived: readonly string[] | undefined; readonly now: number },
): Promise<Work> {
  const unit = unitOf(detector);
  const state = storedState?.state;
  if (arrived === undefined) {
    const windows = await lookAt(store, unit, { scope: undefined });
    return { windows, selected: await selectPending(store, unit, { windows, state }) };
  }
  const next = findNext(detector, state, arrived);
  const [fileRanges, noted] = await Promise.all([
    readFileRanges(store, unit),
    next && readScored(store, unit),
  ]);
  const found = next && state && (await lookAtNext(store, unit, { next, state, fileRanges, noted }));
  if (found !== undefined) return found;
  const decidedUntil = findDecidedUntil(state);
  const windows = await lookAtArrivals(store, unit, { arrived, fileRanges, now, decidedUntil });
  return { windows, selected: await selectPending(store, unit, { windows, state, noted }) };
}

async function scorePending(
  given: LoadedDetector & {
    readonly fitted: FittedDetector;
    readonly windows: LookedAt;
    readonly selected: SelectedWindows;
    readonly attempts: Attempts;
    readonly ranges: FileRanges;
  },
  context: ScoreContext,
  onWindow: (scored: ScoredWindow) => void,
): Promise<ScoreResult> {
  const { detector, storedState, fitted, windows, attempts, ranges } = given;
  const { pending } = given.selected;
  const contextRows = countContextRows(fitted);
  const { step } = fitted.manifest;
  const history = openContext({ detector, windows, contextRows, step, ranges }, context);
  const notes = openScoreNotes(context.store, unitOf(detector), given.selected);
  await notes.beforeCorrections();
  const run: ScoreRun = { detector, storedState, fitted, history, attempts, ranges, notes, moved: undefined };
  const scored = await scoreInOrder(run, pending, context, onWindow);
  const isCutShort = pending.length > 0 && isOutOfTime(context);
  await notes.leave();
  const windowKey = windows.objects.at(-1)?.key ?? '';
  // An event of what is gone by now looks at nothing that a message could name.
  const isTelling = pending.length === 0 && (windows.scope === undefined || windowKey !== '');
  // What was exported when the windows were listed: what came since may hold somebody.
  const exportedUntil = windows.scope === undefined ? storedState?.state.exportedUntil : undefined;
  if (isTelling) await tellNoticedSilences({ detector, fitted, windowKey, exportedUntil }, context);
  const { state } = run.moved ?? (await readState(context.store, unitOf(detector)));
  if (state.outbox.length > 0) await context.queue.requestNotifying(unitOf(detector));
  if (isCutShort) await askToGoOn(unitOf(detector), { scored: scored.length, of: pending.length }, context);
  await history.leaveCopies();
  await ranges.leave();
  return { phase: state.phase, rows: 0, span: 0, warmup: rowsWanted(detector), scored };
}

/** Epoch ms; undefined where nothing was. */
function findDecidedUntil(state: DetectorState | undefined): number | undefined {
  if (state === undefined) return undefined;
  let newest = state.watchFrom;
  for (const { decidedUntil } of Object.values(state.entities))
    if (newest === undefined || decidedUntil > newest) newest = decidedUntil;
  return newest;
}

/** As many as there is time for. */
async function scoreInOrder(
  run: ScoreRun,
  pending: readonly PendingWindow[],
  context: ScoreContext,
  onWindow: (scored: ScoredWindow) => void,
): Promise<readonly ScoredWindow[]> {
  const { detector, fitted, attempts, ranges } = run;
  const { step } = fitted.manifest;
  const scored: ScoredWindow[] = [];
  for (const batch of inBatches(pending)) {
    if (isOutOfTime(context)) break;
    for (const info of await inTimeOrder({ detector, pending: batch, step, attempts, ranges }, context)) {
      // Another run may be at the same list.
      if (scored.length > 0 && (await isScored(context.store, info))) continue;
      if (isOutOfTime(context)) break;
      const window = await scoreWindow(run, info, context);
      if (window === undefined) continue;
      scored.push(window);
      onWindow(window);
    }
  }
  return scored;
}

function isOutOfTime({ deadline }: ScoreContext): boolean {
  return deadline.remaining() < END_RESERVE;
}

/** @throws RetryLaterError where nothing was scored */
async function askToGoOn(
  detector: string,
  { scored, of }: { readonly scored: number; readonly of: number },
  context: ScoreContext,
): Promise<void> {
  const reason = `${scored} of ${of} windows scored before the deadline`;
  if (scored === 0) throw new RetryLaterError('out-of-time', `${detector}: ${reason}`);
  // A message is tried five times, and a backlog may take more runs: the rest gets a message of its own.
  context.telemetry.info('scoring goes on in another run', { detector, reason });
  await context.queue.requestScoring(detector);
}
