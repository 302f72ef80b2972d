/** Counts of right and wrong calls, and the shares that follow from them. Row by row: an incident of 60 rows weighs 60. */
import { checkLabels, checkLength, type LabelledScores } from './labelled-scores.ts';

/** Rows. */
export interface ConfusionMatrix {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** @throws EvaluationError where there is no row, the lengths differ, or a value is neither 0 nor 1 */
export function countConfusion(rows: {
  readonly labels: Uint8Array;
  /** Per row, 1 = called anomalous. */
  readonly predicted: Uint8Array;
}): ConfusionMatrix {
  const { labels, predicted } = rows;
  checkLabels(labels);
  checkLength('predicted', predicted.length, labels.length);
  checkLabels(predicted, 'prediction');
  // Index: label × 2 + prediction.
  const counts = [0, 0, 0, 0];
  for (let row = 0; row < labels.length; row++) counts[labels[row]! * 2 + predicted[row]!]!++;
  const [trueNegatives, falsePositives, falseNegatives, truePositives] = counts as [
    number,
    number,
    number,
    number,
  ];
  return { truePositives, falsePositives, falseNegatives, trueNegatives };
}

/** 1 where a score is at or above the threshold, as the decision stage has it; a row without a score (NaN) is 0. */
export function predictAt(scores: LabelledScores['scores'], threshold: number): Uint8Array {
  return Uint8Array.from(scores, (score) => (score >= threshold ? 1 : 0));
}

/** Share of rows called right. Says little where anomalies are rare: calling nothing is then right nearly always. */
export function accuracy(m: ConfusionMatrix): number {
  return (m.truePositives + m.trueNegatives) / sumOf(m);
}

/** Share of the rows called anomalous that are; NaN where none was called (scikit-learn says 0, with a warning). */
export function precision(m: ConfusionMatrix): number {
  return m.truePositives / (m.truePositives + m.falsePositives);
}

/** Share of the anomalous rows that were called so; NaN where none is anomalous (scikit-learn: 0, with a warning). */
export function recall(m: ConfusionMatrix): number {
  return m.truePositives / (m.truePositives + m.falseNegatives);
}

/**
 * Harmonic mean of precision and recall, as 2 TP / (2 TP + FP + FN): 0 where nothing anomalous was called; NaN where
 * none is anomalous and none was called.
 */
export function f1(m: ConfusionMatrix): number {
  return (2 * m.truePositives) / (2 * m.truePositives + m.falsePositives + m.falseNegatives);
}

function sumOf(m: ConfusionMatrix): number {
  return m.truePositives + m.falsePositives + m.falseNegatives + m.trueNegatives;
}
