/** What is usual for one column: its median, and how far it goes to either side. */

export interface Baseline {
  /** Median; NaN where nothing was measured. */
  readonly center: number;
  /**
   * Robust standard deviations above and below the median. Above 0; 0 where the column had one value, NaN where it had
   * none.
   */
  readonly above: number;
  readonly below: number;
}

const UNMEASURED: Baseline = { center: NaN, above: NaN, below: NaN };

/** The median absolute deviation of a standard normal is 1 / this. */
const MAD_TO_DEVIATION = 1.482602218505602;
/** Share of the training rows beyond either tail quantile. */
const TAIL_SHARE = 0.0005;
/** That quantile of a standard normal, in standard deviations from its median. */
export const TAIL_DEVIATIONS = 3.2905267314918945;

/**
 * The scale of a side is the larger of 1.4826 × MAD and the distance of that side's 0.05 % quantile / 3.29: two
 * estimates of a normal column's standard deviation, of which the second sees heavy tails. CPU use has its own on one
 * side; on the MAD alone it leads the list of large deviations every hour. An incident shorter than 0.05 % of the
 * training moves neither.
 *
 * A side on which all but 0.05 % of the rows equal the median takes the other's scale; where both are so, it is the
 * standard deviation.
 * @param sorted finite values, ascending
 */
export function describeColumn(sorted: Float32Array): Baseline {
  const count = sorted.length;
  if (count === 0) return UNMEASURED;
  const center = quantile(sorted, 0.5);
  if (sorted[0] === sorted[count - 1]) return { center, above: 0, below: 0 };
  const middle = MAD_TO_DEVIATION * medianDeviation(sorted, center);
  const above = Math.max(middle, (quantile(sorted, 1 - TAIL_SHARE) - center) / TAIL_DEVIATIONS);
  const below = Math.max(middle, (center - quantile(sorted, TAIL_SHARE)) / TAIL_DEVIATIONS);
  const either = above || below || standardDeviation(sorted);
  return { center, above: above || either, below: below || either };
}

/** Linear interpolation between the two nearest ranks, as numpy's `quantile` does by default. */
function quantile(sorted: Float32Array, q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const from = sorted[below]!;
  const to = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return from + (to - from) * (position - below);
}

/** Median of |value - center|: the distances of either side are sorted already, and get merged up to the middle. */
function medianDeviation(sorted: Float32Array, center: number): number {
  const count = sorted.length;
  let right = firstAtLeast(sorted, center);
  let left = right - 1;
  let [previous, current] = [0, 0];
  for (let taken = 0; taken <= count >> 1; taken++) {
    const toLeft = left >= 0 ? center - sorted[left]! : Infinity;
    const toRight = right < count ? sorted[right]! - center : Infinity;
    previous = current;
    if (toLeft <= toRight) {
      current = toLeft;
      left--;
    } else {
      current = toRight;
      right++;
    }
  }
  return count % 2 === 1 ? current : (previous + current) / 2;
}

function firstAtLeast(sorted: Float32Array, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function standardDeviation(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}
