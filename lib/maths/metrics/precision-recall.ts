/** Precision against recall: what a ranking is worth where anomalies are rare. Davis and Goadrich 2006. */
import type { LabelledScores } from './labelled-scores.ts';
import { sweepThresholds } from './threshold-sweep.ts';

/** Point i is what calling every row at or above `thresholds[i]` gives. */
export interface PrecisionRecallCurve {
  /** Descending, from Infinity (calls nothing) to the lowest score (calls everything). */
  readonly thresholds: Float64Array;
  /** 1 at the first point, where nothing is called, by convention. */
  readonly precision: Float64Array;
  /** Ascending from 0 to 1; NaN throughout where no row is anomalous. */
  readonly recall: Float64Array;
}

/**
 * One point per distinct score, in the reverse order of scikit-learn's `precision_recall_curve`.
 * @throws EvaluationError where there is no row, a label is neither 0 nor 1, or a score is not finite
 */
export function precisionRecallCurve(rows: LabelledScores): PrecisionRecallCurve {
  const sweep = sweepThresholds(rows);
  const points = sweep.thresholds.length + 1;
  const thresholds = new Float64Array(points).fill(Infinity);
  const precision = new Float64Array(points).fill(1);
  const recall = new Float64Array(points).fill(0 / sweep.positives);
  for (let i = 1; i < points; i++) {
    const found = sweep.truePositives[i - 1]!;
    thresholds[i] = sweep.thresholds[i - 1]!;
    precision[i] = found / (found + sweep.falsePositives[i - 1]!);
    recall[i] = found / sweep.positives;
  }
  return { thresholds, precision, recall };
}

/**
 * Sum over the points of (gain in recall) × precision, without interpolation: scikit-learn's
 * `average_precision_score`. A random ranking gets about the share of anomalous rows. 1 where every row is anomalous;
 * NaN where none is (scikit-learn says 0, with a warning).
 * @throws EvaluationError as `precisionRecallCurve` does
 */
export function averagePrecision(rows: LabelledScores): number {
  const { precision, recall } = precisionRecallCurve(rows);
  let sum = 0;
  for (let i = 1; i < recall.length; i++) sum += (recall[i]! - recall[i - 1]!) * precision[i]!;
  return sum;
}
