/**
 * Where a series has been of late: the median of its last hours, so that a level that moved and stays becomes the level
 * to be judged against once it has held for half of them.
 */
import { insertLast, middleOf } from '../maths/median.ts';

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
  const measured = new Float64Array(values.length);
  const blocks: { readonly number: number; readonly median: number }[] = [];
  /** Medians of the blocks, ascending: one goes and one comes, the others stay where they are. */
  const sorted: number[] = [];
  for (let from = 0; from < places.length; ) {
    const number = Math.floor(places[from]! / block);
    let to = from + 1;
    while (to < places.length && Math.floor(places[to]! / block) === number) to++;
    while (blocks.length > 0 && blocks[0]!.number < number - BLOCKS)
      sorted.splice(sorted.indexOf(blocks.shift()!.median), 1);
    if (blocks.length >= LEAST_BLOCKS) levels.fill(middleOf(sorted), from, to);
    let count = 0;
    for (let i = from; i < to; i++) {
      if (Number.isNaN(values[i]!)) continue;
      measured[count] = values[i]!;
      insertLast(measured, count++);
    }
    if (count > 0) {
      const median = middleOf(measured.subarray(0, count));
      blocks.push({ number, median });
      insertLast(sorted, sorted.push(median) - 1);
    }
    from = to;
  }
  return levels;
}
