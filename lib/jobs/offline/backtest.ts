/**
 * Replays history as the functions would have run: each window arrives when its export would have written it, training
 * comes on the hour where it is due, and whatever is alerted is alerted by the jobs themselves, over a bucket in memory
 * and the data's own clock. Nothing sees a row before its time, and labels are seen by nobody: they judge afterwards.
 */
import type { Alert } from '../../alert/alert.ts';
import { SourceError } from '../../base/errors.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Detector } from '../../config/detector.ts';
import { manifestHash } from '../../config/manifest.ts';
import { type Evaluation, judgeAlerts } from '../../evaluation/evaluate-scores.ts';
import type { CriterionCounts } from '../../features/apply-criteria.ts';
import type { AlertedEvent } from '../../maths/metrics/detection-delay.ts';
import { findEvents, overlaps, type TimeEvent } from '../../maths/metrics/events.ts';
import { readState } from '../../store/detector-states.ts';
import { windowKey } from '../../store/keys.ts';
import { sliceWindow } from '../../window/combine.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';
import { writeWindow } from '../../window/write-window.ts';
import { scoreWindows } from '../score/score-windows.ts';
import type { JobContext } from '../shared/context.ts';
import { loadFittedDetector } from '../shared/fitted-detector.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import { countContextRows, scoreRows } from '../shared/score-rows.ts';
import { noticeSilentSource } from '../shared/silent-source.ts';
import { trainIfDue, trainModel } from '../train/train-model.ts';
import { explainMiss, type Miss, nearestMiss } from './explain-misses.ts';
import {
  type LocalBucket,
  openLocalBucket,
  type PublishedAlert,
  throwIfQuarantined,
} from './local-bucket.ts';
import { labelWindow } from './score-labelled.ts';

export interface BacktestOptions {
  readonly detector: Detector;
  readonly window: MetricWindow;
  /** Where the window comes from, for messages. */
  readonly source?: string | undefined;
  /** Ms of history before the first training; undefined: once there are the rows that the detector's warmup asks for. */
  readonly trainFor: number | undefined;
  readonly onProgress: (done: number) => void;
}

export interface BacktestIncident extends AlertedEvent {
  readonly incidentId: string;
  readonly isOpen: boolean;
  /** As people were told when it opened. */
  readonly alert: Alert;
  /** Alerts that it made, the first included. */
  readonly alerts: number;
  /** Whether it overlaps a labelled event; undefined without labels. */
  readonly isRight: boolean | undefined;
}

/** A labelled event of the watched time, and when people would have heard of it: undefined where never, and then why. */
export interface BacktestEvent extends TimeEvent {
  readonly alertedAt: number | undefined;
  readonly miss: Miss | undefined;
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
  readonly published: readonly PublishedAlert[];
  /** By the time of their first alert. */
  readonly incidents: readonly BacktestIncident[];
  readonly incidentsPerWeek: number;
  /** Undefined where nothing says what was anomalous. */
  readonly judged:
    | (Pick<Evaluation, 'events' | 'delay' | 'falseAlarmsPerDay'> & {
        readonly found: readonly BacktestEvent[];
      })
    | undefined;
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
  const context: JobContext = { ...bucket.context, withoutReports: true };
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
      clock.now = hour;
      note(await trainIfDue(loaded, context));
    }
    clock.now = arrival;
    if (range.end > stretch.range.end && stretch.range.end < unlabelled.range.end)
      stretch = sliceWindow(unlabelled, { start: range.start, end: range.end + DAY });
    const slice = sliceWindow(stretch, range);
    if (isGap(slice)) {
      if (await noticeSilentSource(detector, context)) await scoreWindows(loaded, context);
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
  await throwIfQuarantined(store, detector.name, options.source);
  return describe({ detector, window: options.window, bucket, windows, trainings });

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
  readonly bucket: LocalBucket;
  readonly windows: number;
  readonly trainings: BacktestResult['trainings'];
}): Promise<BacktestResult> {
  const { detector, window, bucket, windows, trainings } = given;
  const { state } = await readState(bucket.store, detector.name);
  const step = detector.step ?? window.step;
  const { start, end } = window.range;
  const watched = state.watchFrom === undefined ? undefined : { start: Math.min(state.watchFrom, end), end };
  const incidents = listIncidents(bucket.published, step, (entity) => state.entities[entity]?.open);
  const known = labelWindow({ detector, window, step });
  const labelled =
    known.labels && watched
      ? findEvents({ ...known.window, flags: known.labels, step }).filter(
          (event) => event.end > watched.start,
        )
      : undefined;
  const watchedMs = watched === undefined ? 0 : watched.end - watched.start;
  const judged =
    labelled && watchedMs > 0
      ? await judge({ ...given, labelled, incidents, watchFrom: watched?.start ?? 0, step }, watchedMs)
      : undefined;
  return {
    range: { start, end },
    windows,
    rows: window.times.length,
    entities: window.entities.length,
    trainings,
    watched,
    published: bucket.published,
    incidents: incidents.map((incident) => ({
      ...incident,
      isRight: labelled?.some((event) => overlaps(event, incident)),
    })),
    incidentsPerWeek: (incidents.length * WEEK) / watchedMs,
    judged,
    labelledBy: known.labelledBy,
  };
}

