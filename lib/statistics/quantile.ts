/**
 * With linear interpolation between the two nearest ranks: NumPy's default (Hyndman and Fan 1996, type 7).
 * @param sorted ascending, at least one value
 * @param share 0 to 1
 */
export function quantileOf(sorted: Float64Array, share: number): number {
  const rank = (sorted.length - 1) * share;
  const below = Math.floor(rank);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (rank - below);
}

/** Index of the first element of the ascending `sorted` that is at or above `value`; its length where none is. */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
