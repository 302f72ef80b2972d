import type { LabelledScores } from './labelled-scores.ts';
import { sweepThresholds } from './threshold-sweep.ts';

export interface BestF1 {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  /** Rows at or above it are called anomalous. */
  readonly threshold: number;
}

/**
 * The highest F1 that any threshold reaches, row by row and without point adjustment. The threshold is picked with
 * the labels in sight, so this bounds what a detector can reach and is not what it does reach. Of thresholds with
 * equal F1 the highest is taken: it calls fewest rows. Every figure is NaN where no row is anomalous.
 * @throws EvaluationError where there is no row, a label is neither 0 nor 1, or a score is not finite
 */
export function findBestF1(rows: LabelledScores): BestF1 {
  const { thresholds, truePositives, falsePositives, positives } = sweepThresholds(rows);
  if (positives === 0) return { f1: NaN, precision: NaN, recall: NaN, threshold: NaN };
  const f1At = (i: number): number =>
    // FN = positives - TP, so 2 TP + FP + FN = TP + FP + positives.
    (2 * truePositives[i]!) / (truePositives[i]! + falsePositives[i]! + positives);
  let best = 0;
  for (let i = 1; i < thresholds.length; i++) if (f1At(i) > f1At(best)) best = i;
  return {
    f1: f1At(best),
    precision: truePositives[best]! / (truePositives[best]! + falsePositives[best]!),
    recall: truePositives[best]! / positives,
    threshold: thresholds[best]!,
  };
}