type Judged = Parameters<typeof describe>[0] & {
  readonly labelled: readonly TimeEvent[];
  readonly incidents: readonly AlertedEvent[];
  readonly watchFrom: number;
  readonly step: number;
};

/** @param watched ms */
async function judge(given: Judged, watched: number): Promise<BacktestResult['judged']> {
  const { labelled, incidents } = given;
  const found: BacktestEvent[] = [];
  for (const event of labelled) {
    const alertedAt = firstAlert(event, incidents);
    const miss = alertedAt === undefined ? await explainMissed(event, given) : undefined;
    found.push({ ...event, alertedAt, miss });
  }
  const { missed: _, ...figures } = judgeAlerts({ labelled, alerts: incidents, watched });
  return { ...figures, found };
}

/** Scores the event's rows once more, by each version that was in use meanwhile. */
async function explainMissed(
  event: TimeEvent,
  { detector, window, bucket, trainings, watchFrom, step }: Judged,
): Promise<BacktestEvent['miss']> {
  const found: Miss[] = [];
  for (const [at, { version, at: since }] of trainings.entries()) {
    // A window's rows are older than its arrival by the delay with which they were taken.
    const from = at === 0 ? event.start : Math.max(event.start, since - detector.ingestDelay);
    const next = trainings[at + 1];
    const to = next === undefined ? event.end : Math.min(event.end, next.at - detector.ingestDelay);
    if (from >= to) continue;
    const fitted = await loadFittedDetector(bucket.store, detector.name, version);
    const unlabelled: MetricWindow = { ...window, detector: detector.name, labels: undefined };
    const before = from - countContextRows(fitted) * step;
    const { scored } = await scoreRows({
      detector,
      fitted,
      // With the rows before it, which say how long its entity has been there.
      window: sliceWindow(unlabelled, { start: before, end: to }),
      context: [],
    });
    const miss = explainMiss({ event: { ...event, start: from, end: to }, rows: scored, fitted, watchFrom });
    found.push({ ...miss, start: event.start, end: event.end });
  }
  return found.length === 0 ? undefined : nearestMiss(found);
}

function firstAlert(event: TimeEvent, incidents: readonly AlertedEvent[]): number | undefined {
  const times = incidents.filter((incident) => overlaps(event, incident)).map(({ alertedAt }) => alertedAt);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** By their first alert. The last alert of an incident tells its end; the track, how far one reaches that is still open. */
function listIncidents(
  published: readonly PublishedAlert[],
  step: number,
  openOf: (entity: string) => { readonly id: string; readonly lastAnomalous: number } | undefined,
): readonly Omit<BacktestIncident, 'isRight'>[] {
  const byId = Map.groupBy(published, ({ alert }) => alert.incidentId);
  return [...byId].map(([incidentId, alerts]) => {
    const first = alerts[0]!;
    const last = alerts.at(-1)!.alert;
    const open = openOf(last.entity);
    const lastAnomalous = open?.id === incidentId ? open.lastAnomalous : Date.parse(last.lastAnomalous);
    return {
      incidentId,
      entity: last.entity,
      start: Date.parse(first.alert.start),
      end: last.end === null ? lastAnomalous + step : Date.parse(last.end),
      alertedAt: first.at,
      isOpen: last.end === null,
      alert: first.alert,
      alerts: alerts.length,
    };
  });
}
