/** The history that a model is fitted on. */

import { nameWorkload } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { UsualPresence } from '../../decision/silence/contract.ts';
import { learnPresence } from '../../decision/silence/learn-presence.ts';
import { applyCriteria, type CriterionCounts } from '../../features/apply-criteria.ts';
import { changePreparedRows, combinePreparedRows } from '../../features/combine-prepared-rows.ts';
import { type Accumulating, findCounters } from '../../features/counters.ts';
import { findWarmRows } from '../../features/grid-rows.ts';
import { planFeatures } from '../../features/plan.ts';
import { type PreparedRows, prepareLabelledRows } from '../../features/prepare-rows.ts';
import type { PlannedRows } from '../../features/source-columns.ts';
import { countLeftOut } from '../../report/left-out.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readFileRanges } from '../../store/file-ranges.ts';
import { windowsPrefix } from '../../store/keys.ts';
import type { LeftOutOfTraining, ModelManifest } from '../../store/model-manifest.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import { NO_HOLES, type TrainingHoles } from '../../store/training-holes.ts';
import type { TrainingProgress } from '../../store/training-progress.ts';
import { sliceWindow } from '../../window/combine.ts';
import { selectRows } from '../../window/select-rows.ts';
import { WIDEST_HOLE } from '../../window/time-bounds.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { StoreContext, TrainContext, WindowAtHand } from '../shared/context.ts';
import { openFileRanges } from '../shared/file-ranges.ts';
import { measureHistory, type Span, spanOf } from '../shared/learned-history.ts';
import { type LookedAt, lookAt } from '../shared/looked-at.ts';
import { newestData } from '../shared/newest-data.ts';
import type { Quarantined } from '../shared/quarantine.ts';
import { readAhead } from '../shared/read-ahead.ts';
import { readWindowObject } from '../shared/read-window-object.ts';
import { namedRange } from '../shared/window-objects.ts';
import { listDays, scopeOfNewest, startOfDay } from '../shared/window-scope.ts';
import { cutHoles } from './cut-holes.ts';
import { findHoles } from './find-holes.ts';
import { findUnwatched } from './find-unwatched.ts';
import { ownersOfHistory } from './owners-of-history.ts';

/** The rows to learn from. */
export interface TrainingData extends PreparedRows {
  /** What their features are made of: the same rows in the same order, and the history before them. */
  readonly planned: PlannedRows;
  /** Oldest first. */
  readonly inputs: ModelManifest['inputs'];
  /** What was to be left out of them, and what came of it; undefined: nothing. */
  readonly holes: TrainingHoles;
  readonly leftOut: LeftOutOfTraining | undefined;
  /** Ms from the oldest row of the whole history, what lies before the lookback included, to the end of the newest. */
  readonly span: number;
  /** Who reported what, of the whole lookback with what is left out: that somebody was there is no measurement. */
  readonly usual: UsualPresence;
  /** Label criterion → rows in which it held. Empty where the manifest has none. */
  readonly labelledBy: CriterionCounts;
}

const DAY = 86_400_000;

/**
 * The newest `lookback` of history, window by window prepared as it is for scoring. The metrics are those of the
 * newest window: what arrives from now on is what can be scored. Rows in which nothing was measured are left out,
 * or an outage would become normal; so are those whose features look back further than the history goes, and those of holes
 * (`find-holes.ts`). Where no label column says what is anomalous, the detector's criteria do, which see holes too.
 * @param kept windows as they were and the holes in them; without it, all windows that there are, and what people say now
 * @returns undefined where there is none
 */
