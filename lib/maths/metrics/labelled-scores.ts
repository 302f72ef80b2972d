/**
 * What every metric of a ranking takes: one label and one score per row. Rows without a score have no place in a
 * ranking, so they are taken out first, by `dropUnscored`, where the caller sees how many they were.
 */
import { EvaluationError } from '../../base/errors.ts';

export interface LabelledScores {
  /** Per row, 1 = anomalous, 0 = normal. */
  readonly labels: Uint8Array;
  /** Per row, finite; higher is more anomalous. */
  readonly scores: Float64Array;
}

/** @throws EvaluationError where there is no row, the lengths differ, a label is neither 0 nor 1, or a score is not finite */
export function checkLabelledScores({ labels, scores }: LabelledScores): void {
  checkLabels(labels);
  checkLength('scores', scores.length, labels.length);
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (bad !== -1)
    throw new EvaluationError(
      'bad-score',
      `row ${bad} of ${scores.length} has the score ${scores[bad]}; a ranking needs finite ones`,
    );
}

/** @throws EvaluationError where there is no row, or a label is neither 0 nor 1 */
export function checkLabels(labels: Uint8Array, what = 'label'): void {
  if (labels.length === 0) throw new EvaluationError('no-rows', `0 rows to evaluate, at least 1`);
  const bad = labels.findIndex((label) => label > 1);
  if (bad !== -1)
    throw new EvaluationError('bad-label', `row ${bad} has the ${what} ${labels[bad]}; it is 0 or 1`);
}

/** @throws EvaluationError */
export function checkLength(what: string, actual: number, rows: number): void {
  if (actual !== rows) throw new EvaluationError('bad-length', `${what}: ${actual} values for ${rows} rows`);
}

/**
 * The rows that have a score, in their order: a model gives NaN for rows that lack the history it needs. Infinite
 * scores stay and are refused by the metrics.
 */
export function dropUnscored({ labels, scores }: LabelledScores): LabelledScores & {
  /** Row numbers of what was kept. */
  readonly rows: Uint32Array;
  readonly dropped: number;
} {
  checkLength('scores', scores.length, labels.length);
  const rows = Uint32Array.from(scores.keys()).filter((row) => !Number.isNaN(scores[row]!));
  return {
    labels: Uint8Array.from(rows, (row) => labels[row]!),
    scores: Float64Array.from(rows, (row) => scores[row]!),
    rows,
    dropped: labels.length - rows.length,
  };
}
