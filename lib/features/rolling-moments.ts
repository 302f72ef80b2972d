/**
 * Mean, standard deviation, minimum and maximum over the last rows, at a constant cost a row whatever the window.
 *
 * Rows are cut into blocks as long as the window, so that a window is the end of one block and the beginning of the
 * next: what is known of the two ends is merged (van Herk 1992; Gil and Werman 1993). Nothing that has entered a sum is
 * ever subtracted again: a running sum would carry the rounding of a spike along for ever, and make a constant look as
 * if it moved. Blocks begin at multiples of the window counted from the epoch, so that a row's figures depend on the
 * values of its window alone, bit for bit, and not on how much history was loaded before it.
 *
 * Sums are of distances from one of the values themselves. That value lies in the window, and is therefore no more than
 * √n standard deviations off its mean: squares lose at most the digits of n.
 */

export interface RollingWindow {
  /** Values in the window, the row's own included; at least 2. */
  readonly rows: number;
  /** Values that are not NaN that a window needs. */
  readonly least: number;
  /** Grid cell of the first row: epoch time / step. */
  readonly firstCell: number;
}

/** Where the two go; both cost hardly more than one. */
export interface MomentOutputs {
  readonly mean: Float64Array | undefined;
  /** Sample standard deviation (n - 1); NaN also for a single value. */
  readonly std: Float64Array | undefined;
}

/** NaN where the window holds fewer than `least` values. */
export function rollMoments(values: Float64Array, outputs: MomentOutputs, window: RollingWindow): void {
  const { mean, std } = outputs;
  const { rows, least, firstCell } = window;
  const tail: Tail = {
    sums: new Float64Array(rows + 1),
    squares: new Float64Array(rows + 1),
    counts: new Int32Array(rows + 1),
  };
  let tailOrigin = 0;
  const needed = Math.max(least, 1);
  for (let start = firstBlock(firstCell, rows); start < values.length; start += rows) {
    const end = Math.min(start + rows, values.length);
    let origin = 0;
    let count = 0;
    let sum = 0;
    let squares = 0;
    for (let row = Math.max(start, 0); row < end; row++) {
      const value = values[row]!;
      if (!Number.isNaN(value)) {
        if (count === 0) origin = value;
        count++;
        const distance = value - origin;
        sum += distance;
        squares += distance * distance;
      }
      const at = row - start + 1;
      const before = tail.counts[at]!;
      const total = count + before;
      if (total < needed) {
        if (mean) mean[row] = NaN;
        if (std) std[row] = NaN;
        continue;
      }
      // All distances from the block's origin, or from the tail's where the block has no value yet.
      const shift = count === 0 ? 0 : tailOrigin - origin;
      const tailSum = tail.sums[at]!;
      const all = sum + tailSum + before * shift;
      if (mean) mean[row] = (count === 0 ? tailOrigin : origin) + all / total;
      if (std) {
        const around = squares + tail.squares[at]! + shift * (2 * tailSum + before * shift);
        std[row] = total < 2 ? NaN : Math.sqrt(Math.max(0, around - (all * all) / total) / (total - 1));
      }
    }
    tailOrigin = sumTail(values, tail, start, end);
  }
}

/**
 * NaN where the window holds fewer than `least` values.
 * @param sign 1: minimum, -1: maximum
 */
export function rollExtreme(
  values: Float64Array,
  out: Float64Array,
  { rows, least, firstCell }: RollingWindow,
  sign: 1 | -1,
): void {
  // Of the values from a position of the block before to its end; position `rows` is none of them.
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
      out[row] = count + tailCount[at]! < least ? NaN : sign * Math.min(head, tail[at]!);
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

/** Of the values from a position of the block before to its end; position `rows` is none of them. */
interface Tail {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Int32Array;
}

/** @returns the value that distances are taken from: the block's last */
function sumTail(values: Float64Array, { sums, squares, counts }: Tail, start: number, end: number): number {
  let origin = 0;
  let count = 0;
  let sum = 0;
  let square = 0;
  for (let at = counts.length - 2; at >= 0; at--) {
    const row = start + at;
    const value = row >= 0 && row < end ? values[row]! : NaN;
    if (!Number.isNaN(value)) {
      if (count === 0) origin = value;
      count++;
      const distance = value - origin;
      sum += distance;
      square += distance * distance;
    }
    sums[at] = sum;
    squares[at] = square;
    counts[at] = count;
  }
  return origin;
}

/** Row at which the block begins that the first row lies in: 0, or before it. Cells before 1970 are negative. */
function firstBlock(firstCell: number, rows: number): number {
  const into = firstCell % rows;
  return -(into < 0 ? into + rows : into);
}
