/**
 * Where a series has been of late: the median of its last hours, so that a level that moved and stays becomes the level
 * to be judged against once it has held for half of them. And whether it stays there: what climbs on, wanders, or goes to and fro between
 * extremes has a median, too.
 */
import { insertLast, middleOf, takeMedian } from '../maths/median.ts';
import { NORMAL_IQR } from '../maths/normal-ranges.ts';
import { quantile } from '../maths/quantile.ts';

/** Blocks whose medians make a level: a median of medians moves only where half of the hours did. */
export const BLOCKS = 24;
/** Blocks with a value below which nothing is said of a recent level. */
export const LEAST_BLOCKS = 4;

/**
 * Spreads, and share of how far the level is off, whichever is more: a block agrees with a level whose median is as near to it and whose rows
 * stray no farther. Twice the load is twice the noise, and a level that is far off is far off for all that it strays.
 */
const NEAR = { spreads: 4, share: 0.25 } as const;
/** The same of how far the blocks that agree may move, from the first half of them to the second. */
const STILL = { spreads: 1, share: 0.15 } as const;

/** Rows that a level looks back on, and what a block of them is. */
export interface RecentReach {
  readonly rows: number;
  readonly block: number;
}

export interface RecentLevels {
  /** Per row the level of the `reach` before its own block; NaN where too little of that was measured. */
  readonly levels: Float64Array;
  /** Per row, 1 = the rows that the level is of agree with each other: more than half of them are there, and they stay there. */
  readonly agree: Uint8Array;
}

interface Block {
  readonly number: number;
  readonly median: number;
  /** Robust standard deviation of its rows. */
  readonly scatter: number;
}

/**
 * Blocks lie on the time grid, not on the data, so that a level does not depend on where a stretch of rows begins.
 *
 * @param places of the rows on the grid of steps, ascending
 * @param values in spreads off what training predicts; NaN where missing
 * @param first row: of those before it nobody asks whether their levels' rows agree, which takes as long as the levels
 */
export function findRecentLevels(
  places: Float64Array,
  values: Float64Array,
  { block }: RecentReach,
  first = 0,
): RecentLevels {
  const levels = new Float64Array(values.length).fill(NaN);
  const agree = new Uint8Array(values.length);
  const measured = new Float64Array(values.length);
  const blocks: Block[] = [];
  /** Medians of the blocks, ascending: one goes and one comes, the others stay where they are. */
  const sorted: number[] = [];
  for (let from = 0; from < places.length; ) {
    const number = Math.floor(places[from]! / block);
    let to = from + 1;
    while (to < places.length && Math.floor(places[to]! / block) === number) to++;
    while (blocks.length > 0 && blocks[0]!.number < number - BLOCKS)
      sorted.splice(sorted.indexOf(blocks.shift()!.median), 1);
    if (blocks.length >= LEAST_BLOCKS) {
      const level = middleOf(sorted);
      levels.fill(level, from, to);
      if (to > first && doAgree(blocks, level)) agree.fill(1, from, to);
    }
    let count = 0;
    for (let i = from; i < to; i++) {
      if (Number.isNaN(values[i]!)) continue;
      measured[count] = values[i]!;
      insertLast(measured, count++);
    }
    if (count > 0) {
      const rows = measured.subarray(0, count);
      const median = middleOf(rows);
      blocks.push({ number, median, scatter: (quantile(rows, 0.75) - quantile(rows, 0.25)) / NORMAL_IQR });
      insertLast(sorted, sorted.push(median) - 1);
    }
    from = to;
  }
  return { levels, agree };
}

/** @param blocks in order of time */
function doAgree(blocks: readonly Block[], level: number): boolean {
  const near = Math.max(NEAR.spreads, NEAR.share * Math.abs(level));
  const there = blocks
    .filter(({ median, scatter }) => Math.abs(median - level) <= near && scatter <= near)
    .map(({ median }) => median);
  if (2 * there.length <= blocks.length) return false;
  const half = there.length >> 1;
  const moved = takeMedian(there.slice(half)) - takeMedian(there.slice(0, half));
  return Math.abs(moved) <= Math.max(STILL.spreads, STILL.share * Math.abs(level));
}
