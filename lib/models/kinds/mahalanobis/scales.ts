/**
 * How a metric is looked at: its level, and what it changed by over stretches of one row to tens of rows. A step, a
 * spike and a slow climb each stand out at one of them, wherever the metric happens to be.
 */

/** What the mean of the newest `newest` rows is off the mean of the `before` rows before those. */
export interface Change {
  readonly before: number;
  readonly newest: number;
}

/** The value itself, or a change of it. */
export type Scale = 'level' | Change;

/** Stretches that double, each against one five times as long: together they see a change of any length up to the last. */
const CHANGES: readonly Change[] = [
  { before: 1, newest: 1 },
  { before: 2, newest: 1 },
  { before: 5, newest: 1 },
  { before: 10, newest: 2 },
  { before: 20, newest: 4 },
  { before: 40, newest: 8 },
];

/** Rows that the longest change looks back on from a row. */
export const CONTEXT_ROWS: number = Math.max(...CHANGES.map(({ before, newest }) => before + newest - 1));

/** Rows of an entity before its first score: what starts is not usual yet. Changes over longer stretches join as it ages. */
export const UNSCORED_ROWS = 10;

/** Of the rows that a change looks back on, the share that has to be measured: a mean of a few says little. */
const LEAST_MEASURED = 0.5;

/** Sets of scales from rich to poor: the more metrics, the fewer scales of each can be judged together. */
export const SCALE_SETS: readonly (readonly Scale[])[] = [
  ['level', ...CHANGES],
  ['level', ...CHANGES.filter(({ before }) => before >= 5)],
  ['level', ...CHANGES.filter(({ before }) => before === 5 || before === 20)],
  ['level'],
];

/** Rows of one entity, in order of time, laid out for reading. */
export interface Stretch {
  /** Row-major, width to a row. NaN where missing. */
  readonly values: Float64Array;
  readonly width: number;
}

/**
 * One column of a row at one scale. NaN where the value is missing, or less than half of the rows before it were
 * measured. What lies before the stretch's first row counts as missing.
 */
export function readScale({ values, width }: Stretch, row: number, column: number, scale: Scale): number {
  const value = values[row * width + column]!;
  if (scale === 'level' || Number.isNaN(value)) return value;
  const { before, newest } = scale;
  const from = row - newest + 1;
  return meanOf(values, width, column, from, row + 1) - meanOf(values, width, column, from - before, from);
}

/** Of what was measured in rows `from` to `to` (exclusive); NaN where that is less than half. Summed afresh: the same wherever the stretch began. */
function meanOf(values: Float64Array, width: number, column: number, from: number, to: number): number {
  let sum = 0;
  let count = 0;
  for (let at = Math.max(from, 0) * width + column; at < to * width; at += width) {
    const value = values[at]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count < LEAST_MEASURED * (to - from) ? NaN : sum / count;
}
