/**
 * Vectors of a matrix, a block at a time: a row's coordinates, then those of the rows before it. No other vector exists
 * meanwhile, however long the window and the matrix.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { copyRows } from '../../../maths/linalg/copy-rows.ts';
import { openRowVectors, type RowVectors } from '../../../maths/linalg/row-vectors.ts';
import { BLOCK_VECTORS, type RowVectorsOptions } from '../../../maths/linalg/row-vectors-memory.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { placesOf } from '../robust-z/baselines.ts';
import { CONSTANT_LIMIT, type Coordinates } from './coordinates.ts';

export interface VectorBlock {
  readonly count: number;
  /** Length: count. The newest row of each vector; all are of one entity. */
  readonly rows: Uint32Array;
}

export interface VectorRequest {
  readonly coordinates: Coordinates;
  readonly window: number;
  /**
   * Per entity of the matrix where vectors end: places among its rows, ascending, from window - 1. All by default.
   */
  readonly wanted?: readonly Uint32Array[];
}

/** @param products what vectors will be multiplied by */
export function openVectors(
  { coordinates, window }: VectorRequest,
  products: Pick<RowVectorsOptions, 'missing' | 'form' | 'precision' | 'components' | 'sums'>,
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
  const scratch = {
    read: new Uint32Array(vectors.capacity),
    ends: new Uint32Array(BLOCK_VECTORS),
    ended: new Uint32Array(BLOCK_VECTORS),
  };
  const runEnds = Uint32Array.from({ length: BLOCK_VECTORS }, (_, b) => window - 1 + b);
  for (const [entity, rows] of groupRows(x).entries()) {
    setScales(vectors, coordinates, places[entity]!);
    const newest = wanted?.[entity];
    const total = newest?.length ?? rows.length - window + 1;
    for (let from = 0; from < total; ) {
      const most = Math.min(BLOCK_VECTORS, total - from);
      const first = newest?.[from] ?? window - 1 + from;
      const last = newest?.[from + most - 1] ?? first + most - 1;
      const { read, ends, ended } =
        last - first === most - 1
          ? {
              read: rows.subarray(first - window + 1, last + 1),
              ends: runEnds.subarray(0, most),
              ended: rows.subarray(first, last + 1),
            }
          : gatherWindows(rows, newest!.subarray(from, from + most), window, scratch);
      const count = ends.length;
      copyRows(source, read, read.length, vectors.rows);
      vectors.readVectors(read.length, ends, count);
      visit({ count, rows: ended });
      from += count;
    }
  }
}

interface WindowRows {
  /** Rows of the matrix, oldest first. */
  readonly read: Uint32Array;
  /** Per window the place of its newest row in `read`. */
  readonly ends: Uint32Array;
  /** Per window its newest row. */
  readonly ended: Uint32Array;
}

/**
 * Of as many windows as fit; those that overlap share their rows.
 * @param newest places among the rows
 * @param scratch filled; what is returned are parts of it
 */
function gatherWindows(
  rows: Uint32Array,
  newest: Uint32Array,
  window: number,
  scratch: WindowRows,
): WindowRows {
  const { read, ends, ended } = scratch;
  let reads = 0;
  // Place after the last row that was read.
  let next = 0;
  let count = 0;
  for (; count < newest.length; count++) {
    const at = newest[count]!;
    let from = Math.max(next, at - window + 1);
    if (reads + at - from >= read.length) break;
    for (; from <= at; from++) read[reads++] = rows[from]!;
    next = at + 1;
    ends[count] = reads - 1;
    ended[count] = rows[at]!;
  }
  return { read: read.subarray(0, reads), ends: ends.subarray(0, count), ended: ended.subarray(0, count) };
}

function setScales({ scales }: RowVectors, { baselines, varying }: Coordinates, place: number): void {
  for (const [v, c] of varying.entries()) {
    scales.centers[v] = baselines.centers[place + c]!;
    scales.above[v] = 1 / baselines.above[place + c]!;
    scales.below[v] = 1 / baselines.below[place + c]!;
  }
}
