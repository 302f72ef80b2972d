/** Fits and scores one series through the product's own jobs, at its defaults, over a bucket in memory. */

import { ModelError } from '../../lib/base/errors.ts';
import { defaultDetector } from '../../lib/config/defaults.ts';
import type { Detector } from '../../lib/config/detector.ts';
import { manifestHash } from '../../lib/config/manifest.ts';
import type { ModelKind } from '../../lib/config/model-kind.ts';
import { defaultPercentile } from '../../lib/config/percentile.ts';
import type { DecisionPolicy, ScoredRows } from '../../lib/decision/contract.ts';
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { pickRows } from '../../lib/features/pick-rows.ts';
import { type FittedDetector, loadFittedDetector } from '../../lib/jobs/shared/fitted-detector.ts';
import { scoreRows } from '../../lib/jobs/shared/score-rows.ts';
import { trainModel } from '../../lib/jobs/train/train-model.ts';
import { windowKey } from '../../lib/store/keys.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { createMemoryObjectStore } from '../../test/helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../test/helpers/memory-telemetry.ts';
import type { QualityCase } from './load-case.ts';
import { SeriesError } from './read-series.ts';

export interface DetectorRun {
  /** Rows of the test, on the grid. */
  readonly scored: ScoredRows;
  readonly labels: Uint8Array;
  /** 1 where anything was measured: grid rows within a gap have no label worth the name. */
  readonly measured: Uint8Array;
  /** Ms. */
  readonly step: number;
  /** Undefined where the training rows are too few for the default percentile: no decision can be made by default. */
  readonly policy: DecisionPolicy | undefined;
  /** What the model saw, for peers: rows of the training that were measured and not labelled anomalous, and the scored rows. */
  readonly train: FeatureMatrix;
  readonly test: FeatureMatrix;
}

/** Of a threshold that is not used. */
const ANY_PERCENTILE = 50;

export async function runDetector(
  given: QualityCase,
  kind: ModelKind,
  params: Detector['model']['params'] = {},
): Promise<DetectorRun> {
  const detector = describeDetector(kind, given.train.step, params);
  const { fitted, isCalibrated } = await fitAsFarAsPossible(detector, given.train);
  const context = given.follows ? [given.train] : [];
  const test = await scoreRows({ detector, fitted, window: given.test, context });
  const train = await scoreRows({ detector, fitted, window: given.train, context: [] });
  const from = given.train.range.end - detector.training.lookback;
  const normal = Uint32Array.from(train.scored.times.keys()).filter(
    (row) =>
      train.scored.times[row]! >= from &&
      train.prepared.availability[row]! > 0 &&
      train.prepared.window.labels?.[row] !== 1,
  );
  return {
    scored: test.scored,
    labels: test.prepared.window.labels!,
    measured: Uint8Array.from(test.prepared.availability, (share) => (share > 0 ? 1 : 0)),
    step: fitted.manifest.step,
    policy: isCalibrated ? fitted.manifest.policy : undefined,
    train: pickRows(
      train.x,
      normal.map((row) => train.matrixRows[row]!),
    ),
    test: pickRows(test.x, test.matrixRows),
  };
}

/** All defaults, for windows of the detector `quality`. @param step ms */
export function describeDetector(
  kind: ModelKind,
  step: number,
  params: Detector['model']['params'] = {},
): Detector {
  const defaults = defaultDetector('quality');
  return {
    ...defaults,
    step,
    model: { ...defaults.model, kind, params },
    threshold: { ...defaults.threshold, percentile: defaultPercentile(kind) },
    training: { ...defaults.training, warmup: 1 },
  };
}

/** Where rows are too few for the default percentile, the model is fitted all the same, for its ranking. */
async function fitAsFarAsPossible(
  detector: Detector,
  train: MetricWindow,
): Promise<{ readonly fitted: FittedDetector; readonly isCalibrated: boolean }> {
  try {
    return { fitted: await fitDetector(detector, train), isCalibrated: true };
  } catch (error) {
    if (!(error instanceof ModelError && error.code === 'too-few-scores')) throw error;
    const threshold = { ...detector.threshold, percentile: ANY_PERCENTILE };
    return { fitted: await fitDetector({ ...detector, threshold }, train), isCalibrated: false };
  }
}

/**
 * @throws ModelError `too-few-scores` where the training rows are too few for the detector's threshold
 * @throws SeriesError where they are too few to learn from
 */
export async function fitDetector(detector: Detector, train: MetricWindow): Promise<FittedDetector> {
  const store = createMemoryObjectStore();
  const hash = manifestHash(detector);
  await store.put(windowKey(detector.name, train.range), writeWindow(train, { manifestHash: hash }));
  const { version, rows } = await trainModel(
    { detector, manifestHash: hash },
    {
      store,
      telemetry: createMemoryTelemetry(),
      now: () => train.range.end,
      deadline: { remaining: () => Infinity },
      queue: { requestTraining: async () => {}, requestScoring: async () => {} },
    },
  );
  if (version === undefined)
    throw new SeriesError(`${rows} training rows, of which too few are left to learn from`);
  return loadFittedDetector(store, detector.name, version);
}
