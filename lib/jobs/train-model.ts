/** Fits a model on a detector's history and makes it the current version. */
import { createHash } from 'node:crypto';
import type { Detector } from '../config/detector.ts';
import type { DecisionPolicy, ScoredRows } from '../decision/contract.ts';
import { calibrateExtreme } from '../decision/extreme-deviation.ts';
import { calibrateThreshold } from '../decision/threshold.ts';
import { PreconditionFailedError, RetryLaterError } from '../errors.ts';
import { buildMatrix, deviations } from '../features/build-matrix.ts';
import { saveFeatures } from '../features/feature-state.ts';
import { type FeaturePlan, hashPlan } from '../features/plan.ts';
import { type FittedScaler, fitScaler } from '../features/scaler.ts';
import type { FittedModel } from '../models/contract.ts';
import { getModel } from '../models/registry.ts';
import type { DetectorState } from '../store/detector-state.ts';
import { readState, updateState } from '../store/detector-states.ts';
import { encodeJson } from '../store/json.ts';
import { stamp } from '../store/keys.ts';
import type { ModelManifest } from '../store/model-manifest.ts';
import {
  encodeModelState,
  hasVersion,
  moveCurrent,
  readCurrent,
  saveVersion,
} from '../store/model-repository.ts';
import type { MetricWindow } from '../window/window.ts';
import type { TrainContext } from './context.ts';
import { isCaughtUp } from './is-caught-up.ts';
import type { LoadedDetector } from './load-detectors.ts';
import { reachWarmup } from './reach-warmup.ts';
import { reportVersion } from './report-version.ts';
import { SOFTWARE_VERSION } from './software-version.ts';
import { loadTrainingData, type TrainingData } from './training-data.ts';

/** Trainings of one detector that may move current.json at once; each round one of them gets through. */
const MAX_ROUNDS = 10;

export interface TrainResult {
  /** `learning`: fewer rows than `warmup`. `unchanged`: the same inputs had made this version already. */
  readonly outcome: 'trained' | 'unchanged' | 'learning';
  readonly version: string | undefined;
  /** Grid rows that the model was, or would be, fitted on. */
  readonly rows: number;
  readonly entities: number;
}

/**
 * The version id derives from what goes in, so the same inputs give the same bytes under the same name, and a run
 * that was cut short is simply run again.
 * @throws ModelError, FeatureError where the data cannot carry a fit; nothing has changed then
 */
export async function trainModel(
  { detector, manifestHash }: LoadedDetector,
  context: TrainContext,
  onProgress?: (done: number) => void,
): Promise<TrainResult> {
  const { state } = await readState(context.store, detector.name);
  const data = await loadHistory(detector, state, context);
  const rows = data?.window.times.length ?? 0;
  const entities = data?.window.entities.length ?? 0;
  if (data === undefined || rows < detector.training.warmup) {
    context.telemetry.info('learning', { detector: detector.name, rows, warmup: detector.training.warmup });
    return { outcome: 'learning', version: undefined, rows, entities };
  }
  if (detector.labels.criteria.length > 0)
    context.telemetry.info('rows labelled by criteria', { detector: detector.name, ...data.labelledBy });
  const { plan } = data.planned;
  const version = nameVersion(detector, data, hashPlan(plan));
  const exists = await hasVersion(context.store, detector.name, version);
  if (!exists) await fitVersion({ detector, manifestHash, data, plan, version }, context, onProgress);
  await makeCurrent(detector.name, version, context);
  await activate(detector.name, data.window, context);
  if (!exists) context.telemetry.count('ModelsTrained', 1, { detector: detector.name });
  context.telemetry.info(exists ? 'model unchanged' : 'model trained', {
    detector: detector.name,
    version,
    rows,
    entities,
  });
  await context.queue.requestScoring(detector.name);
  return { outcome: exists ? 'unchanged' : 'trained', version, rows, entities };
}

/** Trains where the newest data lies `every` past the newest model's, or where there is no model. By the data's clock. */
export async function trainIfDue(
  loaded: LoadedDetector,
  context: TrainContext,
  onProgress?: (done: number) => void,
): Promise<TrainResult | undefined> {
  const { detector } = loaded;
  const { state } = await readState(context.store, detector.name);
  const newest = Math.max(
    state.exportedUntil ?? -Infinity,
    ...Object.values(state.entities).map(({ decidedUntil }) => decidedUntil),
  );
  if (state.trainedUntil === undefined && !isCaughtUp(detector, state, context.now())) return undefined;
  const due = state.trainedUntil === undefined || newest >= state.trainedUntil + detector.training.every;
  return due ? await trainModel(loaded, context, onProgress) : undefined;
}

