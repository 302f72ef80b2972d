import { accuracy, countConfusion, precision, predictAt } from '../../../maths/metrics/confusion-matrix.ts';
import { rocAuc } from '../../../maths/metrics/roc-curve.ts';
import type { ClassifierMetrics } from '../../framework/contract.ts';

/** From which probability on a row counts as called anomalous. */
const CALLED = 0.5;

/** @param scores probabilities, one per label */
export function measureClassifier(labels: Uint8Array, scores: Float64Array): ClassifierMetrics {
  const confusion = countConfusion({ labels, predicted: predictAt(scores, CALLED) });
  const auc = rocAuc({ labels, scores });
  const precise = precision(confusion);
  return {
    accuracy: accuracy(confusion),
    auc: Number.isNaN(auc) ? undefined : auc,
    precision: Number.isNaN(precise) ? undefined : precise,
  };
}
