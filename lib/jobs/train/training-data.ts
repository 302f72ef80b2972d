/** The history that a model is fitted on. */

import { nameWorkload } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import type { UsualPresence } from '../../decision/silence/contract.ts';
import { learnPresence } from '../../decision/silence/learn-presence.ts';
import { applyCriteria, type CriterionCounts } from '../../features/apply-criteria.ts';
import { changePreparedRows, combinePreparedRows } from '../../features/combine-prepared-rows.ts';
import { type Accumulating, findCounters } from '../../features/counters.ts';
import { planFeatures } from '../../features/plan.ts';
import { type PreparedRows, prepareLabelledRows } from '../../features/prepare-rows.ts';
import type { PlannedRows } from '../../features/source-columns.ts';
import { findWarmRows } from '../../features/warm-rows.ts';
import { countLeftOut } from '../../report/left-out.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import type { LeftOutOfTraining, ModelManifest } from '../../store/model-manifest.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import { NO_HOLES, type TrainingHoles } from '../../store/training-holes.ts';
import type { TrainingProgress } from '../../store/training-progress.ts';
import { sliceWindow } from '../../window/combine.ts';
import { selectRows } from '../../window/select-rows.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { StoreContext } from '../shared/context.ts';
import { openFileRanges } from '../shared/file-ranges.ts';
import { measureHistory, type Span, spanOf } from '../shared/learned-history.ts';
import { listWindowObjects, namedRange, readWindowObject } from '../shared/window-objects.ts';
import { cutHoles } from './cut-holes.ts';
import { findHoles } from './find-holes.ts';

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

interface Loaded {
  readonly window: MetricWindow;
  readonly info: ObjectInfo;
}

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
  context: StoreContext,
  kept?: Pick<TrainingProgress, 'inputs' | 'holes'>,
): Promise<TrainingData | undefined> {
  const { loaded, unread } = await loadWindows(
    detector,
    { step: detector.step ?? state.step, only: kept?.inputs },
    context,
  );
  const end = loaded.reduce((latest, { window }) => Math.max(latest, window.range.end), -Infinity);
  const range = { start: end - detector.training.lookback, end };
  const used = loaded
    .filter(({ window }) => window.range.end > range.start)
    .sort((a, b) => a.window.range.start - b.window.range.start || (a.info.key < b.info.key ? -1 : 1));
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
  const inputs = used.map(({ window, info }) => ({
    key: info.key,
    etag: info.etag,
    rows: window.times.length,
  }));
  const judged = used.flatMap(({ window }) => (window.labels === undefined ? [] : [window.range]));
  const { labelledBy, ...labelled } = applyCriteria(history, detector, judged);
  const span = measureHistory([...unread, ...loaded.map(({ window }) => spanOf(window))]);
  const usual = learnPresence(history.window, {
    step,
    metrics,
    workloadOf: (entity) => nameWorkload(entity, detector.entityLabels),
  });
  // An earlier release's training kept none, and left nothing out.
  const holes =
    kept === undefined
      ? await findHoles(detector, { range, step, open: listOpen(state) }, context)
      : (kept.holes ?? NO_HOLES);
  const { rows, leftOut } = cutHoles(labelled, holes, detector);
  const selected = selectTrainingRows(rows, detector, counters);
  return { ...selected, inputs, holes, leftOut, span, usual, labelledBy };
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

async function loadWindows(
  detector: Detector,
  given: { readonly step: number | undefined; readonly only: ModelManifest['inputs'] | undefined },
  context: StoreContext,
): Promise<{ readonly loaded: readonly Loaded[]; readonly unread: readonly Span[] }> {
  const wanted = given.only && new Set(given.only.map(({ key, etag }) => `${key} ${etag}`));
  // A window that drifted from the last model's metrics is what the next model has to learn from.
  const objects = await listWindowObjects(
    context.store,
    detector.name,
    ({ code }) => code !== 'schema-drift',
  );
  let { step } = given;
  const loaded: Loaded[] = [];
  const ranges = openFileRanges({ detector, objects }, context);
  const known = await ranges.known(step);
  // Files that came since do not make those too old that a training under way goes on with.
  const isWanted = ({ key, etag }: ObjectInfo): boolean => wanted?.has(`${key} ${etag}`) === true;
  const near = withinLookback(objects, detector.training.lookback, known, isWanted);
  for (const info of near) {
    if (wanted?.has(`${info.key} ${info.etag}`) === false) continue;
    const read = await readWindowObject(context, { detector, key: info.key, step });
    if (read === undefined) continue;
    step ??= read.window.step;
    ranges.learn(info.key, read);
    loaded.push({ window: read.window, info: { ...info, etag: read.etag } });
  }
  await ranges.leave();
  // Of what is left out unread, an exporter's key tells no first row; it ends with its newest.
  const kept = new Set(near);
  const unread = objects.flatMap((info) => {
    const range = kept.has(info) ? undefined : known.get(info.key);
    if (range === undefined) return [];
    return [namedRange(info) === undefined ? range : { start: range.end, end: range.end }];
  });
  return { loaded, unread };
}

/**
 * Leaves out what is too old by its key, or by what was learned of it; a dropped file that nobody has read yet has to be, to
 * know.
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