/** The newest `lookback`; more of it only where those are too few rows to ever train on. */
async function loadHistory(
  detector: Detector,
  state: DetectorState,
  context: TrainContext,
): Promise<TrainingData | undefined> {
  const data = await loadTrainingData(detector, state, context);
  const reaching = reachWarmup(detector, state.step);
  const rows = data?.window.times.length ?? 0;
  if (rows >= detector.training.warmup || reaching === detector) return data;
  return loadTrainingData(reaching, state, context);
}

/** `<end of training range>-<hash of everything that decides the result>`: sorts by age, and names its content. */
function nameVersion(detector: Detector, data: TrainingData, planHash: string): string {
  const { metrics, model, scaler, threshold, gaps, training, labels } = detector;
  const content = {
    model,
    scaler,
    threshold,
    gaps,
    lookback: training.lookback,
    ...(labels.criteria.length > 0 && { labels }),
    // They decide the units that the report shows.
    ...(metrics.length > 0 && { metrics }),
    planHash,
    step: data.window.step,
    range: data.window.range,
    inputs: data.inputs,
    softwareVersion: SOFTWARE_VERSION,
  };
  const hash = createHash('sha256').update(encodeJson(content)).digest('hex').slice(0, 12);
  return `${stamp(data.window.range.end)}-${hash}`;
}

async function fitVersion(
  given: LoadedDetector & { data: TrainingData; plan: FeaturePlan; version: string },
  context: TrainContext,
  onProgress: ((done: number) => void) | undefined,
): Promise<void> {
  const { detector, data, plan, version } = given;
  const model = await getModel(detector.model.kind);
  const params = model.parseParams(detector.model.params);
  const scaler = fitScaler({ ...data.planned, kind: detector.scaler });
  const x = buildMatrix({ ...data.planned, scaler });
  const fitted = await model.fit(x, params, {
    seed: detector.model.seed,
    deadline: context.deadline,
    ...(data.window.labels !== undefined && { labels: data.window.labels }),
    ...(onProgress !== undefined && { onProgress }),
  });
  const scores = await fitted.score(x);
  const far = deviations(x, scaler).values;
  const policy = calibratePolicy(detector, { ...x, scores, deviations: far }, data.window);
  const manifest = describeVersion({ ...given, params, policy, fitted });
  const report = await reportVersion(
    {
      fitted: { plan, scaler, model: fitted },
      manifest,
      metrics: detector.metrics,
      prepared: data,
      planned: data.planned,
      x,
      scores,
      deviations: far,
    },
    context,
  );
  await saveVersion(context.store, detector.name, version, {
    files: { ...encodeModelState(fitted.save()), 'features.json': encodeFeatures(plan, scaler), ...report },
    manifest,
  });
}

function encodeFeatures(plan: FeaturePlan, scaler: FittedScaler): Uint8Array {
  return encodeJson(saveFeatures({ plan, scaler }));
}

/** Comes from the training scores; rows labelled anomalous have no part in what is normal. */
function calibratePolicy(
  { threshold }: Detector,
  rows: ScoredRows,
  { labels, step }: MetricWindow,
): DecisionPolicy {
  const normal = labels === undefined ? rows.scores : rows.scores.filter((_, row) => labels[row] !== 1);
  const { minDeviation, k, n, resolveAfter } = threshold;
  return {
    threshold: calibrateThreshold(normal, threshold.percentile).threshold,
    minDeviation,
    extremeDeviation: calibrateExtreme({ rows, labels, policy: threshold, step }),
    k,
    n,
    resolveAfter,
  };
}

function describeVersion({
  detector,
  manifestHash,
  data,
  plan,
  version,
  params,
  policy,
  fitted,
}: LoadedDetector & {
  data: TrainingData;
  plan: FeaturePlan;
  version: string;
  params: unknown;
  policy: DecisionPolicy;
  fitted: FittedModel;
}): Omit<ModelManifest, 'files' | 'formatVersion'> {
  const { range, entities, times, step } = data.window;
  return {
    detector: detector.name,
    version,
    kind: fitted.kind,
    params: params as ModelManifest['params'],
    seed: detector.model.seed,
    featurePlanHash: hashPlan(plan),
    manifestHash,
    inputs: data.inputs,
    rows: times.length,
    entities: entities.length,
    step,
    trainingRange: { start: new Date(range.start).toISOString(), end: new Date(range.end).toISOString() },
    softwareVersion: SOFTWARE_VERSION,
    percentile: detector.threshold.percentile,
    policy,
  };
}

/** Moves current.json; a version from newer data, which another run made meanwhile, stays. */
async function makeCurrent(detector: string, version: string, { store }: TrainContext): Promise<void> {
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

async function activate(detector: string, window: MetricWindow, { store }: TrainContext): Promise<void> {
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
