/**
 * Vectors of a matrix, a block at a time: a row's coordinates, then those of the rows before it. No other vector exists
 * meanwhile, however long the window and the matrix.
 */
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { copyRows } from '../../linalg/copy-rows.ts';
import {
  BLOCK_VECTORS,
  openRowVectors,
  type RowVectors,
  type RowVectorsOptions,
} from '../../linalg/row-vectors.ts';
import { placesOf } from '../robust-z/baselines.ts';
import { groupRows } from '../univariate/group-rows.ts';
import { CONSTANT_LIMIT, type Coordinates } from './coordinates.ts';

export interface VectorBlock {
  readonly count: number;
  /** The newest row of each vector. All are of one entity. */
  readonly rows: Uint32Array;
}

export interface VectorRequest {
  readonly coordinates: Coordinates;
  readonly window: number;
  /** Per row whether the vector that ends in it is wanted: 0 is not. All by default. */
  readonly wanted?: Uint8Array;
}

/** @param products what vectors will be multiplied by */
export function openVectors(
  { coordinates, window }: VectorRequest,
  products: Pick<RowVectorsOptions, 'missing' | 'form' | 'components' | 'sums'>,
): RowVectors {
  const { baselines, varying, knee } = coordinates;
  return openRowVectors({
    width: baselines.columns.length,
    columns: varying,
    window,
    knee,
    constantLimit: CONSTANT_LIMIT,
    ...products,
  });
}

/**
 * Entry (lag, v) of a vector is lag × columns that vary + v; lag 0 is the newest row.
 * @param vectors of `openVectors` for the same request; they hold the block at each visit
 */
export function eachBlock(
  x: FeatureMatrix,
  { coordinates, window, wanted }: VectorRequest,
  vectors: RowVectors,
  visit: (block: VectorBlock) => void,
): void {
  const places = placesOf(coordinates.baselines, x.entities);
  const source = { values: x.values, width: x.names.length };
  const rows = new Uint32Array(BLOCK_VECTORS);
  // Of each vector the newest row's place among those that were read.
  const ends = new Uint32Array(BLOCK_VECTORS);
  const read = new Uint32Array(vectors.capacity);
  for (const [entity, entityRows] of groupRows(x).entries()) {
    setScales(vectors, coordinates, places[entity]!);
    let count = 0;
    let reads = 0;
    // Position after the last row that was read.
    let next = 0;
    const flush = (): void => {
      copyRows(source, read, reads, vectors.rows);
      vectors.readVectors(reads, ends, count);
      visit({ count, rows });
      count = 0;
      reads = 0;
    };
    for (let at = window - 1; at < entityRows.length; at++) {
      const row = entityRows[at]!;
      if (wanted?.[row] === 0) continue;
      const oldest = at - window + 1;
      // Windows that overlap share their rows.
      let from = reads > 0 && oldest < next ? next : oldest;
      if (reads + at - from >= vectors.capacity) {
        flush();
        from = oldest;
      }
      for (; from <= at; from++) read[reads++] = entityRows[from]!;
      next = at + 1;
      ends[count] = reads - 1;
      rows[count++] = row;
      if (count === BLOCK_VECTORS) flush();
    }
    if (count > 0) flush();
  }
}

function setScales({ scales }: RowVectors, { baselines, varying }: Coordinates, place: number): void {
  for (const [v, c] of varying.entries()) {
    scales.centers[v] = baselines.centers[place + c]!;
    scales.above[v] = 1 / baselines.above[place + c]!;
    scales.below[v] = 1 / baselines.below[place + c]!;
  }
}
