/**
 * Vectors of a matrix, a block at a time: a row's coordinates, then those of the rows before it. No other vector exists
 * meanwhile, however long the window and the matrix.
 */
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { BLOCK } from '../../linalg/products.ts';
import { placesOf } from '../robust-z/baselines.ts';
import { groupRows } from '../univariate/group-rows.ts';
import { type Coordinates, toCoordinate } from './coordinates.ts';

export interface VectorBlock {
  /** Entry i of vector b at i × BLOCK + b; NaN where missing, 0 beyond `count`. Overwritten by the next block. */
  readonly values: Float64Array;
  readonly count: number;
  /** The newest row of each vector. All are of one entity. */
  readonly rows: Uint32Array;
}

export interface VectorRequest {
  readonly coordinates: Coordinates;
  readonly window: number;
  /** Whether the vector that ends in that row is wanted. All by default. */
  readonly isWanted?: (row: number) => boolean;
}

/** Entry (lag, v) of a vector is lag × columns that vary + v; lag 0 is the newest row. */
export function eachBlock(
  x: FeatureMatrix,
  request: VectorRequest,
  visit: (block: VectorBlock) => void,
): void {
  const { coordinates, window, isWanted } = request;
  const places = placesOf(coordinates.baselines, x.entities);
  const values = new Float64Array(coordinates.varying.length * window * BLOCK);
  const rows = new Uint32Array(BLOCK);
  const positions = new Uint32Array(BLOCK);
  for (const [entity, entityRows] of groupRows(x).entries()) {
    let count = 0;
    const flush = (): void => {
      if (count === 0) return;
      fillBlock(x, request, { entityRows, positions, count, place: places[entity]! }, values);
      visit({ values, count, rows });
      count = 0;
    };
    for (let at = window - 1; at < entityRows.length; at++) {
      const row = entityRows[at]!;
      if (isWanted?.(row) === false) continue;
      positions[count] = at;
      rows[count++] = row;
      if (count === BLOCK) flush();
    }
    flush();
  }
}

interface BlockRows {
  readonly entityRows: Uint32Array;
  /** Into `entityRows`: the newest row of each vector. */
  readonly positions: Uint32Array;
  readonly count: number;
  /** Of the entity's baselines. */
  readonly place: number;
}

/** Column by column: entries of a block lie 1 kB apart, and writes across them would miss the cache. */
function fillBlock(
  { names, values }: FeatureMatrix,
  { coordinates, window }: VectorRequest,
  { entityRows, positions, count, place }: BlockRows,
  out: Float64Array,
): void {
  const width = names.length;
  let entry = 0;
  for (let lag = 0; lag < window; lag++) {
    for (const c of coordinates.varying) {
      for (let b = 0; b < count; b++) {
        const row = entityRows[positions[b]! - lag]!;
        out[entry + b] = toCoordinate(coordinates, place + c, values[row * width + c]!);
      }
      out.fill(0, entry + count, entry + BLOCK);
      entry += BLOCK;
    }
  }
}
