/** Scores at rest: one row per scored row, with what it was judged by. */
import type { Detector } from '../config/detector.ts';
import { surprisesOf } from '../statistics/score-tail.ts';
import { writeColumns } from '../window/write-window.ts';
import type { FittedDetector } from './fitted-detector.ts';
import type { ScoredWindowRows } from './score-rows.ts';

/** Parquet; the same scores give the same bytes. */
export function encodeScores({
  detector,
  fitted,
  rows,
  anomalous,
}: {
  detector: Detector;
  fitted: FittedDetector;
  rows: ScoredWindowRows;
  anomalous: Uint8Array;
}): Uint8Array {
  const { entities, entityOf, times, scores, deviations, evidence } = rows.scored;
  const { version, policy, calibration } = fitted.manifest;
  return writeColumns({
    columns: [
      { name: 'timestamp', type: 'timestamp', values: times },
      { name: 'entity', type: 'string', dictionary: entities, codes: entityOf },
      { name: 'score', type: 'double', values: scores },
      { name: 'deviation', type: 'double', values: deviations },
      { name: 'anomalous', type: 'boolean', values: anomalous },
      { name: 'threshold', type: 'double', values: new Float64Array(times.length).fill(policy.threshold) },
      {
        name: 'model_version',
        type: 'string',
        dictionary: [version],
        codes: new Uint32Array(times.length),
      },
      {
        name: 'surprise',
        type: 'double',
        values: calibration
          ? surprisesOf(calibration.tail, scores)
          : new Float64Array(times.length).fill(Number.NaN),
      },
      {
        name: 'evidence',
        type: 'double',
        values: evidence
          ? evidence.metrics.map((own, row) => Math.max(own, evidence.joint[row]!))
          : new Float64Array(times.length).fill(Number.NaN),
      },
    ],
    metadata: { key: 'tidewatch', value: JSON.stringify({ detector: detector.name, modelVersion: version }) },
  });
}
