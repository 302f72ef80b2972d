/** Everything that is said of scores and alerts where labels tell what was wrong. Point-adjusted figures are none of it. */

import { EvaluationError } from '../base/errors.ts';
import type { DecisionPolicy, ScoredRows } from '../decision/contract.ts';
import { judgeRow } from '../decision/judge-row.ts';
import { findBestF1 } from '../maths/metrics/best-f1.ts';
import {
  accuracy,
  type ConfusionMatrix,
  countConfusion,
  f1,
  precision,
  recall,
} from '../maths/metrics/confusion-matrix.ts';
import { type AlertedEvent, measureDelays } from '../maths/metrics/detection-delay.ts';
import { type EventScores, scoreEvents } from '../maths/metrics/event-scores.ts';
import { findEvents, overlaps, type TimeEvent } from '../maths/metrics/events.ts';
import { falseAlarmsPerDay, watchedTime } from '../maths/metrics/false-alarms.ts';
import { dropUnscored } from '../maths/metrics/labelled-scores.ts';
import { averagePrecision } from '../maths/metrics/precision-recall.ts';
import { rocAuc } from '../maths/metrics/roc-curve.ts';
import { volumeUnderSurface } from '../maths/metrics/volume-under-surface.ts';
import { findAlerts } from './find-alerts.ts';

/** NaN where a figure is not defined on these rows. */
export interface Evaluation {
  /** Rows with a score, those labelled anomalous among them, and rows that the model gave no score. */
  readonly rows: number;
  readonly anomalousRows: number;
  readonly unscoredRows: number;
  /** Of the ranking, whatever the threshold. */
  readonly rocAuc: number;
  readonly averagePrecision: number;
  readonly vusRoc: number;
  readonly vusPr: number;
  /** F1 at the threshold that would have been best for these very labels: nobody knows it beforehand. */
  readonly bestF1: number;
  readonly bestF1Threshold: number;
  /** Row by row, at the policy's threshold: of evidence, or of the score with its least deviation. */
  readonly threshold: number;
  readonly confusion: ConfusionMatrix;
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Of anomalies, k of n included. */
  readonly events: EventScores;
  /** From an event's start to its first alert, ms. */
  readonly delay: { readonly mean: number; readonly median: number };
  readonly falseAlarmsPerDay: number;
  /** Labelled events that no anomaly overlaps. */
  readonly missed: readonly TimeEvent[];
}

/**
 * @param given.rows sorted by entity, then time, on a grid of `step` (ms)
 * @param given.labels per row, 1 = anomalous
 * @throws EvaluationError where no row has a score
 */
export function evaluateScores(given: {
  readonly rows: ScoredRows;
  readonly labels: Uint8Array;
  readonly policy: DecisionPolicy;
  readonly step: number;
}): Evaluation {
  const { rows, labels, policy, step } = given;
  const ranked = dropUnscored({ labels, scores: rows.scores });
  if (ranked.rows.length === 0)
    throw new EvaluationError('no-scores', `none of ${labels.length} rows has a score: nothing to evaluate`);
  const entityOf = Uint32Array.from(ranked.rows, (row) => rows.entityOf[row]!);
  const volume = volumeUnderSurface({ ...ranked, entityOf });
  const best = findBestF1(ranked);
  const predicted = Uint8Array.from(ranked.rows, (row) => Number(judgeRow(rows, row, { policy }).anomalous));
  const confusion = countConfusion({ labels: ranked.labels, predicted });
  const judged = judgeAlerts({
    labelled: findEvents({ ...rows, flags: labels, step }),
    alerts: findAlerts({ rows, policy, step, watchFrom: Number.NEGATIVE_INFINITY }),
    watched: watchedTime({ times: rows.times, step }),
  });
  return {
    rows: ranked.rows.length,
    anomalousRows: ranked.labels.reduce((sum, label) => sum + label, 0),
    unscoredRows: ranked.dropped,
    rocAuc: rocAuc(ranked),
    averagePrecision: averagePrecision(ranked),
    vusRoc: volume.roc,
    vusPr: volume.pr,
    bestF1: best.f1,
    bestF1Threshold: best.threshold,
    threshold: policy.threshold,
    confusion,
    accuracy: accuracy(confusion),
    precision: precision(confusion),
    recall: recall(confusion),
    f1: f1(confusion),
    ...judged,
  };
}

/** @param given.watched ms */
function judgeAlerts(given: {
  readonly labelled: readonly TimeEvent[];
  readonly alerts: readonly AlertedEvent[];
  readonly watched: number;
}): Pick<Evaluation, 'events' | 'delay' | 'falseAlarmsPerDay' | 'missed'> {
  const events = scoreEvents(given);
  const { mean, median } = measureDelays(given);
  return {
    events,
    delay: { mean, median },
    falseAlarmsPerDay: falseAlarmsPerDay({ falseAlerts: events.falseAlerts, watched: given.watched }),
    missed: given.labelled.filter((event) => !given.alerts.some((alert) => overlaps(event, alert))),
  };
}
