/** Learns every column's baseline: one for all entities, and one for each that was seen for long enough. */
import { ModelError, RetryLaterError } from '../../errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { FitRun } from '../contract.ts';
import { checkTraining } from '../matrix-checks.ts';
import { type Baseline, describeColumn } from './baseline.ts';
import type { Baselines } from './baselines.ts';
import type { RobustZParams } from './params.ts';

/** Measured rows that an entity's column needs before it is judged by itself: as many as the scaler asks for. */
export const MIN_ENTITY_ROWS = 64;

/**
 * Rows labelled anomalous are left out. Sorts one column at a time: beside the matrix it holds one column and three
 * numbers per column and entity.
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
  const buffer = new Float32Array(count);
  for (let c = 0; c < width; c++) {
    if (run.deadline.remaining() <= 0)
      throw new RetryLaterError(
        'deadline',
        `fit stopped after ${c} of ${width} columns: 0 ms of its time are left`,
      );
    const pooled = describeColumn(sortColumn(x, c, rows, buffer));
    put(c, pooled);
    for (const [i, e] of own.entries()) {
      const sorted = sortColumn(x, c, [rows[e]!], buffer);
      put((1 + i) * width + c, sorted.length >= MIN_ENTITY_ROWS ? describeColumn(sorted) : pooled);
    }
    run.onProgress?.((c + 1) / width);
  }
  return baselines;
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

/** Measured values, ascending, at the front of the buffer. */
function sortColumn(
  { names, values }: FeatureMatrix,
  column: number,
  rows: readonly Uint32Array[],
  buffer: Float32Array,
): Float32Array {
  const width = names.length;
  let count = 0;
  for (const of of rows) {
    for (let i = 0; i < of.length; i++) {
      const value = values[of[i]! * width + column]!;
      if (!Number.isNaN(value)) buffer[count++] = value;
    }
  }
  return buffer.subarray(0, count).sort();
}
