/** Receiver operating characteristic. Fawcett 2006, doi:10.1016/j.patrec.2005.10.010. */
import type { LabelledScores } from './labelled-scores.ts';
import { sweepThresholds } from './threshold-sweep.ts';

/** Point i is what calling every row at or above `thresholds[i]` gives. */
export interface RocCurve {
  /** Descending, from Infinity (calls nothing) to the lowest score (calls everything). */
  readonly thresholds: Float64Array;
  /** Share of normal rows called, ascending from 0 to 1; NaN throughout where no row is normal. */
  readonly falsePositiveRate: Float64Array;
  /** Share of anomalous rows called, ascending from 0 to 1; NaN throughout where no row is anomalous. */
  readonly truePositiveRate: Float64Array;
}

/**
 * One point per distinct score, so that rows with equal scores share one: scikit-learn's `roc_curve` with
 * `drop_intermediate=False`. A single row gives two points.
 * @throws EvaluationError where there is no row, a label is neither 0 nor 1, or a score is not finite
 */
export function rocCurve(rows: LabelledScores): RocCurve {
  const { thresholds, truePositives, falsePositives, positives, negatives } = sweepThresholds(rows);
  return {
    thresholds: startingWith(Infinity, thresholds),
    falsePositiveRate: startingWith(
      0 / negatives,
      Float64Array.from(falsePositives, (n) => n / negatives),
    ),
    truePositiveRate: startingWith(
      0 / positives,
      Float64Array.from(truePositives, (n) => n / positives),
    ),
  };
}

/**
 * Area under the curve by trapezoids: the chance that a random anomalous row scores above a random normal one, with
 * ties counted half. NaN where all rows are of one class (scikit-learn raises).
 * @throws EvaluationError as `rocCurve` does
 */
export function rocAuc(rows: LabelledScores): number {
  const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(rows);
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
  return area;
}

function startingWith(first: number, rest: Float64Array): Float64Array {
  const all = new Float64Array(rest.length + 1);
  all[0] = first;
  all.set(rest, 1);
  return all;
}
