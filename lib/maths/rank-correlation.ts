/** Spearman's correlation: of the ranks, so that neither an outlier nor the scale of a metric decides it. Ties share a rank. */

export interface RankCorrelation {
  /** -1 to 1. */
  readonly rho: number;
  /** Places at which both have a value. */
  readonly pairs: number;
}

/** Undefined where one of them is constant, or there are fewer than two pairs. NaN: nothing was measured. */
export function correlateRanks(a: Float64Array, b: Float64Array): RankCorrelation | undefined {
  const both = Array.from(a.keys()).filter((at) => !Number.isNaN(a[at]!) && !Number.isNaN(b[at]!));
  const [x, y] = [a, b].map((values) => rank(Float64Array.from(both, (at) => values[at]!))) as [
    Float64Array,
    Float64Array,
  ];
  const mean = (both.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let at = 0; at < both.length; at++) {
    const [dx, dy] = [x[at]! - mean, y[at]! - mean];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx === 0 || yy === 0 ? undefined : { rho: xy / Math.sqrt(xx * yy), pairs: both.length };
}

/** From 1; the mean of those that equal ones would have. */
function rank(values: Float64Array): Float64Array {
  // A typed array sorts without a comparison of ours, which is most of the time of a fleet's page.
  const sorted = values.toSorted();
  return values.map((value) => (countBelow(sorted, value, false) + 1 + countBelow(sorted, value, true)) / 2);
}

/** Of ascending values, how many are smaller, or also those that are equal. */
function countBelow(sorted: Float64Array, value: number, withEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value || (withEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
