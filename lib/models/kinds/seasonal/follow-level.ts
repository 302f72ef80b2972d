/** How far a series lies off what is usual of late: the level of what came before each row. */
import { rollOrder } from '../../../features/rolling-order.ts';

/** Of the rows looked back on, measured ones: below, the level is not known. */
const LEAST_MEASURED = 0.25;

/**
 * Per row the median of the `rows` before it, its own value left out; 0 throughout for 0 rows. NaN for the first `rows`
 * rows. Where too few of them were measured, the level that was known last; 0 where none was.
 */
export function followLevel(off: Float32Array, rows: number): Float64Array {
  const levels = new Float64Array(off.length);
  if (rows === 0) return levels;
  const median = new Float64Array(off.length);
  rollOrder(
    Float64Array.from(off),
    { median, iqr: undefined },
    { rows, least: Math.ceil(LEAST_MEASURED * rows) },
  );
  for (let i = 0; i < off.length; i++) {
    const before = i > 0 ? median[i - 1]! : NaN;
    levels[i] = i < rows ? NaN : Number.isNaN(before) ? 0 : before;
  }
  return levels;
}
