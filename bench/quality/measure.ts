/** From scores to the figures of the table. */
import type { DecisionPolicy, ScoredRows } from '../../lib/decision/contract.ts';
import { findAlerts } from '../../lib/evaluation/find-alerts.ts';
import { findBestF1 } from '../../lib/maths/metrics/best-f1.ts';
import { measureDelays } from '../../lib/maths/metrics/detection-delay.ts';
import { scoreEvents } from '../../lib/maths/metrics/event-scores.ts';
import { findEvents, type TimeEvent } from '../../lib/maths/metrics/events.ts';
import { falseAlarmsPerDay, watchedTime } from '../../lib/maths/metrics/false-alarms.ts';
import { averagePrecision } from '../../lib/maths/metrics/precision-recall.ts';
import { volumeUnderSurface } from '../../lib/maths/metrics/volume-under-surface.ts';

/** Each NaN where it is not defined: without a labelled row, without a found event, without a policy. */
export interface Quality {
  readonly vusPr: number;
  readonly averagePrecision: number;
  readonly bestF1: number;
  readonly eventRecall: number;
  /** Ms, the mean over the events that were found. */
  readonly detectionDelay: number;
  readonly falseAlarmsPerDay: number;
  /** Share of the scored rows that lie in an alert, 0 to 1. */
  readonly timeInAlert: number;
}

export interface ScoredSeries {
  readonly scored: ScoredRows;
  readonly labels: Uint8Array;
  /** Rows with 0 take no part in the ranking. */
  readonly measured: Uint8Array;
  readonly step: number;
  readonly policy: DecisionPolicy | undefined;
}

/** @param maxBuffer of VUS-PR, rows */
export function measureQuality(series: ScoredSeries, maxBuffer: number): Quality {
  return { ...measureRanking(series, maxBuffer), ...measureDecisions(series) };
}

/** Rows without a score, or without a measurement, cannot be ranked. */
function measureRanking(
  { scored, labels, measured }: ScoredSeries,
  maxBuffer: number,
): Pick<Quality, 'vusPr' | 'averagePrecision' | 'bestF1'> {
  const rows = Uint32Array.from(labels.keys()).filter(
    (row) => measured[row] === 1 && !Number.isNaN(scored.scores[row]!),
  );
  if (rows.length === 0) return { vusPr: NaN, averagePrecision: NaN, bestF1: NaN };
  const ranked = {
    labels: Uint8Array.from(rows, (row) => labels[row]!),
    scores: Float64Array.from(rows, (row) => scored.scores[row]!),
    entityOf: Uint32Array.from(rows, (row) => scored.entityOf[row]!),
  };
  return {
    vusPr: volumeUnderSurface(ranked, maxBuffer).pr,
    averagePrecision: averagePrecision(ranked),
    bestF1: findBestF1(ranked).f1,
  };
}

function measureDecisions({
  scored,
  labels,
  step,
  policy,
}: ScoredSeries): Pick<Quality, 'eventRecall' | 'detectionDelay' | 'falseAlarmsPerDay' | 'timeInAlert'> {
  if (policy === undefined)
    return { eventRecall: NaN, detectionDelay: NaN, falseAlarmsPerDay: NaN, timeInAlert: NaN };
  const labelled = findEvents({ ...scored, flags: labels, step });
  const alerts = findAlerts({ rows: scored, policy, step, watchFrom: -Infinity });
  const { recall, falseAlerts } = scoreEvents({ labelled, alerts });
  return {
    eventRecall: recall,
    detectionDelay: measureDelays({ labelled, alerts }).mean,
    falseAlarmsPerDay: falseAlarmsPerDay({
      falseAlerts,
      watched: watchedTime({ times: scored.times, step }),
    }),
    timeInAlert: countRowsIn(alerts, scored) / scored.times.length,
  };
}

function countRowsIn(alerts: readonly TimeEvent[], { entities, entityOf, times }: ScoredRows): number {
  let count = 0;
  for (let row = 0; row < times.length; row++) {
    const entity = entities[entityOf[row]!];
    const time = times[row]!;
    if (alerts.some((alert) => alert.entity === entity && time >= alert.start && time < alert.end)) count++;
  }
  return count;
}
