/** Fits a model on one window by the training job itself, and judges it on the newest rows, which it never saw. */
import { createHash } from 'node:crypto';
import { formatLength } from '../../alert/format-value.ts';
import { EvaluationError, ModelError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { manifestHash } from '../../config/manifest.ts';
import { type Evaluation, evaluateScores } from '../../evaluation/evaluate-scores.ts';
import { replayRows } from '../../evaluation/find-alerts.ts';
import { holdOutTail } from '../../evaluation/splits/hold-out.ts';
import { watchedTime } from '../../maths/metrics/false-alarms.ts';
import { windowsPrefix } from '../../store/keys.ts';
import { importVersion } from '../../store/model-folder.ts';
import type { ModelManifest } from '../../store/model-manifest.ts';
import { asLoaded, type NewVersion, readManifest } from '../../store/model-repository.ts';
import { sliceWindow } from '../../window/combine.ts';
import { checkGrid } from '../../window/grid.ts';
import type { MetricWindow } from '../../window/window.ts';
import { decodeFittedDetector } from '../shared/fitted-detector.ts';
import { trainModel } from '../train/train-model.ts';
import { drawHeldOut, type JudgedRows } from './draw-held-out.ts';
import { explainMiss } from './explain-misses.ts';
import { type LocalBucket, openLocalBucket } from './local-bucket.ts';
import { MANIFEST_FILE, nameFolder } from './model-bucket.ts';
import { type HeldOut, renderEvaluation } from './render-evaluation.ts';
import { keepNewestRows, scoreLabelled } from './score-labelled.ts';

export interface FitWindowOptions {
  readonly detector: Detector;
  /** Kept beside the model, so that scoring prepares rows as training did. */
  readonly manifestText: string | undefined;
  readonly window: MetricWindow;
  /** Where the window comes from, for messages. */
  readonly source?: string | undefined;
  /** Share of the newest rows that is held out, 0 to below 1. */
  readonly testShare: number;
  /** Folder of a version to go on from, in place of random weights. */
  readonly startFolder?: string | undefined;
  readonly onProgress: (done: number) => void;
}

export interface FittedWindow {
  readonly manifest: ModelManifest;
  /** Undefined where nothing was held out. */
  readonly heldOut: HeldOut | undefined;
  /** Holds the version under its own keys. */
  readonly bucket: LocalBucket;
}

const WEEK = 7 * 24 * 3_600_000;

/**
 * @throws ModelError, FeatureError, EvaluationError where the data cannot carry a fit; WindowError `too-large` for a grid of too
 *   many rows; ArtifactError for the start's folder
 */
export async function fitWindow(
  options: FitWindowOptions,
  telemetry: Parameters<typeof openLocalBucket>[0]['telemetry'],
): Promise<FittedWindow> {
  const { window, source, testShare } = options;
  const end = testShare === 0 ? window.range.end : findCut(window, testShare);
  const training = sliceWindow(window, { start: window.range.start, end });
  // The newest data's clock: no time of day reaches the artifact.
  const bucket = openLocalBucket({ telemetry, now: () => end, source });
  const { store, context } = bucket;
  const start =
    options.startFolder === undefined ? undefined : await importVersion(store, options.startFolder);
  const detector = startFrom(start, takeAll(options.detector, training));
  checkGrid(training, { step: detector.step ?? training.step, source: source ?? detector.name });
  const hash = manifestHash(detector);
  const windows = [
    {
      window: training,
      key: `${windowsPrefix(detector.name)}training.parquet`,
      etag: hashContent(training, hash),
    },
  ];
  let heldOut: HeldOut | undefined;
  const addFiles = async (made: NewVersion): Promise<NewVersion['files']> => {
    const judged =
      end < window.range.end ? await judgeHeldOut(made, { detector, window, source, end }) : undefined;
    heldOut = judged?.heldOut;
    const { files } = made;
    return {
      ...(judged !== undefined &&
        renderEvaluation(judged.heldOut, files, await drawHeldOut({ ...judged, files }, telemetry))),
      ...(options.manifestText !== undefined && {
        [MANIFEST_FILE]: new TextEncoder().encode(options.manifestText),
      }),
    };
  };
  const loaded = { detector, manifestHash: hash };
  const { version } = await trainModel(loaded, { ...context, windows, addFiles }, options.onProgress).catch(
    (error: unknown) => {
      if (start === undefined || options.startFolder === undefined) throw error;
      throw nameFolder(error, { ...start, folder: options.startFolder });
    },
  );
  if (version === undefined)
    throw new ModelError('no-rows', `${training.times.length} rows leave none that a model can be fitted on`);
  return { manifest: await readManifest(store, detector.name, version), heldOut, bucket };
}

/**
 * @param given.window with the rows that the version was made of, and those from `end` (epoch ms) on, which it never saw
 * @throws EvaluationError where none of these is a row of the grid
 */
async function judgeHeldOut(
  made: NewVersion,
  given: Pick<FitWindowOptions, 'detector' | 'window' | 'source'> & { readonly end: number },
): Promise<JudgedRows> {
  const { detector, window, end } = given;
  const fitted = await decodeFittedDetector(asLoaded(made));
  const { step, policy } = fitted.manifest;
  const all = await scoreLabelled({ detector, fitted, window });
  const { rows, labels, labelledBy } = keepNewestRows(all, end);
  if (rows.times.length === 0) throw noneToJudge(given, step);
  const judged = labels && evaluateScores({ rows, labels, policy, step });
  const replay = replayRows({ rows, policy, step, watchFrom: Number.NEGATIVE_INFINITY });
  const incidents = replay.alerts.length;
  const heldOut = {
    range: { start: end, end: window.range.end },
    rows: rows.times.length,
    incidents,
    incidentsPerWeek: (incidents * WEEK) / watchedTime({ times: rows.times, step }),
    evaluation: judged && omitMissed(judged),
    misses: (judged?.missed ?? []).map((event) =>
      explainMiss({ event, rows: all.rows, fitted, watchFrom: Number.NEGATIVE_INFINITY }),
    ),
    labelledBy,
  };
  return { heldOut, rows, labels, replay, manifest: fitted.manifest };
}

/** A cell of the grid that begins before `end` holds rows that were learned from; where nothing was measured there is no row. */
function noneToJudge(
  {
    detector,
    window,
    source,
    end,
  }: Pick<FitWindowOptions, 'detector' | 'window' | 'source'> & {
    readonly end: number;
  },
  step: number,
): EvaluationError {
  const { length } = window.times.filter((time) => time >= end);
  const isMeasured = window.columns.some((column) =>
    column.some((value, row) => window.times[row]! >= end && !Number.isNaN(value)),
  );
  const by = detector.step === undefined ? ', as far as rows of an entity lie apart' : '';
  const why = isMeasured
    ? `none can be judged, as no step begins among them: the step is ${formatLength(step)}${by}; declare a shorter one in the manifest, or leave out of the file what tells no entity`
    : 'none holds a value; hold out more rows, or none';
  return new EvaluationError(
    'none-to-judge',
    `${source ?? detector.name}: of ${length} held-out rows from ${new Date(end).toISOString()} on ${why}`,
  );
}

function omitMissed({ missed: _, ...figures }: Evaluation): Omit<Evaluation, 'missed'> {
  return figures;
}

/**
 * In place of an object's ETag. Everything that is learned from is in it, and the settings, as they are in the bytes that an
 * exporter writes.
 */
export function hashContent(
  { columns, entityOf, times, labels, ...named }: MetricWindow,
  hash: string,
): string {
  const sha256 = createHash('sha256').update(JSON.stringify({ ...named, manifestHash: hash }));
  for (const values of [entityOf, times, ...columns, ...(labels === undefined ? [] : [labels])])
    sha256.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return `"${sha256.digest('hex')}"`;
}

/** A file that is named is all there is to learn from: neither too old nor too little. */
function takeAll(detector: Detector, { range }: MetricWindow): Detector {
  return {
    ...detector,
    modelVersion: 'current',
    training: { ...detector.training, warmup: 1, lookback: range.end - range.start },
  };
}

function startFrom(start: ModelManifest | undefined, detector: Detector): Detector {
  if (start === undefined) return detector;
  const fineTune = { detector: start.detector, version: start.version };
  return { ...detector, model: { ...detector.model, fineTune } };
}

/** Epoch ms of the first row that is held out. */
function findCut(window: MetricWindow, share: number): number {
  const { train, test } = holdOutTail(window, { share, gap: 0, by: 'time' });
  const cut = test.reduce((least, row) => Math.min(least, window.times[row]!), Infinity);
  if (train.length === 0)
    throw new EvaluationError('empty-split', `a test share of ${share} leaves no row to train on`);
  return cut;
}
