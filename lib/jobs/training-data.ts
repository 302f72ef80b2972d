/** The history that a model is fitted on. */
import type { Detector } from '../config/detector.ts';
import { AVAILABILITY_COLUMN } from '../features/plan.ts';
import type { DetectorState } from '../store/detector-state.ts';
import { rangeOfWindowKey } from '../store/keys.ts';
import type { ModelManifest } from '../store/model-manifest.ts';
import type { ObjectInfo } from '../store/object-store.ts';
import { mergeWindows, sliceWindow } from '../window/combine.ts';
import { selectRows } from '../window/select-rows.ts';
import type { MetricWindow } from '../window/window.ts';
import { applyCriteria, type CriterionCounts } from './apply-criteria.ts';
import type { StoreContext } from './context.ts';
import { type PreparedRows, prepareLabelledRows } from './prepare-rows.ts';
import { listWindowObjects, readWindowObject } from './window-objects.ts';

export interface TrainingData extends PreparedRows {
  /** Oldest first. */
  readonly inputs: ModelManifest['inputs'];
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
 * or an outage would become normal. Where no label column says what is anomalous, the detector's criteria do.
 * @returns undefined where there is none
 */
export async function loadTrainingData(
  detector: Detector,
  state: DetectorState,
  context: StoreContext,
): Promise<TrainingData | undefined> {
  const loaded = await loadWindows(detector, detector.step ?? state.step, context);
  const end = Math.max(...loaded.map(({ window }) => window.range.end));
  const range = { start: end - detector.training.lookback, end };
  const used = loaded
    .filter(({ window }) => window.range.end > range.start)
    .sort((a, b) => a.window.range.start - b.window.range.start || (a.info.key < b.info.key ? -1 : 1));
  const newest = used.at(-1)?.window;
  if (newest === undefined) return undefined;
  const step = detector.step ?? state.step ?? newest.step;
  const prepared = used.map(({ window }) =>
    withAvailability(
      prepareLabelledRows(
        keepMetrics(window, [...newest.metrics, ...detector.labels.columns]),
        detector,
        step,
      ),
    ),
  );
  const merged = sliceWindow(mergeWindows(prepared), range);
  const inputs = used.map(({ window, info }) => ({
    key: info.key,
    etag: info.etag,
    rows: window.times.length,
  }));
  const judged = used.flatMap(({ window }) => (window.labels === undefined ? [] : [window.range]));
  return { ...applyCriteria(splitAvailability(merged), detector, judged), inputs };
}

async function loadWindows(
  detector: Detector,
  givenStep: number | undefined,
  context: StoreContext,
): Promise<readonly Loaded[]> {
  // A window that drifted from the last model's metrics is what the next model has to learn from.
  const objects = await listWindowObjects(
    context.store,
    detector.name,
    ({ code }) => code !== 'schema-drift',
  );
  let step = givenStep;
  const loaded: Loaded[] = [];
  for (const info of withinLookback(objects, detector.training.lookback)) {
    const read = await readWindowObject(context, { detector, key: info.key, step });
    if (read === undefined) continue;
    step ??= read.window.step;
    loaded.push({ window: read.window, info: { ...info, etag: read.etag } });
  }
  return loaded;
}

/** Leaves out what the key alone tells to be too old; a dropped file has to be read to know. */
function withinLookback(objects: readonly ObjectInfo[], lookback: number): readonly ObjectInfo[] {
  const ends = objects.map(({ key }) => rangeOfWindowKey(key)?.end);
  const newest = Math.max(...ends.map((end) => end ?? -Infinity));
  return objects.filter((_, i) => ends[i] === undefined || ends[i] > newest - lookback);
}

function keepMetrics(window: MetricWindow, metrics: readonly string[]): MetricWindow {
  const kept = window.metrics.flatMap((name, i) => (metrics.includes(name) ? [i] : []));
  return {
    ...window,
    metrics: kept.map((i) => window.metrics[i]!),
    columns: kept.map((i) => window.columns[i]!),
  };
}

/** As a column, so that it moves with its rows. */
function withAvailability({ window, availability }: PreparedRows): MetricWindow {
  return {
    ...window,
    metrics: [...window.metrics, AVAILABILITY_COLUMN],
    columns: [...window.columns, availability],
  };
}

function splitAvailability(merged: MetricWindow): PreparedRows {
  const at = merged.metrics.indexOf(AVAILABILITY_COLUMN);
  const measured = selectRows(merged, (row) => merged.columns[at]![row]! > 0);
  return {
    window: {
      ...measured,
      metrics: measured.metrics.filter((_, i) => i !== at),
      columns: measured.columns.filter((_, i) => i !== at),
    },
    availability: measured.columns[at]!,
  };
}
