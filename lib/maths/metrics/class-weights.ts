import { EvaluationError } from '../../base/errors.ts';
import { checkLabels } from './labelled-scores.ts';

/** What one row of each class counts, so that both classes weigh the same in all. */
export interface ClassWeights {
  readonly normal: number;
  readonly anomalous: number;
}

/**
 * rows / (2 × rows of the class): scikit-learn's `compute_class_weight('balanced')`. Weighted rows add up to the
 * number of rows.
 * @throws EvaluationError where a class has no row, as no weight could balance it
 */
export function balanceClasses(labels: Uint8Array): ClassWeights {
  checkLabels(labels);
  const anomalous = labels.reduce((sum, label) => sum + label, 0);
  const normal = labels.length - anomalous;
  if (anomalous === 0 || normal === 0)
    throw new EvaluationError(
      'one-class',
      `${anomalous} of ${labels.length} rows are anomalous; balancing needs rows of both classes`,
    );
  return { normal: labels.length / (2 * normal), anomalous: labels.length / (2 * anomalous) };
}