export async function loadTrainingData(
  detector: Detector,
  state: DetectorState,
  context: StoreContext & Pick<TrainContext, 'windows'>,
  kept?: Pick<TrainingProgress, 'inputs' | 'holes'>,
): Promise<TrainingData | undefined> {
  const { loaded, unread, end } =
    context.windows === undefined
      ? await loadHistory(detector, { state, only: kept?.inputs }, context)
      : asHistory(context.windows);
  const range = { start: end - detector.training.lookback, end };
  const used = loaded
    .filter(({ window }) => window.range.end > range.start)
    .sort((a, b) => a.window.range.start - b.window.range.start || (a.key < b.key ? -1 : 1));
  const newest = used.at(-1)?.window;
  if (newest === undefined) return undefined;
  const step = detector.step ?? state.step ?? newest.step;
  const columns = [...newest.metrics, ...detector.labels.columns];
  const metrics = newest.metrics.filter((name) => !detector.labels.columns.includes(name));
  const counters = findCounters(
    used.map(({ window }) => window),
    { metrics, step },
  );
  const restarting = new Set(counters.keys());
  const prepared = combinePreparedRows(
    used.map(({ window }) => prepareLabelledRows(keepMetrics(window, columns), detector, step, restarting)),
  );
  const history = changePreparedRows(prepared, (window) => sliceWindow(window, range));
  const inputs = used.map(({ window, key, etag }) => ({ key, etag, rows: window.times.length }));
  const judged = used.flatMap(({ window }) => (window.labels === undefined ? [] : [window.range]));
  const { labelledBy, ...labelled } = applyCriteria(history, detector, judged);
  const owners = ownersOfHistory(used.map(({ window }) => window));
  const span = measureHistory([...unread, ...loaded.map(({ window }) => spanOf(window))]);
  const usual = learnPresence(history.window, {
    step,
    metrics,
    workloadOf: (entity) => nameWorkload(entity, detector.entityLabels, owners.get(entity)),
  });
  // An earlier release's training kept none, and left nothing out.
  const told =
    kept === undefined
      ? await findHoles(detector, { range, step, open: listOpen(state) }, context)
      : (kept.holes ?? NO_HOLES);
  const cut = (
    holes: TrainingHoles,
  ): Pick<TrainingData, keyof ReturnType<typeof selectTrainingRows> | 'holes' | 'leftOut'> => {
    const { rows, leftOut } = cutHoles(labelled, holes, { ...detector, podOwners: owners });
    return { ...selectTrainingRows(rows, detector, counters), holes, leftOut };
  };
  const watched = cut(told);
  const unwatched =
    kept === undefined
      ? findUnwatched(seeAgain(watched, told, cut), detector, { watchedFrom: state.watchFrom, judged })
      : { holes: [] };
  const isClean = unwatched.holes.length === 0 && unwatched.tooUnlike === undefined;
  const selected = isClean
    ? watched
    : cut({ ...told, ...unwatched, holes: [...told.holes, ...unwatched.holes] });
  return { ...selected, inputs, span, usual, labelledBy };
}

/**
 * A departure that came once before anybody watched, and once more since, is a habit of its hour and no fault of the
 * history. So anomalies that nobody has answered are seen here.
 * @param watched without what `told` leaves out
 */
function seeAgain<T>(watched: T, told: TrainingHoles, cut: (holes: TrainingHoles) => T): T {
  const holes = told.holes.filter(({ reason }) => reason !== 'unanswered');
  return holes.length === told.holes.length ? watched : cut({ ...told, holes });
}

/** Ids of anomalies. */
function listOpen({ entities }: DetectorState): ReadonlySet<string> {
  return new Set(Object.values(entities).flatMap(({ open }) => open?.id ?? []));
}

/** Towards `warmup`: rows of anomalies are among them, since they came once there was a model; excluded ones are not. */
export function countWarmupRows({ window, leftOut }: Pick<TrainingData, 'window' | 'leftOut'>): number {
  return window.times.length + countLeftOut(leftOut) - (leftOut?.rows['excluded'] ?? 0);
}

/** Entities without a row to learn from are left out of the history too: both then number entities alike. */
function selectTrainingRows(
  history: PreparedRows,
  detector: Detector,
  counters: ReadonlyMap<string, Accumulating>,
): PreparedRows & { readonly planned: PlannedRows } {
  const plan = planFeatures(history.window.metrics, {
    settings: detector.features,
    step: history.window.step,
    counters,
  });
  const findRows = ({ window, availability }: PreparedRows): Uint32Array =>
    findWarmRows(window, plan).filter((row) => availability[row]! > 0);
  const learned = new Set(Array.from(findRows(history), (row) => history.window.entityOf[row]!));
  const known = changePreparedRows(history, (window) =>
    selectRows(window, (row) => learned.has(window.entityOf[row]!)),
  );
  const rows = findRows(known);
  const kept = new Set(rows);
  return {
    ...changePreparedRows(known, (window) => selectRows(window, (row) => kept.has(row))),
    planned: { ...known, plan, rows },
  };
}

interface LoadedHistory {
  readonly loaded: readonly WindowAtHand[];
  /** Of windows that are too old. */
  readonly unread: readonly Span[];
  /** Epoch ms: exclusive end of the newest window; -Infinity where there is none. */
  readonly end: number;
}

/**
 * Lists what the lookback can reach, by what the state knows of the newest data. If the data turns out to be older, that is
 * not enough, and everything is listed.
 */
