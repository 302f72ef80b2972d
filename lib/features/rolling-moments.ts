/**
 * Mean, standard deviation, minimum and maximum over the last rows, at a constant cost a row whatever the window.
 *
 * Rows are cut into blocks as long as the window, so that a window is the end of one block and the beginning of the
 * next: what is known of the two ends is merged (van Herk 1992, Gil and Werman 1993; for mean and squares Chan, Golub
 * and LeVeque 1979). Nothing is ever subtracted: a running sum would carry the rounding of a spike along for ever, and
 * make a constant look as if it moved. Blocks begin at multiples of the window counted from the epoch, so that a row's
 * figures depend on the values of its window alone, bit for bit, and not on how much history was loaded before it.
 */

export interface RollingWindow {
  /** Values in the window, the row's own included; at least 2. */
  readonly rows: number;
  /** Values that are not NaN that a window needs. */
  readonly least: number;
  /** Grid cell of the first row: epoch time / step. */
  readonly firstCell: number;
}

/** NaN where the window holds fewer than `least` values. */
export function rollMean(values: Float64Array, out: Float64Array, window: RollingWindow): void {
  rollMoments(values, out, window, false);
}

/** Sample standard deviation (n - 1); NaN also for a single value. */
export function rollStd(values: Float64Array, out: Float64Array, window: RollingWindow): void {
  rollMoments(values, out, window, true);
}

/** @param sign 1: minimum, -1: maximum */
export function rollExtreme(
  values: Float64Array,
  out: Float64Array,
  { rows, least, firstCell }: RollingWindow,
  sign: 1 | -1,
): void {
  // Of the last `i` values of the block before: position rows - i.
  const tail = new Float64Array(rows + 1).fill(Infinity);
  const tailCount = new Int32Array(rows + 1);
  for (let start = firstBlock(firstCell, rows); start < values.length; start += rows) {
    const end = Math.min(start + rows, values.length);
    let head = Infinity;
    let count = 0;
    for (let row = Math.max(start, 0); row < end; row++) {
      const value = sign * values[row]!;
      if (!Number.isNaN(value)) {
        if (value < head) head = value;
        count++;
      }
      const at = row - start + 1;
      const measured = count + tailCount[at]!;
      const before = tail[at]!;
      out[row] = measured < least ? NaN : sign * Math.min(head, before);
    }
    let extreme = Infinity;
    count = 0;
    for (let at = rows - 1; at >= 0; at--) {
      const row = start + at;
      const value = row >= 0 && row < end ? sign * values[row]! : NaN;
      if (!Number.isNaN(value)) {
        if (value < extreme) extreme = value;
        count++;
      }
      tail[at] = extreme;
      tailCount[at] = count;
    }
  }
}

function rollMoments(
  values: Float64Array,
  out: Float64Array,
  { rows, least, firstCell }: RollingWindow,
  deviation: boolean,
): void {
  const inverse = Float64Array.from({ length: rows + 1 }, (_, n) => 1 / n);
  // Of the values from a position of the block before to its end; position `rows` is none of them.
  const tailMean = new Float64Array(rows + 1);
  const tailSquares = new Float64Array(rows + 1);
  const tailCount = new Int32Array(rows + 1);
  for (let start = firstBlock(firstCell, rows); start < values.length; start += rows) {
    const end = Math.min(start + rows, values.length);
    let [count, mean, squares] = [0, 0, 0];
    for (let row = Math.max(start, 0); row < end; row++) {
      const value = values[row]!;
      if (!Number.isNaN(value)) {
        count++;
        const distance = value - mean;
        mean += distance * inverse[count]!;
        squares += distance * (value - mean);
      }
      const at = row - start + 1;
      const before = tailCount[at]!;
      const total = count + before;
      if (total < least || total < 1) out[row] = NaN;
      else if (deviation) {
        const distance = tailMean[at]! - mean;
        const between = distance * distance * count * (before * inverse[total]!);
        out[row] = spread(squares + tailSquares[at]! + between, total);
      }
      // Weights that add up to 1 only in exact arithmetic would move a constant.
      else if (count === 0) out[row] = tailMean[at]!;
      else out[row] = mean + (tailMean[at]! - mean) * (before * inverse[total]!);
    }
    [count, mean, squares] = [0, 0, 0];
    for (let at = rows - 1; at >= 0; at--) {
      const row = start + at;
      const value = row >= 0 && row < end ? values[row]! : NaN;
      if (!Number.isNaN(value)) {
        count++;
        const distance = value - mean;
        mean += distance * inverse[count]!;
        squares += distance * (value - mean);
      }
      tailMean[at] = mean;
      tailSquares[at] = squares;
      tailCount[at] = count;
    }
  }
}

function spread(squares: number, count: number): number {
  return count < 2 ? NaN : Math.sqrt(squares / (count - 1));
}

/** Row at which the block begins that the first row lies in: 0, or before it. Cells before 1970 are negative. */
function firstBlock(firstCell: number, rows: number): number {
  const into = firstCell % rows;
  return -(into < 0 ? into + rows : into);
}
