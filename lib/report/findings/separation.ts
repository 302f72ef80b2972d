/** How well the scores tell labelled rows from the others. Row-wise and event-wise, from lib/evaluation. */
import {
  type ConfusionMatrix,
  countConfusion,
  f1,
  precision,
  recall,
} from '../../maths/metrics/confusion-matrix.ts';
import { type EventScores, scoreEvents } from '../../maths/metrics/event-scores.ts';
import type { TimeEvent } from '../../maths/metrics/events.ts';
import { dropUnscored } from '../../maths/metrics/labelled-scores.ts';
import { averagePrecision, precisionRecallCurve } from '../../maths/metrics/precision-recall.ts';
import { rocAuc, rocCurve } from '../../maths/metrics/roc-curve.ts';

/** x and y, 0 to 1 each. */
export type CurvePoint = readonly [x: number, y: number];

export interface Separation {
  readonly roc: readonly CurvePoint[];
  readonly rocAuc: number;
  /** Recall, precision. */
  readonly precisionRecall: readonly CurvePoint[];
  readonly averagePrecision: number;
  /** Share of the rows that are labelled anomalous: the average precision of a random ranking. */
  readonly prevalence: number;
  /** Of the rows at the version's own threshold and least deviation. */
  readonly confusion: ConfusionMatrix;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Of the incidents, k of n included. */
  readonly events: EventScores;
}

/** Why there are no curves, as a sentence for people. */
export type NoSeparation = string;

/** Points of a curve that a plot can show. */
const MAX_POINTS = 400;

export function measureSeparation(given: {
  readonly labels: Uint8Array | undefined;
  readonly scores: Float64Array;
  readonly decided: {
    readonly anomalous: Uint8Array;
    readonly incidents: readonly TimeEvent[];
  };
  readonly events: readonly TimeEvent[];
  /** What the rows are, for the sentence where there are no curves. */
  readonly of: 'the training data' | 'the held-out part';
}): Separation | NoSeparation {
  const { labels, scores, decided, events, of } = given;
  if (labels === undefined) return `No labels: ${of} has no column called “label”.`;
  const rows = dropUnscored({ labels, scores });
  if (rows.labels.length === 0) return `No row of ${of} has a score.`;
  const anomalous = rows.labels.reduce((sum, label) => sum + label, 0);
  if (anomalous === 0) return `No row of ${of} is labelled anomalous.`;
  if (anomalous === rows.labels.length) return `Every row of ${of} is labelled anomalous.`;
  const roc = rocCurve(rows);
  const curve = precisionRecallCurve(rows);
  const confusion = countConfusion({
    labels: rows.labels,
    predicted: Uint8Array.from(rows.rows, (row) => decided.anomalous[row]!),
  });
  return {
    roc: thinCurve(roc.falsePositiveRate, roc.truePositiveRate),
    rocAuc: rocAuc(rows),
    precisionRecall: thinCurve(curve.recall, curve.precision),
    averagePrecision: averagePrecision(rows),
    prevalence: anomalous / rows.labels.length,
    confusion,
    precision: precision(confusion),
    recall: recall(confusion),
    f1: f1(confusion),
    events: scoreEvents({ labelled: events, alerts: decided.incidents }),
  };
}

/** Keeps the first point, the last, and every one that lies a visible step from the one kept before. */
function thinCurve(x: Float64Array, y: Float64Array): readonly CurvePoint[] {
  const kept: CurvePoint[] = [];
  for (let i = 0; i < x.length; i++) {
    const before = kept.at(-1);
    const far =
      before === undefined ||
      Math.max(Math.abs(x[i]! - before[0]), Math.abs(y[i]! - before[1])) >= 2 / MAX_POINTS;
    if (far || i === x.length - 1) kept.push([x[i]!, y[i]!]);
  }
  return kept;
}
