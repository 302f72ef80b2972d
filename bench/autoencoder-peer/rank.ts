/** How well scores tell the labelled rows from the others: by the same rows for every side. */
import { averagePrecision } from '../../lib/maths/metrics/precision-recall.ts';
import { DEFAULT_MAX_BUFFER, volumeUnderSurface } from '../../lib/maths/metrics/volume-under-surface.ts';
import type { DetectorRun } from '../quality/run-detector.ts';
import type { Scored } from './fit-ours.ts';
import type { Ranking } from './sides.ts';

export function rankScores({ labels, measured, test }: DetectorRun, { loss, scores }: Scored): Ranking {
  const rows = Uint32Array.from(labels.keys()).filter(
    (row) => measured[row] === 1 && !Number.isNaN(scores[row]!),
  );
  const ranked = {
    labels: Uint8Array.from(rows, (row) => labels[row]!),
    scores: Float64Array.from(rows, (row) => scores[row]!),
    entityOf: Uint32Array.from(rows, (row) => test.entityOf[row]!),
  };
  return {
    loss,
    vusPr: volumeUnderSurface(ranked, DEFAULT_MAX_BUFFER).pr,
    averagePrecision: averagePrecision(ranked),
  };
}
