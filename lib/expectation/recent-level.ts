/**
 * Where a series has been of late: the median of its last hours, so that a level that moved and stays becomes the level
 * to be judged against once it has held for half of them.
 */

/** Blocks whose medians make a level: a median of medians moves only where half of the hours did. */
export const BLOCKS = 24;
/** Blocks with a value below which nothing is said of a recent level. */
export const LEAST_BLOCKS = 4;

/** Rows that a level looks back on, and what a block of them is. */
export interface RecentReach {
  readonly rows: number;
  readonly block: number;
}

/**
 * Per row the level of the `reach` before its own block; NaN where too little of that was measured. Blocks lie on the
 * time grid, not on the data, so that a level does not depend on where a stretch of rows begins.
 *
 * @param places of the rows on the grid of steps, ascending
 * @param values NaN where missing
 */
export function findRecentLevels(
  places: Float64Array,
  values: Float64Array,
  { block }: RecentReach,
): Float64Array {
  const levels = new Float64Array(values.length).fill(NaN);
  const medians: { readonly number: number; readonly median: number }[] = [];
  for (let from = 0; from < places.length; ) {
    const number = Math.floor(places[from]! / block);
    let to = from + 1;
    while (to < places.length && Math.floor(places[to]! / block) === number) to++;
    while (medians.length > 0 && medians[0]!.number < number - BLOCKS) medians.shift();
    if (medians.length >= LEAST_BLOCKS) levels.fill(medianOf(medians.map(({ median }) => median)), from, to);
    const measured = [...values.subarray(from, to)].filter((value) => !Number.isNaN(value));
    if (measured.length > 0) medians.push({ number, median: medianOf(measured) });
    from = to;
  }
  return levels;
}

function medianOf(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
