/** Scores at rest: one row per scored row, with what it was judged by. */
import type { Detector } from '../../config/detector.ts';
import { nameSource } from '../../features/column-name.ts';
import type { PlannedColumn } from '../../features/planned-column.ts';
import { surprisesOf } from '../../maths/score-tail.ts';
import { type ColumnToWrite, writeColumns } from '../../window/write-window.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';
import { findLeastChanges } from '../shared/least-changes.ts';
import type { ScoredWindowRows } from '../shared/score-rows.ts';
import { openUsual } from '../shared/usual-at.ts';

/** Parquet; the same scores give the same bytes. What came later stands behind: readers by position go on. */
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
  const { entities, entityOf, times, scores, deviations } = rows.scored;
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
      { name: 'evidence', type: 'double', values: levelsOf(rows) },
      ...(detector.outputs.expected ? listExpected(detector, fitted, rows) : []),
    ],
    metadata: { key: 'tidewatch', value: JSON.stringify({ detector: detector.name, modelVersion: version }) },
  });
}

/** What the policy holds against its threshold; NaN in versions that go by the score. */
function levelsOf({ scored: { times, evidence } }: ScoredWindowRows): Float64Array {
  if (evidence === undefined) return new Float64Array(times.length).fill(Number.NaN);
  return evidence.metrics.map((own, row) => Math.max(own, evidence.joint[row]!));
}

/**
 * Of each metric that is a column as it is, and of each that is judged by its rate, such as a counter: what was expected of it in that row and
 * the range that all but one normal row in a hundred keep to, in its own unit, or that of its rate a second. NaN where training held nothing, and in versions without an expectation.
 */
function listExpected(
  detector: Detector,
  fitted: FittedDetector,
  { scored: { times }, x, matrixRows }: ScoredWindowRows,
): readonly ColumnToWrite[] {
  const usual = openUsual({ fitted, x, leastChanges: findLeastChanges({ detector, ...fitted }) });
  return fitted.plan.columns.flatMap((planned, column) => {
    const { source } = planned;
    const isRate = rateRowsOf(planned) !== undefined;
    if (
      source.kind !== 'metric' ||
      (isRate ? !isShortestRate(planned, fitted) : planned.transforms.length > 0)
    )
      return [];
    const [expected, low, high] = [0, 1, 2].map(() => new Float64Array(times.length).fill(Number.NaN));
    if (fitted.evidence !== undefined)
      for (let row = 0; row < times.length; row++) {
        const range = usual.at(matrixRows[row]!, column);
        expected![row] = range.center;
        low![row] = range.low;
        high![row] = range.high;
      }
    return Object.entries({ expected, low, high }).map(([name, values]) => ({
      // In front: with a metric's name behind it, it is no other metric's column.
      name: `${isRate ? 'rate_' : ''}${name}_${source.metric}`,
      type: 'double' as const,
      values: values!,
    }));
  });
}

/** Rows over which the column is the rate of its metric; undefined where it is not. */
function rateRowsOf({ transforms }: PlannedColumn): number | undefined {
  const [only, ...more] = transforms;
  return more.length === 0 && (only?.kind === 'rate' || only?.kind === 'uptime') ? only.rows : undefined;
}

/** One rate tells what is expected of a metric: that over the fewest rows. */
function isShortestRate(planned: PlannedColumn, { plan }: Pick<FittedDetector, 'plan'>): boolean {
  const rates = plan.columns.filter(
    (other) => nameSource(other.source) === nameSource(planned.source) && rateRowsOf(other) !== undefined,
  );
  return rates.every((other) => rateRowsOf(other)! >= rateRowsOf(planned)!);
}
