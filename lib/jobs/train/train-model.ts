/** Fits a model on a detector's history and makes it the current version. */
import type { Detector } from '../../config/detector.ts';
import { isWarm, rowsToCalibrate, rowsWanted, sayWarmup, widenLookback } from '../../config/warmup.ts';
import { unitOf } from '../../config/work-unit.ts';
import { savePresence } from '../../decision/silence/presence-state.ts';
import { saveEvidence } from '../../evidence/state.ts';
import { buildMatrix, deviations } from '../../features/build-matrix.ts';
import { saveFeatures } from '../../features/feature-state.ts';
import type { FeaturePlan } from '../../features/plan.ts';
import { type FittedScaler, fitScaler } from '../../features/scaler.ts';
import type { Deadline } from '../../models/framework/contract.ts';
import { getModel } from '../../models/registry.ts';
import { countLeftOut } from '../../report/left-out.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readState } from '../../store/detector-states.ts';
import { encodeJson } from '../../store/json.ts';
import type { ModelLineage } from '../../store/model-manifest.ts';
import { encodeModelState, hasVersion, saveVersion } from '../../store/model-repository.ts';
import type { TrainingProgress } from '../../store/training-progress.ts';
import { FUTURE_TOLERANCE } from '../../window/time-bounds.ts';
import { calmMatrix } from '../shared/calm-matrix.ts';
import type { TrainContext } from '../shared/context.ts';
import { EVIDENCE_FILE, PRESENCE_FILE } from '../shared/fitted-detector.ts';
import { isHistoryExported } from '../shared/is-history-exported.ts';
import { findLeastChanges, findLeastOffZero } from '../shared/least-changes.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import { newestData } from '../shared/newest-data.ts';
import { countScoreRows } from '../shared/score-rows.ts';
import { attemptTraining, saySetAside } from '../shared/training-attempts.ts';
import { unitsOfDetector } from '../shared/units.ts';
import { activate, makeCurrent } from './activate-version.ts';
import { calibrateVersion } from './calibrate-version.ts';
import { describeVersion } from './describe-version.ts';
import { loadStart, resolveLineage } from './fine-tune.ts';
import { nameVersion } from './name-version.ts';
import { type Elsewhere, placeKiller, placeTraining } from './place-training.ts';
import { removeOldVersions } from './remove-old-versions.ts';
import { reportVersion } from './report-version.ts';
import { countWarmupRows, loadTrainingData, type TrainingData } from './training-data.ts';
import {
  findOpenTraining,
  fitInSession,
  isClaimed,
  type OpenTraining,
  openSession,
  runInSession,
  type TrainingSession,
} from './training-session.ts';

/** Of a run's time, kept back from the fit for scoring the history, drawing the report and saving: a share of it, up to ms. */
const RESERVE = { share: 0.25, atMost: 120_000 } as const;
/** Of the rows that count towards the warmup, the share that has to be left to learn from. */
const LEAST_LEFT = 0.5;
/** Ms after which a training that nobody writes to any more is taken up: longer than a run and its wait in a queue. */
const TAKE_UP_AFTER = 3_600_000;

export interface TrainResult {
  /**
   * `learning`: less than `warmup`. `unchanged`: the same inputs had made this version already. `paused`: the
   * time was up, and another run was asked to go on. `under-way`: another run is at it. `set-aside`: it ended two runs
   * from outside, or failed as a job, and is not tried for now. `submitted`: beyond the function, a job was asked for.
   * `beyond`: it fits nowhere. `in-shards`: each of the detector's shards has a model of its own, and was asked for.
   */
  readonly outcome: 'trained' | 'unchanged' | 'learning' | 'paused' | 'in-shards' | Elsewhere;
  readonly version: string | undefined;
  /** Grid rows that the model was, or would be, fitted on. */
  readonly rows: number;
  /** Ms from the oldest row of the whole history to the end of the newest. */
  readonly span: number;
  readonly entities: number;
  /** Rows that are not among them, for what people said of them or nobody did; absent: none. */
  readonly leftOut?: number;
}

const NOT_HERE = { version: undefined, rows: 0, span: 0, entities: 0 } as const;

/** What a version is made of, and its name. */
interface Prepared {
  readonly data: TrainingData;
  readonly lineage: ModelLineage | undefined;
  readonly version: string;
}

/**
 * The version id derives from what goes in, so the same inputs give the same bytes under the same name, and a run
 * that was cut short is simply run again. A fit that takes several runs goes on with what the first one loaded: windows
 * that arrived since are for the next version.
 * @throws ModelError, FeatureError where the data cannot carry a fit, ArtifactError where a version to start from
 *   cannot; the current version stays in use then
 */
