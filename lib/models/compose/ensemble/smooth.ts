/**
 * A causal mean of each entity's scores that forgets: an anomaly lasts, noise does not. Over a finite stretch, so that
 * a row's score is the same wherever its window was cut.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';

/** Half-lives looked back on: what is older would have weighed less than 2 % of the newest row. */
const HALF_LIVES = 6;

/** Rows before a row that its mean reaches back to. */
export function countSmoothedRows(halfLife: number): number {
  return Math.ceil(halfLife * HALF_LIVES);
}

/**
 * Weighs by time, so that a gap ages what lies before it.
 * @param scores NaN where a row has none: it takes no part, and stays NaN
 * @param how.halfLife rows, above 0
 * @param how.step ms between rows
 */
export function smoothScores(
  { entityOf, times }: Pick<FeatureMatrix, 'entityOf' | 'times'>,
  scores: Float64Array,
  { halfLife, step }: { readonly halfLife: number; readonly step: number },
): Float64Array {
  const reach = countSmoothedRows(halfLife) * step;
  return scores.map((score, row) => {
    if (Number.isNaN(score)) return score;
    let sum = 0;
    let weights = 0;
    for (let at = row; at >= 0 && entityOf[at] === entityOf[row]; at--) {
      const age = times[row]! - times[at]!;
      if (age > reach) break;
      if (Number.isNaN(scores[at]!)) continue;
      const weight = 2 ** (-age / (halfLife * step));
      sum += weight * scores[at]!;
      weights += weight;
    }
    return sum / weights;
  });
}

/** Rows that a step is taken from: enough for a median. */
const MOST_STEPS = 10_000;

/** Ms between an entity's rows: the median distance. 1 where no entity has two rows. */
export function findStep({ entityOf, times }: Pick<FeatureMatrix, 'entityOf' | 'times'>): number {
  const last = new Map<number, number>();
  const steps: number[] = [];
  for (let row = 0; row < times.length && steps.length < MOST_STEPS; row++) {
    const step = times[row]! - (last.get(entityOf[row]!) ?? Number.NaN);
    if (step > 0) steps.push(step);
    last.set(entityOf[row]!, times[row]!);
  }
  return steps.sort((a, b) => a - b)[steps.length >> 1] ?? 1;
}
