import type { AnomalyFacts } from '../../alert/alert.ts';
import type { ModelManifest } from '../../store/model-manifest.ts';

/** The version, as an anomaly, and its alert, name it. */
export function describeModel({ version, kind, trainingRange }: ModelManifest): AnomalyFacts['model'] {
  return { version, kind, trainedFrom: trainingRange.start, trainedTo: trainingRange.end };
}
