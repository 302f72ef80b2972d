/** How often each score came up, in bins that have the threshold as one of their edges. */

export interface ScoreHistogram {
  /** Lower edge of the first bin. */
  readonly start: number;
  readonly width: number;
  /** Rows per bin, all of them and those labelled anomalous. */
  readonly counts: readonly number[];
  readonly labelled: readonly number[];
}

const BINS = 48;
/** Of the magnitude: a bin is then still thousands of roundings wide. */
const LEAST_SPREAD = 2 ** -32;
/** Below it, a bin's width would underflow. */
const LEAST_MAGNITUDE = 1e-300;

/** @returns undefined where no row has a score */
export function countScores(
  scores: Float64Array,
  threshold: number,
  labels: Uint8Array | undefined,
): ScoreHistogram | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (!Number.isFinite(score)) continue;
    min = Math.min(min, score);
    max = Math.max(max, score);
  }
  if (min > max) return undefined;
  const width = chooseWidth(Math.min(min, threshold), Math.max(max, threshold));
  // The quotient underflows where the two are all but the same.
  const below = min < threshold ? Math.max(1, Math.ceil((threshold - min) / width)) : 0;
  const start = threshold - below * width;
  const bins = Math.floor((Math.max(max, threshold) - start) / width) + 1;
  const counts = new Array<number>(bins).fill(0);
  const labelled = new Array<number>(bins).fill(0);
  const firstAbove = Math.round((threshold - start) / width);
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    if (!Number.isFinite(score)) continue;
    // Rounding must not put a row on the other side of the threshold.
    const near = Math.max(0, Math.min(bins - 1, Math.floor((score - start) / width)));
    const bin = score >= threshold ? Math.max(near, firstAbove) : Math.min(near, firstAbove - 1);
    const kept = Math.max(0, Math.min(bins - 1, bin));
    counts[kept]! += 1;
    if (labels?.[row] === 1) labelled[kept]! += 1;
  }
  return { start, width, counts, labelled };
}

/** A single value, or several that a float64 hardly tells apart, still make a bin that can be seen. */
function chooseWidth(low: number, high: number): number {
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  const spread = high - low > magnitude * LEAST_SPREAD ? high - low : magnitude;
  return (spread >= LEAST_MAGNITUDE ? spread : 1) / BINS;
}
