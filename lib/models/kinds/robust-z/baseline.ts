/** What is usual for one column: its median, and how far it goes to either side. */
import type { RankedValues } from '../../../maths/linalg/measured-columns.ts';
import { lowerBound } from '../../../maths/quantile.ts';

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
/** One row in so many lies beyond either tail. */
const ROWS_PER_TAIL = 2000;
/** That quantile of a standard normal, in standard deviations from its median. */
export const TAIL_DEVIATIONS = 3.2905267314918945;

/** Tails up to so many times the middle's scale count as they are, farther ones by their logarithm. */
const TAIL_KNEE = 10;

/**
 * The scale of a side is the larger of 1.4826 × MAD and the distance of that side's 0.05 % quantile / 3.29: two
 * estimates of a normal column's standard deviation, of which the second sees heavy tails. CPU use has its own on one
 * side; on the MAD alone it leads the list of large deviations every hour. What an incident in the training can do is
 * bounded: one shorter than 0.05 % of it moves neither, a longer one of r times the first estimate widens the scale to
 * 10 (1 + ln(r / 10)) times it.
 *
 * A side on which all but 0.05 % of the rows equal the median takes the other's scale; where both are so, it is the
 * standard deviation.
 * @param sorted finite values, ascending
 */
export function describeColumn(sorted: Float32Array): Baseline {
  const count = sorted.length;
  if (count === 0) return UNMEASURED;
  const { center, above, below } = measureSides({
    count,
    valueAt: (rank) => sorted[rank]!,
    medianDistance: (from) => medianDeviation(sorted, from),
  });
  if (sorted[0] === sorted[count - 1]) return { center, above: 0, below: 0 };
  const either = above || below || standardDeviation(sorted);
  return { center, above: above || either, below: below || either };
}

/**
 * The same of values that are not sorted, to the bit.
 * @param sort a copy of them, for a column that hardly moves
 */
export function describeRanked(values: RankedValues, sort: () => Float32Array): Baseline {
  const { center, above, below } = measureSides(values);
  const either = above || below;
  if (either === 0) return describeColumn(sort());
  return { center, above: above || either, below: below || either };
}

/** 0 for a side that all but its tail keep to the median of. */
function measureSides({ count, valueAt, medianDistance }: RankedValues): Baseline {
  const center = (valueAt((count - 1) >> 1) + valueAt(count >> 1)) / 2;
  const middle = MAD_TO_DEVIATION * medianDistance(center);
  // Ranks, not quantiles between two of them: those would take in a share of the first value beyond.
  const beyond = Math.floor(count / ROWS_PER_TAIL);
  return {
    center,
    above: widen(middle, (valueAt(count - 1 - beyond) - center) / TAIL_DEVIATIONS),
    below: widen(middle, (center - valueAt(beyond)) / TAIL_DEVIATIONS),
  };
}

/** Tails alone tell where half of the values equal the median and the middle is 0. */
function widen(middle: number, tail: number): number {
  const limit = TAIL_KNEE * middle;
  if (middle === 0 || tail <= limit) return Math.max(middle, tail);
  return limit * (1 + Math.log(tail / limit));
}

/** Median of |value - center|: the distances of either side are sorted already, and get merged up to the middle. */
function medianDeviation(sorted: Float32Array, center: number): number {
  const count = sorted.length;
  let right = lowerBound(sorted, center);
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

function standardDeviation(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}
