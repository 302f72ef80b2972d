/** One pass over a matrix for what its columns have: how many values, their sums, the least and the largest. */
import { copyRows } from './copy-rows.ts';
import { planMemory } from './memory-plan.ts';
import { openRowKernel } from './row-kernel.ts';

/** Per column, of its measured values; of infinite ones too. */
export interface ColumnSums {
  readonly counts: Uint32Array;
  /** Added row by row in float64. */
  readonly sums: Float64Array;
  /** Infinity where there are none. */
  readonly lows: Float32Array;
  /** -Infinity where there are none. */
  readonly highs: Float32Array;
}

/** What is read at a time stays in the first cache. */
const CHUNK_BYTES = 16_384;
const MIN_CHUNK = 16;
/** The kernel works on so many columns. */
const TILE = 4;

/**
 * @param matrix values: rows × width
 * @param rows ascending; all by default
 */
export function sumColumns(
  matrix: { readonly values: Float32Array; readonly width: number },
  rows?: Uint32Array,
): ColumnSums {
  const { values, width } = matrix;
  const count = rows?.length ?? values.length / width;
  const chunk = Math.max(MIN_CHUNK, Math.floor(CHUNK_BYTES / (4 * width)));
  const padded = Math.ceil(width / TILE) * TILE;
  const plan = planMemory();
  const at = {
    rows: plan.take(4 * chunk * width + 16),
    counts: plan.take(4 * padded),
    sums: plan.take(8 * padded),
    lows: plan.take(4 * padded),
    highs: plan.take(4 * padded),
  };
  const memory = plan.open();
  const kernel = openRowKernel(memory);
  const staged = new Float32Array(memory.buffer, at.rows, chunk * width);
  const counts = new Uint32Array(memory.buffer, at.counts, padded);
  const sums = new Float64Array(memory.buffer, at.sums, padded);
  const lows = new Float32Array(memory.buffer, at.lows, padded).fill(Infinity);
  const highs = new Float32Array(memory.buffer, at.highs, padded).fill(-Infinity);
  for (let from = 0; from < count; from += chunk) {
    const taken = Math.min(chunk, count - from);
    if (rows === undefined) staged.set(values.subarray(from * width, (from + taken) * width));
    else copyRows(matrix, rows.subarray(from, from + taken), taken, staged);
    kernel.addColumns(at.rows, taken, width, at.counts, at.sums, at.lows, at.highs);
  }
  return {
    counts: counts.slice(0, width),
    sums: sums.slice(0, width),
    lows: lows.slice(0, width),
    highs: highs.slice(0, width),
  };
}
