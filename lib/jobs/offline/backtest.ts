/**
 * Replays history as the functions would have run. Each window arrives when its export would have written it, training runs
 * on the hour if it is due, and the jobs themselves make the messages, over a bucket in memory and by the data's own clock.
 * Nothing sees a row before its time. No job sees the labels: they judge afterwards.
 */
import { SourceError } from '../../base/errors.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Detector } from '../../config/detector.ts';
import type { GroupingPolicy } from '../../config/grouping.ts';
import { manifestHash } from '../../config/manifest.ts';
import type { CriterionCounts } from '../../features/apply-criteria.ts';
import { findEvents } from '../../maths/metrics/events.ts';
import { readState } from '../../store/detector-states.ts';
import { windowKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { sliceWindow } from '../../window/combine.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';
import { writeWindow } from '../../window/write-window.ts';
import { scoreWindows } from '../score/score-windows.ts';
import type { JobContext } from '../shared/context.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import { noticeSilentSource } from '../shared/silent-source.ts';
import { trainIfDue, trainModel } from '../train/train-model.ts';
import { type BacktestJudgement, judgeReplay } from './judge-replay.ts';
import { openLocalBucket, throwIfQuarantined } from './local-bucket.ts';
import { openReplayNotify, type ReplayNotify, type ToldMessage } from './replay-notify.ts';
import {
  type BacktestIncident,
  countUntold,
  listAnomalies,
  listIncidents,
  type UntoldIncidents,
} from './replayed-incidents.ts';
import { labelWindow } from './score-labelled.ts';

export interface BacktestOptions {
  readonly detector: Detector;
  readonly window: MetricWindow;
  /** Where the window comes from, for messages. */
  readonly source?: string | undefined;
  /** Ms of history before the first training; undefined: once there are the rows that the detector's warmup asks for. */
  readonly trainFor: number | undefined;
  /** How anomalies become incidents, and how often people hear of them. */
  readonly grouping: GroupingPolicy;
  readonly onProgress: (done: number) => void;
}

export interface BacktestResult {
  readonly range: TimeRange;
  readonly windows: number;
  readonly rows: number;
  readonly entities: number;
  /** `at` epoch ms by the replayed clock. */
  readonly trainings: readonly { readonly version: string; readonly at: number }[];
  /** What an incident could have been opened on; undefined where no model came to be. */
  readonly watched: TimeRange | undefined;
  /** Messages that people would have got, in their order. */
  readonly published: readonly ToldMessage[];
  /** By their first message. */
  readonly incidents: readonly BacktestIncident[];
  readonly untold: UntoldIncidents;
  readonly incidentsPerWeek: number;
  /** Undefined where nothing says what was anomalous. */
  readonly judged: BacktestJudgement | undefined;
  readonly labelledBy: CriterionCounts;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** @throws SourceError where windows are no whole number of steps; what the jobs throw */
export async function backtest(options: BacktestOptions, telemetry: Telemetry): Promise<BacktestResult> {
  const detector = settle(options);
  if (options.detector.model.fineTune !== undefined)
    telemetry.warn('a replay trains from scratch: it knows no other detector to fine-tune from', {
      detector: detector.name,
    });
  const loaded: LoadedDetector = { detector, manifestHash: manifestHash(detector) };
  const unlabelled: MetricWindow = { ...options.window, detector: detector.name, labels: undefined };
  const clock = { now: 0 };
  const bucket = openLocalBucket({ telemetry, now: () => clock.now, source: options.source });
  const { store } = bucket;
  const told = openReplayNotify({
    context: bucket.context,
    detector: detector.name,
    grouping: options.grouping,
    clock,
  });
  const context: JobContext = {
    ...bucket.context,
    withoutReports: true,
    keepsVersions: true,
    queue: { ...bucket.context.queue, requestNotifying: told.takeOver },
  };
  const trainings: { version: string; at: number }[] = [];
  const ranges = cutRanges(unlabelled.range, detector.detectionWindow);
  const earliestTraining = unlabelled.range.start + (options.trainFor ?? 0);
  let windows = 0;
  // A slice looks through all rows for its entities: out of a day, not out of a year.
  let stretch = sliceWindow(unlabelled, { start: 0, end: 0 });
  for (const [index, range] of ranges.entries()) {
    const arrival = range.end + detector.ingestDelay;
    const hour = Math.floor(arrival / HOUR) * HOUR;
    if (hour > clock.now && trainings.length > 0) {
      await told.advanceTo(hour);
      note(await trainIfDue(loaded, context));
    }
    await told.advanceTo(arrival);
    if (range.end > stretch.range.end && stretch.range.end < unlabelled.range.end)
      stretch = sliceWindow(unlabelled, { start: range.start, end: range.end + DAY });
    const slice = sliceWindow(stretch, range);
    if (isGap(slice)) {
      if ((await noticeSilentSource(detector, context)) !== undefined) await scoreWindows(loaded, context);
      continue;
    }
    windows++;
    await store.put(windowKey(detector.name, range), writeWindow({ ...slice, range }, loaded));
    await scoreWindows(loaded, context);
    if (bucket.takeTrainingRequest() && range.end >= earliestTraining) {
      note(await trainModel(loaded, context));
      await scoreWindows(loaded, context);
    }
    options.onProgress((index + 1) / ranges.length);
  }
  // Until the next window would have come: nobody knows what was in it.
  await told.advanceTo(clock.now + detector.detectionWindow - 1);
  await throwIfQuarantined(store, detector.name, options.source);
  return describe({ detector, window: options.window, store, told, windows, trainings });

  function note(result: Awaited<ReturnType<typeof trainIfDue>>): void {
    if (result?.outcome === 'trained' && result.version !== undefined)
      trainings.push({ version: result.version, at: clock.now });
  }
}

/** A time to train for that is asked for stands in the place of the rows to wait for. */
function settle({ detector, window, trainFor }: BacktestOptions): Detector {
  const step = detector.step ?? window.step;
  if (detector.detectionWindow % step !== 0)
    throw new SourceError(
      'bad-detection-window',
      `a detection window of ${detector.detectionWindow} ms is no multiple of the step of ${step} ms`,
    );
  const { kind, params, seed } = detector.model;
  return {
    ...detector,
    step,
    modelVersion: 'current',
    model: { kind, params, seed },
    training: { ...detector.training, warmup: trainFor === undefined ? detector.training.warmup : 1 },
  };
}

/** Cut where the exporter cuts: at whole multiples of the window's length. */
function cutRanges({ start, end }: TimeRange, length: number): readonly TimeRange[] {
  const ranges: TimeRange[] = [];
  for (let from = Math.floor(start / length) * length; from < end; from += length)
    ranges.push({ start: from, end: from + length });
  return ranges;
}

/** The exporter writes no window in which nothing was measured. */
function isGap({ columns }: MetricWindow): boolean {
  return columns.every((column) => column.every((value) => Number.isNaN(value)));
}

async function describe(given: {
  readonly detector: Detector;
  readonly window: MetricWindow;
  readonly store: ObjectStore;
  readonly told: ReplayNotify;
  readonly windows: number;
  readonly trainings: BacktestResult['trainings'];
}): Promise<BacktestResult> {
  const { detector, window, store, told, windows, trainings } = given;
  const { state } = await readState(store, detector.name);
  const step = detector.step ?? window.step;
  const { start, end } = window.range;
  const watched = state.watchFrom === undefined ? undefined : { start: Math.min(state.watchFrom, end), end };
  const known = labelWindow({ detector, window, step });
  const labelled =
    known.labels && watched
      ? findEvents({ ...known.window, flags: known.labels, step }).filter(
          (event) => event.end > watched.start,
        )
      : undefined;
  const anomalies = listAnomalies({ told, step, openOf: (entity) => state.entities[entity]?.open });
  const incidents = listIncidents({ told, anomalies, labelled });
  const watchedMs = watched === undefined ? 0 : watched.end - watched.start;
  const judged =
    labelled && watched && watchedMs > 0
      ? await judgeReplay({
          detector,
          window,
          store,
          trainings,
          labelled,
          anomalies,
          incidents,
          watched,
          step,
        })
      : undefined;
  return {
    range: { start, end },
    windows,
    rows: window.times.length,
    entities: window.entities.length,
    trainings,
    watched,
    published: told.messages,
    incidents,
    untold: countUntold(told),
    incidentsPerWeek: (incidents.length * WEEK) / watchedMs,
    judged,
    labelledBy: known.labelledBy,
  };
}
