/** Learns every column's baseline: one for all entities, and one for each that was seen for long enough. */
import { ModelError, RetryLaterError } from '../../errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { FitRun } from '../contract.ts';
import { checkTraining } from '../matrix-checks.ts';
import { type Baseline, describeColumn } from './baseline.ts';
import type { Baselines } from './baselines.ts';
import type { RobustZParams } from './params.ts';
import { sortFloats } from './sort-floats.ts';

/** Measured rows that an entity's column needs before it is judged by itself: as many as the scaler asks for. */
export const MIN_ENTITY_ROWS = 64;
/** Columns that are taken out of the matrix at a time: their values share a cache line of 64 bytes. */
const SLICE = 16;

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
  const slices = Array.from({ length: Math.min(SLICE, width) }, () => new Float32Array(count));
  const scratch = new Float32Array(Math.max(0, ...own.map((e) => rows[e]!.length)));
  for (let from = 0; from < width; from += SLICE) {
    const ends = gatherColumns(x, from, rows, slices);
    for (let c = from; c < Math.min(from + SLICE, width); c++) {
      if (run.deadline.remaining() <= 0)
        throw new RetryLaterError(
          'deadline',
          `fit stopped after ${c} of ${width} columns: 0 ms of its time are left`,
        );
      const values = slices[c - from]!;
      const endOf = ends[c - from]!;
      const ofEntity = (e: number): Float32Array => values.subarray(e === 0 ? 0 : endOf[e - 1]!, endOf[e]!);
      const measured = own.map((e) => {
        const of = ofEntity(e);
        if (of.length < MIN_ENTITY_ROWS) return undefined;
        scratch.set(of);
        return describeColumn(sortFloats(scratch.subarray(0, of.length)));
      });
      // Last, as it mixes the entities.
      const pooled = describeColumn(sortFloats(values.subarray(0, endOf.at(-1)!)));
      put(c, pooled);
      for (const [i, baseline] of measured.entries()) put((1 + i) * width + c, baseline ?? pooled);
      run.onProgress?.((c + 1) / width);
    }
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

/**
 * Measured values of up to SLICE columns, entity after entity.
 * @param slices one per column, filled from the front
 * @returns per column, where each entity's values end
 */
function gatherColumns(
  { names, values }: FeatureMatrix,
  from: number,
  rows: readonly Uint32Array[],
  slices: readonly Float32Array[],
): readonly Uint32Array[] {
  const width = names.length;
  const columns = Math.min(SLICE, width - from);
  const ends = Array.from({ length: columns }, () => new Uint32Array(rows.length));
  const counts = new Uint32Array(columns);
  for (const [e, of] of rows.entries()) {
    for (let i = 0; i < of.length; i++) {
      const offset = of[i]! * width + from;
      for (let c = 0; c < columns; c++) {
        const value = values[offset + c]!;
        if (!Number.isNaN(value)) slices[c]![counts[c]!++] = value;
      }
    }
    for (let c = 0; c < columns; c++) ends[c]![e] = counts[c]!;
  }
  return ends;
}
