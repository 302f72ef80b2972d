/** Counts of right and wrong alarms at every threshold that tells rows apart: what the curves are drawn from. */
import { checkLabelledScores, type LabelledScores } from './labelled-scores.ts';

/** Rows at or above a threshold. Rows with equal scores are above a threshold together or not at all. */
export interface ThresholdSweep {
  /** Distinct scores, descending. */
  readonly thresholds: Float64Array;
  readonly truePositives: Uint32Array;
  readonly falsePositives: Uint32Array;
  /** Rows labelled 1, and 0. */
  readonly positives: number;
  readonly negatives: number;
}

/** @throws EvaluationError as `checkLabelledScores` does */
export function sweepThresholds(rows: LabelledScores): ThresholdSweep {
  checkLabelledScores(rows);
  const { labels, scores } = rows;
  const ascending = scores.slice().sort();
  const thresholds = ascending.filter((score, i) => i === 0 || score !== ascending[i - 1]).reverse();
  const truePositives = new Uint32Array(thresholds.length);
  const falsePositives = new Uint32Array(thresholds.length);
  for (let row = 0; row < scores.length; row++) {
    const counts = labels[row] === 1 ? truePositives : falsePositives;
    counts[firstAtOrBelow(thresholds, scores[row]!)]!++;
  }
  for (let i = 1; i < thresholds.length; i++) {
    truePositives[i]! += truePositives[i - 1]!;
    falsePositives[i]! += falsePositives[i - 1]!;
  }
  const positives = truePositives.at(-1)!;
  return { thresholds, truePositives, falsePositives, positives, negatives: labels.length - positives };
}

/** Index of the first of the descending thresholds that the score reaches. The last one is reached by every score. */
export function firstAtOrBelow(thresholds: Float64Array, score: number): number {
  let low = 0;
  let high = thresholds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle]! <= score) high = middle;
    else low = middle + 1;
  }
  return low;
}
