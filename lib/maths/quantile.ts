/**
 * With linear interpolation between the two nearest ranks: NumPy's default (Hyndman and Fan 1996, type 7).
 * @param sorted ascending, at least one value
 * @param share 0 to 1
 * @param count how many of `sorted`, from its first on; all, if left out
 */
export function quantile(sorted: ArrayLike<number>, share: number, count: number = sorted.length): number {
  const rank = (count - 1) * share;
  const below = Math.floor(rank);
  const part = rank - below;
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, count - 1)]!;
  const distance = high - low;
  // Values of ±1e308 are farther apart than a number can tell.
  return Number.isFinite(distance) ? low + distance * part : low * (1 - part) + high * part;
}

/**
 * Index of the first element of the ascending `sorted` that is at or above `value`; `count` where none is.
 * @param count how many of `sorted`, from its first on; all, if left out
 */
export function lowerBound(sorted: ArrayLike<number>, value: number, count: number = sorted.length): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
