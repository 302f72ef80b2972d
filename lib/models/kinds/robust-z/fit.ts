/** Learns every column's baseline: one for all entities, and one for each that was seen for long enough. */
import { ModelError, RetryLaterError } from '../../../base/errors.ts';
import { MIN_ENTITY_ROWS } from '../../../features/brief-entities.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { type MeasuredColumns, openMeasuredColumns } from '../../../maths/linalg/measured-columns.ts';
import type { FitRun } from '../../framework/contract.ts';
import { checkTraining } from '../../framework/matrix-checks.ts';
import { type Baseline, describeColumn, describeRanked } from './baseline.ts';
import type { Baselines } from './baselines.ts';
import type { RobustZParams } from './params.ts';
import { sortFloats } from './sort-floats.ts';

/** Fewer values are sorted sooner than their digits are counted. */
const WORTH_COUNTING = 2048;

/**
 * Rows labelled anomalous are left out. Beside the matrix it holds 16 columns at a time, and three numbers per column and entity.
 * @throws ModelError where the matrix cannot carry a fit, RetryLaterError once the deadline has passed
 */
export function fitBaselines(x: FeatureMatrix, params: RobustZParams, run: FitRun): Baselines {
  checkTraining(x, run, 2);
  const rows = rowsByEntity(x, run.labels);
  const width = x.names.length;
  const count = rows.reduce((sum, of) => sum + of.length, 0);
  if (count === 0)
    throw new ModelError(
      'too-few-rows',
      `all ${x.times.length} rows are labelled anomalous, a fit takes others`,
    );
  const own = x.entities.length > 1 ? rows.flatMap((of, e) => (of.length >= MIN_ENTITY_ROWS ? [e] : [])) : [];
  const size = (1 + own.length) * width;
  const baselines = {
    columns: [...x.names],
    entities: own.map((e) => x.entities[e]!),
    largest: params.largest,
    centers: new Float64Array(size),
    above: new Float64Array(size),
    below: new Float64Array(size),
  };
  const put = (at: number, { center, above, below }: Baseline): void => {
    baselines.centers[at] = center;
    baselines.above[at] = above;
    baselines.below[at] = below;
  };
  const columns = openMeasuredColumns(count, width);
  for (let from = 0; from < width; from += columns.slice) {
    columns.clear();
    const ends = rows.map((of) => columns.append({ values: x.values, width }, of, from));
    for (let c = from; c < Math.min(from + columns.slice, width); c++) {
      if (run.deadline.remaining() <= 0)
        throw new RetryLaterError(
          'deadline',
          `fit stopped after ${c} of ${width} columns: 0 ms of its time are left`,
        );
      const endOf = (e: number): number => (e < 0 ? 0 : ends[e]![c - from]!);
      const pooled = describe(columns, c - from, 0, endOf(rows.length - 1));
      put(c, pooled);
      for (const [i, e] of own.entries()) {
        const [start, end] = [endOf(e - 1), endOf(e)];
        const isKnown = end - start >= MIN_ENTITY_ROWS;
        put((1 + i) * width + c, isKnown ? describe(columns, c - from, start, end) : pooled);
      }
      run.onProgress?.((c + 1) / width);
    }
  }
  return baselines;
}

function describe(columns: MeasuredColumns, column: number, start: number, end: number): Baseline {
  const sort = (): Float32Array => sortFloats(columns.view(column, start, end).slice());
  if (end - start < WORTH_COUNTING) return describeColumn(sort());
  return describeRanked(columns.rank(column, start, end), sort);
}

/** Rows that are not labelled anomalous. */
function rowsByEntity(
  { entities, entityOf }: FeatureMatrix,
  labels: Uint8Array | undefined,
): readonly Uint32Array[] {
  const counts = new Uint32Array(entities.length);
  for (let row = 0; row < entityOf.length; row++) if (labels?.[row] !== 1) counts[entityOf[row]!]! += 1;
  const rows = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let row = 0; row < entityOf.length; row++) {
    const entity = entityOf[row]!;
    if (labels?.[row] !== 1) rows[entity]![counts[entity]!++] = row;
  }
  return rows;
}
