/** From the scores of the training rows to the score above which a row is unusual. */

import { ModelError } from '../base/errors.ts';
import { rowsForPercentile } from '../config/percentile.ts';
import { quantile } from '../maths/quantile.ts';

export interface CalibratedThreshold {
  readonly threshold: number;
  /** Rows that had a score. */
  readonly scored: number;
  /** Rows without one (NaN): they take no part. */
  readonly ignored: number;
  /** Scored rows at or above the threshold; more than the percentile leaves where scores are tied. */
  readonly atOrAbove: number;
}

/**
 * The given percentile of the training scores, with linear interpolation between the two nearest ranks: the
 * definition that NumPy uses by default (Hyndman and Fan 1996, type 7).
 *
 * @param trainingScores NaN where the model gave none
 * @param percentile in percent, above 0 and below 100
 * @throws ModelError where too few rows have a score for that percentile, or one is infinite
 */
export function calibrateThreshold(trainingScores: Float64Array, percentile: number): CalibratedThreshold {
  if (!(percentile > 0 && percentile < 100))
    throw new ModelError('bad-percentile', `threshold percentile ${percentile} is not between 0 and 100`);
  const sorted = trainingScores.filter((score) => !Number.isNaN(score)).sort();
  const needed = rowsForPercentile(percentile);
  if (sorted.length < needed)
    throw new ModelError(
      'too-few-scores',
      `${sorted.length} of ${trainingScores.length} training rows have a score; percentile ${percentile} needs at least ${needed}`,
    );
  const bad = [sorted[0]!, sorted[sorted.length - 1]!].find((score) => !Number.isFinite(score));
  if (bad !== undefined) throw new ModelError('bad-score', `a training row has the score ${bad}`);

  const threshold = quantile(sorted, percentile / 100);
  return {
    threshold,
    scored: sorted.length,
    ignored: trainingScores.length - sorted.length,
    atOrAbove: sorted.length - sorted.findIndex((score) => score >= threshold),
  };
}