async function loadHistory(
  detector: Detector,
  given: { readonly state: DetectorState; readonly only: ModelManifest['inputs'] | undefined },
  context: StoreContext,
): Promise<LoadedHistory> {
  const { state, only } = given;
  const step = detector.step ?? state.step;
  const reach = detector.training.lookback + Math.max(DAY, detector.detectionWindow);
  // A cursor moves on over a day without data.
  const since = startOfDay(newestData(state, context.now()) - reach - DAY);
  const { store } = context;
  // A training that goes on has its windows, of whatever time.
  if (only === undefined && Number.isFinite(since)) {
    const fileRanges = await readFileRanges(store, unitOf(detector));
    const scope = scopeOfNewest({ since, files: fileRanges.files.size });
    const oldest = await findOldest(store, unitOf(detector));
    const isNear = oldest === undefined || since - oldest.end <= WIDEST_HOLE;
    if (isNear) {
      const windows = await lookAt(store, unitOf(detector), { scope, fileRanges, keepsOut });
      const history = await loadWindows(detector, { step, only, windows }, context);
      if (history.end - reach >= since)
        return oldest === undefined ? history : { ...history, unread: [...history.unread, oldest] };
    }
  }
  const windows = await lookAt(store, unitOf(detector), { scope: undefined, keepsOut });
  return loadWindows(detector, { step, only, windows }, context);
}

/** A window that drifted from the last model's metrics is what the next model has to learn from. */
function keepsOut({ code }: Quarantined): boolean {
  return code !== 'schema-drift';
}

/** The oldest exported window, whose key tells its end; undefined where there is none. */
async function findOldest(store: ObjectStore, detector: string): Promise<Span | undefined> {
  const all = { start: 0, end: Infinity };
  for await (const info of listDays(store, windowsPrefix(detector), all)) {
    const range = namedRange(info);
    if (range !== undefined) return { start: range.end, end: range.end };
  }
  return undefined;
}

async function loadWindows(
  detector: Detector,
  given: {
    readonly step: number | undefined;
    readonly only: ModelManifest['inputs'] | undefined;
    readonly windows: LookedAt;
  },
  context: StoreContext,
): Promise<LoadedHistory> {
  const { windows } = given;
  const objects = windows.known;
  const wanted = given.only && new Set(given.only.map(({ key, etag }) => `${key} ${etag}`));
  let { step } = given;
  const loaded: WindowAtHand[] = [];
  const ranges = openFileRanges({ detector, windows }, context);
  const known = await ranges.known(step);
  // Files that came since do not make those too old that a training under way goes on with.
  const isWanted = ({ key, etag }: ObjectInfo): boolean => wanted?.has(`${key} ${etag}`) === true;
  const near = withinLookback(objects, detector.training.lookback, known, isWanted);
  const asked = near.filter((info) => wanted === undefined || isWanted(info));
  for await (const { info, stored } of readAhead(context.store, asked)) {
    const read = await readWindowObject(context, { detector, key: info.key, step, stored });
    if (read === undefined) continue;
    step ??= read.window.step;
    ranges.learn(info.key, read);
    loaded.push({ window: read.window, key: info.key, etag: read.etag });
  }
  await ranges.leave();
  // Of what is left out unread, an exporter's key tells no first row; it ends with its newest.
  const kept = new Set(near);
  const unread = objects.flatMap((info) => {
    const range = kept.has(info) ? undefined : known.get(info.key);
    if (range === undefined) return [];
    return [namedRange(info) === undefined ? range : { start: range.end, end: range.end }];
  });
  return { ...asHistory(loaded), unread };
}

/** All of it is at hand. */
function asHistory(loaded: readonly WindowAtHand[]): LoadedHistory {
  const end = loaded.reduce((latest, { window }) => Math.max(latest, window.range.end), -Infinity);
  return { loaded, unread: [], end };
}

/**
 * Leaves out windows that are too old by their key, or by what was learned of them. A dropped file that nobody has read yet
 * has to be read to know.
 */
function withinLookback(
  objects: readonly ObjectInfo[],
  lookback: number,
  known: ReadonlyMap<string, TimeRange>,
  isWanted: (info: ObjectInfo) => boolean,
): readonly ObjectInfo[] {
  const [newestNamed, newest] = [objects.filter((info) => namedRange(info) !== undefined), objects].map(
    (of) => of.reduce((latest, { key }) => Math.max(latest, known.get(key)?.end ?? -Infinity), -Infinity),
  );
  return objects.filter((info) => {
    const end = known.get(info.key)?.end;
    const latest = namedRange(info) === undefined ? newest! : newestNamed!;
    return end === undefined || end > latest - lookback || isWanted(info);
  });
}

function keepMetrics(window: MetricWindow, metrics: readonly string[]): MetricWindow {
  const kept = window.metrics.flatMap((name, i) => (metrics.includes(name) ? [i] : []));
  return {
    ...window,
    metrics: kept.map((i) => window.metrics[i]!),
    columns: kept.map((i) => window.columns[i]!),
  };
}