export async function trainModel(
  loaded: LoadedDetector,
  context: TrainContext,
  onProgress?: (done: number) => void,
): Promise<TrainResult> {
  const units = unitsOfDetector(loaded);
  if (loaded.detector.shard === undefined && units.length > 1) {
    for (const unit of units) await context.queue.requestTraining(unit);
    return { outcome: 'in-shards', ...NOT_HERE };
  }
  const elsewhere = await placeTraining(loaded, context);
  if (elsewhere !== undefined) return { outcome: elsewhere, ...NOT_HERE };
  const attempt = await attemptTraining(loaded, context, () => train(loaded, context, onProgress));
  if ('result' in attempt) return attempt.result;
  const unit = unitOf(loaded.detector);
  const asJob = await placeKiller(loaded, context);
  if (asJob !== undefined) return { outcome: asJob, ...NOT_HERE };
  context.telemetry.error('training set aside', {
    detector: unit,
    code: 'killed-function',
    reason: saySetAside(unit, attempt.setAside),
  });
  return { outcome: 'set-aside', ...NOT_HERE };
}

async function train(
  loaded: LoadedDetector,
  context: TrainContext,
  onProgress: ((done: number) => void) | undefined,
): Promise<TrainResult> {
  const { detector } = loaded;
  const open = await findOpenTraining(unitOf(detector), context);
  const { state } = await readState(context.store, unitOf(detector));
  const prepared =
    (await resume(detector, state, open, context)) ?? (await prepare(detector, state, context));
  if (!('version' in prepared)) return { ...prepared, outcome: 'learning', version: undefined };
  const { data, lineage, version } = prepared;
  const { times, entities } = data.window;
  const leftOut = countLeftOut(data.leftOut);
  const size = {
    rows: times.length,
    span: data.span,
    entities: entities.length,
    ...(leftOut > 0 && { leftOut }),
  };
  const told = { detector: unitOf(detector), version, ...size };
  if (isClaimed(open, context.now())) {
    context.telemetry.info('training is under way in another run', told);
    return { outcome: 'under-way', version, ...size };
  }
  const exists = await hasVersion(context.store, unitOf(detector), version);
  const { inputs, holes } = data;
  const session = openSession(
    { identity: { detector: unitOf(detector), version, inputs, holes, lineage }, open },
    context,
  );
  if (!exists) {
    const { outcome } = await runInSession(session, () =>
      fitVersion({ ...loaded, ...prepared, session }, context, onProgress),
    );
    if (outcome === 'paused') {
      context.telemetry.info('training goes on in another run', told);
      await context.queue.requestTraining(unitOf(detector));
    }
    if (outcome === 'taken-over') context.telemetry.info('training is under way in another run', told);
    if (outcome !== 'done')
      return { outcome: outcome === 'paused' ? 'paused' : 'under-way', version, ...size };
  }
  await makeCurrent(unitOf(detector), version, context);
  await activate(unitOf(detector), data.window, context);
  await session.close();
  if (!exists) context.telemetry.count('ModelsTrained', 1, { detector: unitOf(detector) });
  context.telemetry.info(exists ? 'model unchanged' : 'model trained', told);
  await context.queue.requestScoring(unitOf(detector));
  if (!exists && !context.keepsVersions) await removeOldVersions(detector, context);
  return { outcome: exists ? 'unchanged' : 'trained', version, ...size };
}

/**
 * Trains where the newest data lies `every` past the newest model's, where there is no model, or where a training was
 * left in its middle. By the data's clock.
 */
export async function trainIfDue(
  loaded: LoadedDetector,
  context: TrainContext,
  onProgress?: (done: number) => void,
): Promise<TrainResult | undefined> {
  return (await isTrainingDue(loaded, context)) ? await trainModel(loaded, context, onProgress) : undefined;
}

export async function isTrainingDue(
  { detector, storedState }: LoadedDetector,
  context: TrainContext,
): Promise<boolean> {
  const open = await findOpenTraining(unitOf(detector), context);
  // Its next run is asked for already; only where that came to nothing is it taken up from here.
  if (open.progress !== undefined)
    return !isClaimed(open, context.now()) && context.now() - open.lastModified >= TAKE_UP_AFTER;
  const { state } = storedState ?? (await readState(context.store, unitOf(detector)));
  if (state.trainedUntil === undefined) return isHistoryExported(detector, state, context.now());
  // A version that was made of times that cannot be is not waited for until they have come.
  const latest = context.now() + FUTURE_TOLERANCE;
  if (state.trainedUntil > latest) return true;
  return newestData(state, latest) >= state.trainedUntil + detector.training.every;
}

/** Undefined where nothing is under way, or what is would not come to the same version any more. */
async function resume(
  detector: Detector,
  state: DetectorState,
  { progress }: OpenTraining,
  context: TrainContext,
): Promise<Prepared | undefined> {
  if (progress === undefined) return undefined;
  const { lineage, version } = progress;
  const data = await loadHistory(detector, state, context, progress);
  if (data !== undefined && nameVersion(detector, data, lineage) === version)
    return { data, lineage, version };
  context.telemetry.info('settings or windows of the training under way have changed; it starts anew', {
    detector: unitOf(detector),
    version,
  });
  return undefined;
}

