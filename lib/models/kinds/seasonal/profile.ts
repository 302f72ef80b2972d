/**
 * What is usual at each phase of a season: a median, and how far values usually lie above and below it. A phase is a
 * bin of the period; one that holds few values borrows those of its neighbours, around the circle.
 */

/** Period 0: no season, a single bin. */
export interface Season {
  /** Ms. */
  readonly period: number;
  readonly bins: number;
}

export const NO_SEASON: Season = { period: 0, bins: 1 };

/** Of each value; -1 where it is missing. */
export function findBins(values: Float32Array, local: Float64Array, { period, bins }: Season): Int32Array {
  const found = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) found[i] = -1;
    else if (period > 0) found[i] = Math.min(bins - 1, Math.floor(phaseOf(local[i]!, period) * bins));
  }
  return found;
}

/** 0 (inclusive) to 1 (exclusive). */
function phaseOf(local: number, period: number): number {
  const phase = local / period;
  return phase - Math.floor(phase);
}

/** Values in order of their bins. */
export interface BinnedValues {
  readonly sorted: Float32Array;
  /** Bin b = sorted[starts[b]] up to sorted[starts[b + 1]]. */
  readonly starts: Uint32Array;
}

/** @param takes whether the value at that place is one of them */
export function sortIntoBins(given: {
  readonly values: Float32Array | Float64Array;
  readonly bins: Int32Array;
  readonly count: number;
  readonly takes?: (place: number) => boolean;
}): BinnedValues {
  const { values, bins, count, takes } = given;
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < bins.length; i++)
    if (bins[i]! >= 0 && (takes === undefined || takes(i))) starts[bins[i]! + 1]!++;
  for (let b = 0; b < count; b++) starts[b + 1]! += starts[b]!;
  const next = starts.slice(0, count);
  const sorted = new Float32Array(starts[count]!);
  for (let i = 0; i < bins.length; i++)
    if (bins[i]! >= 0 && (takes === undefined || takes(i))) sorted[next[bins[i]!]!++] = values[i]!;
  return { sorted, starts };
}

/**
 * Calls with the values of each bin: its own, and those of one more neighbour on either side until there are `least`,
 * or all of them.
 * @param use is handed a copy that it may sort
 */
export function visitBins(
  { sorted, starts }: BinnedValues,
  least: number,
  use: (bin: number, values: Float32Array) => void,
): void {
  const count = starts.length - 1;
  const buffer = new Float32Array(sorted.length);
  for (let bin = 0; bin < count; bin++) {
    let reach = 0;
    let found = starts[bin + 1]! - starts[bin]!;
    while (found < least && 2 * reach + 1 < count) {
      reach++;
      found += sizeAt(bin - reach) + (2 * reach < count ? sizeAt(bin + reach) : 0);
    }
    let at = 0;
    const width = Math.min(2 * reach + 1, count);
    for (let i = 0; i < width; i++) {
      const other = wrap(bin - reach + i);
      buffer.set(sorted.subarray(starts[other]!, starts[other + 1]!), at);
      at += sizeAt(other);
    }
    use(bin, buffer.subarray(0, at));
  }

  function wrap(bin: number): number {
    return ((bin % count) + count) % count;
  }

  function sizeAt(bin: number): number {
    const place = wrap(bin);
    return starts[place + 1]! - starts[place]!;
  }
}

/** Between the middles of the two nearest bins, around the circle. */
export function interpolate(
  of: ArrayLike<number>,
  local: number,
  { period, bins }: Season,
  offset = 0,
): number {
  if (bins === 1) return of[offset]!;
  const at = phaseOf(local, period) * bins - 0.5;
  const below = Math.floor(at);
  const share = at - below;
  const low = of[offset + (below < 0 ? bins - 1 : below)]!;
  const high = of[offset + (below + 1 >= bins ? 0 : below + 1)]!;
  return low + (high - low) * share;
}
