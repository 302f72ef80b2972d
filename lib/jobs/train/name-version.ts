import { createHash } from 'node:crypto';
import { formatCompactTime } from '../../base/compact-time.ts';
import type { Detector } from '../../config/detector.ts';
import { hashPlan } from '../../features/plan.ts';
import { encodeJson } from '../../store/json.ts';
import type { ModelLineage } from '../../store/model-manifest.ts';
import { SOFTWARE_VERSION } from '../shared/software-version.ts';
import type { TrainingData } from './training-data.ts';

/**
 * `<end of training range>-<hash of everything that decides the result>`: sorts by age, and names its content.
 * @param lineage what the fit starts from, in fine-tuning
 */
export function nameVersion(
  detector: Detector,
  data: TrainingData,
  lineage: ModelLineage | undefined,
): string {
  const { metrics, model, scaler, threshold, gaps, training, labels } = detector;
  const content = {
    model,
    lineage,
    scaler,
    threshold,
    gaps,
    lookback: training.lookback,
    ...(labels.criteria.length > 0 && { labels }),
    // They decide the units that the report shows.
    ...(metrics.length > 0 && { metrics }),
    planHash: hashPlan(data.planned.plan),
    step: data.window.step,
    range: data.window.range,
    inputs: data.inputs,
    ...(data.leftOut !== undefined && { leftOut: data.leftOut }),
    softwareVersion: SOFTWARE_VERSION,
  };
  const hash = createHash('sha256').update(encodeJson(content)).digest('hex').slice(0, 12);
  return `${formatCompactTime(data.window.range.end)}-${hash}`;
}