/** @returns how little there is, where that is too little to learn from */
async function prepare(
  detector: Detector,
  state: DetectorState,
  context: TrainContext,
): Promise<Prepared | Pick<TrainResult, 'rows' | 'span' | 'entities'>> {
  const data = await loadHistory(detector, state, context);
  const rows = data === undefined ? 0 : countWarmupRows(data);
  const span = data?.span ?? 0;
  if (data === undefined || !isWarm(detector, { rows, span }) || !hasEnoughLeft(detector, data)) {
    const leftOut = countLeftOut(data?.leftOut);
    // Where it is not for want of a history, somebody has to look at what takes it away.
    context.telemetry[isWarm(detector, { rows, span }) ? 'warn' : 'info']('learning', {
      detector: unitOf(detector),
      rows,
      leftOut,
      warmup: sayWarmup(detector),
    });
    return { rows, span, entities: data?.window.entities.length ?? 0 };
  }
  if (detector.labels.criteria.length > 0)
    context.telemetry.info('rows labelled by criteria', { detector: unitOf(detector), ...data.labelledBy });
  const lineage = await resolveLineage(detector, context.store);
  return { data, lineage, version: nameVersion(detector, data, lineage) };
}

/**
 * Rows that are left out count towards the warmup, and yet nothing is learned from them: of a history that was mostly
 * anomalous or excluded no model is made, and the one in use stays.
 */
function hasEnoughLeft(detector: Detector, data: TrainingData): boolean {
  const left = data.window.times.length;
  return left >= rowsToCalibrate(detector) && left >= LEAST_LEFT * countWarmupRows(data);
}

function keepReserve(deadline: Deadline): Deadline {
  const reserve = Math.min(RESERVE.share * deadline.remaining(), RESERVE.atMost);
  return { remaining: () => deadline.remaining() - reserve };
}

/** The newest `lookback`; more of it only where those are too few rows to ever train on. */
async function loadHistory(
  detector: Detector,
  state: DetectorState,
  context: TrainContext,
  kept?: Pick<TrainingProgress, 'inputs' | 'holes'>,
): Promise<TrainingData | undefined> {
  const data = await loadTrainingData(detector, state, context, kept);
  const reaching = widenLookback(detector, state.step);
  const rows = data === undefined ? 0 : countWarmupRows(data);
  if (rows >= rowsWanted(detector) || reaching === detector) return data;
  return loadTrainingData(reaching, state, context, kept);
}

async function fitVersion(
  given: LoadedDetector & Prepared & { readonly session: TrainingSession },
  context: TrainContext,
  onProgress: ((done: number) => void) | undefined,
): Promise<void> {
  const { detector, data, version, lineage, session } = given;
  const { plan } = data.planned;
  const model = await getModel(detector.model.kind);
  const params = model.parseParams(detector.model.params);
  const scaler = fitScaler({ ...data.planned, kind: detector.scaler });
  const byEvidence = detector.threshold.rule === 'evidence';
  const leastOffZero = byEvidence ? findLeastOffZero({ detector, plan }) : undefined;
  const x = buildMatrix({ ...data.planned, scaler, leastOffZero });
  const deadline = keepReserve(context.deadline);
  const startFrom = lineage && (await loadStart({ detector, lineage, scaler }, context.store));
  const fitted = await fitInSession(session, (checkpoint) =>
    model.fit(x, params, {
      seed: detector.model.seed,
      deadline,
      checkpoint,
      ...(data.window.labels !== undefined && { labels: data.window.labels }),
      ...(startFrom !== undefined && { startFrom }),
      ...(onProgress !== undefined && { onProgress }),
    }),
  );
  const judged = byEvidence ? calmMatrix(x, { detector, plan, scaler }) : x;
  const scores = await fitted.score(judged);
  const far = deviations(x, scaler).values;
  const { labels, step } = data.window;
  const calibrated = await calibrateVersion({
    detector,
    plan,
    scaler,
    x,
    rows: { ...x, scores, deviations: far },
    labels,
    contextRows: countScoreRows({ plan, model: fitted }),
    step,
    rehearsal: { model, params, run: { seed: detector.model.seed, deadline } },
  });
  const manifest = describeVersion({ ...given, params, calibrated, fitted });
  const report = await reportVersion(
    {
      fitted: { plan, scaler, model: fitted, evidence: calibrated.evidence },
      rowEvidence: calibrated.rowEvidence,
      leastChanges: findLeastChanges({ detector, plan, scaler }),
      notes: calibrated.notes,
      manifest,
      metrics: detector.metrics,
      prepared: data,
      labelledBy: data.labelledBy,
      planned: data.planned,
      x,
      scores: calibrated.levels,
      deviations: far,
    },
    context,
  );
  const files = {
    ...encodeModelState(fitted.save()),
    'features.json': encodeFeatures(plan, scaler),
    ...(calibrated.evidence !== undefined && {
      [EVIDENCE_FILE]: encodeJson(saveEvidence(calibrated.evidence)),
    }),
    [PRESENCE_FILE]: encodeJson(savePresence(data.usual)),
    ...report,
  };
  const added = await context.addFiles?.({ files, manifest });
  await saveVersion(context.store, unitOf(detector), version, { files: { ...files, ...added }, manifest });
}

function encodeFeatures(plan: FeaturePlan, scaler: FittedScaler): Uint8Array {
  return encodeJson(saveFeatures({ plan, scaler }));
}
