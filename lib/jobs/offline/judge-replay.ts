/** A replay beside labels: which events people would have heard of, how late, and what it cost them. */
import type { Detector } from '../../config/detector.ts';
import type { Evaluation } from '../../evaluation/evaluate-scores.ts';
import { type AlertedEvent, measureDelays } from '../../maths/metrics/detection-delay.ts';
import { rateEvents } from '../../maths/metrics/event-scores.ts';
import { overlaps, type TimeEvent } from '../../maths/metrics/events.ts';
import { falseAlarmsPerDay } from '../../maths/metrics/false-alarms.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { sliceWindow } from '../../window/combine.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';
import { loadFittedDetector } from '../shared/fitted-detector.ts';
import { countContextRows, scoreRows } from '../shared/score-rows.ts';
import { explainMiss, type Miss, missUntold, nearestMiss } from './explain-misses.ts';
import type { BacktestIncident, ReplayedAnomaly } from './replayed-incidents.ts';

/** A labelled event of the watched time, and when people would have heard of it: undefined where never, and then why. */
export interface BacktestEvent extends TimeEvent {
  readonly alertedAt: number | undefined;
  readonly miss: Miss | undefined;
}

export type BacktestJudgement = Pick<Evaluation, 'events' | 'delay' | 'falseAlarmsPerDay'> & {
  readonly found: readonly BacktestEvent[];
};

interface Judged {
  readonly detector: Detector;
  readonly window: MetricWindow;
  readonly store: ObjectStore;
  /** `at` epoch ms by the replayed clock. */
  readonly trainings: readonly { readonly version: string; readonly at: number }[];
  readonly labelled: readonly TimeEvent[];
  /** All of them, told of or not. */
  readonly anomalies: readonly ReplayedAnomaly[];
  /** Those that people were told of. */
  readonly incidents: readonly BacktestIncident[];
  readonly watched: TimeRange;
  /** Ms. */
  readonly step: number;
}

/**
 * An event is found by the first message that tells of an anomaly in it; an incident counts once, however many anomalies it is
 * made of, and is right where one of them lies in an event.
 */
export async function judgeReplay(given: Judged): Promise<BacktestJudgement> {
  const { labelled, incidents, watched } = given;
  const told = given.anomalies.flatMap(({ toldAt, ...anomaly }): AlertedEvent[] =>
    toldAt === undefined ? [] : [{ ...anomaly, alertedAt: toldAt }],
  );
  const found: BacktestEvent[] = [];
  for (const event of labelled) {
    const alertedAt = firstAlert(event, told);
    const miss = alertedAt === undefined ? await explainMissed(event, given) : undefined;
    found.push({ ...event, alertedAt, miss });
  }
  const { mean, median } = measureDelays({ labelled, alerts: told });
  const falseAlerts = incidents.filter(({ isRight }) => isRight !== true).length;
  return {
    events: rateEvents({
      events: labelled.length,
      foundEvents: found.filter(({ alertedAt }) => alertedAt !== undefined).length,
      alerts: incidents.length,
      falseAlerts,
    }),
    delay: { mean, median },
    falseAlarmsPerDay: falseAlarmsPerDay({ falseAlerts, watched: watched.end - watched.start }),
    found,
  };
}

function firstAlert(event: TimeEvent, told: readonly AlertedEvent[]): number | undefined {
  const times = told.filter((anomaly) => overlaps(event, anomaly)).map(({ alertedAt }) => alertedAt);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Scores the event's rows once more, by each version that was in use meanwhile. */
async function explainMissed(event: TimeEvent, given: Judged): Promise<Miss | undefined> {
  const { detector, window, store, trainings, anomalies, watched, step } = given;
  if (anomalies.some((anomaly) => overlaps(event, anomaly))) return missUntold(event);
  const found: Miss[] = [];
  for (const [at, { version, at: since }] of trainings.entries()) {
    // A window's rows are older than its arrival by the delay with which they were taken.
    const from = at === 0 ? event.start : Math.max(event.start, since - detector.ingestDelay);
    const next = trainings[at + 1];
    const to = next === undefined ? event.end : Math.min(event.end, next.at - detector.ingestDelay);
    if (from >= to) continue;
    const fitted = await loadFittedDetector(store, detector.name, version);
    const unlabelled: MetricWindow = { ...window, detector: detector.name, labels: undefined };
    const before = from - countContextRows(fitted) * step;
    const { scored } = await scoreRows({
      detector,
      fitted,
      // With the rows before it, which say how long its entity has been there.
      window: sliceWindow(unlabelled, { start: before, end: to }),
      context: [],
    });
    const miss = explainMiss({
      event: { ...event, start: from, end: to },
      rows: scored,
      fitted,
      watchFrom: watched.start,
    });
    found.push({ ...miss, start: event.start, end: event.end });
  }
  return found.length === 0 ? undefined : nearestMiss(found);
}
