/**
 * Vectors of a matrix, a block at a time: a row's coordinates, then those of the rows before it. No other vector exists
 * meanwhile, however long the window and the matrix.
 */
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { BLOCK } from '../../linalg/products.ts';
import { placesOf } from '../robust-z/baselines.ts';
import { groupRows } from '../univariate/group-rows.ts';
import { type Coordinates, toCoordinates } from './coordinates.ts';

export interface VectorBlock {
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

/**
 * Entry (lag, v) of a vector is lag × columns that vary + v; lag 0 is the newest row. NaN where missing.
 * @param out as `Products` has blocks; filled before each visit
 */
export function eachBlock(
  x: FeatureMatrix,
  request: VectorRequest,
  out: Float64Array,
  visit: (block: VectorBlock) => void,
): void {
  const { coordinates, window, isWanted } = request;
  const places = placesOf(coordinates.baselines, x.entities);
  const rows = new Uint32Array(BLOCK);
  const positions = new Uint32Array(BLOCK);
  for (const [entity, entityRows] of groupRows(x).entries()) {
    let count = 0;
    const flush = (): void => {
      if (count === 0) return;
      fillBlock(x, request, { entityRows, positions, count, place: places[entity]! }, out);
      visit({ count, rows });
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
  const offsets = new Uint32Array(BLOCK);
  let from = 0;
  for (let lag = 0; lag < window; lag++) {
    for (let b = 0; b < count; b++) offsets[b] = entityRows[positions[b]! - lag]! * names.length;
    for (const c of coordinates.varying) {
      for (let b = 0; b < count; b++) out[from + b] = values[offsets[b]! + c]!;
      toCoordinates(coordinates, place + c, { values: out, from, to: from + count });
      out.fill(0, from + count, from + BLOCK);
      from += BLOCK;
    }
  }
}
