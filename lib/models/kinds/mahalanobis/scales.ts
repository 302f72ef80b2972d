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

/** Every column of a row at one scale after the other, as `readScale` reads it: width to a scale. Valid until the next call. */
export type ReadScales = (stretch: Stretch, row: number) => Float64Array;

export function openScales(scales: readonly Scale[], width: number): ReadScales {
  const read = new Float64Array(scales.length * width);
  const newest = new Float64Array(width);
  const before = new Float64Array(width);
  return ({ values }, row) => {
    const own = row * width;
    for (let s = 0; s < scales.length; s++) {
      const scale = scales[s]!;
      const at = s * width;
      if (scale === 'level') {
        for (let c = 0; c < width; c++) read[at + c] = values[own + c]!;
        continue;
      }
      const from = row - scale.newest + 1;
      fillMeans(newest, values, from, row + 1);
      fillMeans(before, values, from - scale.before, from);
      for (let c = 0; c < width; c++)
        read[at + c] = Number.isNaN(values[own + c]!) ? NaN : newest[c]! - before[c]!;
    }
    return read;
  };
}

/** As `meanOf`, of each column; of four at once, so that no sum waits for the number that was added before. */
function fillMeans(out: Float64Array, values: Float64Array, from: number, to: number): void {
  const width = out.length;
  const whole = width - (width % 4);
  const least = LEAST_MEASURED * (to - from);
  for (let c = 0; c < whole; c += 4) {
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    let countA = 0;
    let countB = 0;
    let countC = 0;
    let countD = 0;
    // Array patterns would take most of the time here.
    for (let at = Math.max(from, 0) * width + c; at < to * width; at += width) {
      const valueA = values[at]!;
      const valueB = values[at + 1]!;
      const valueC = values[at + 2]!;
      const valueD = values[at + 3]!;
      if (!Number.isNaN(valueA)) {
        sumA += valueA;
        countA++;
      }
      if (!Number.isNaN(valueB)) {
        sumB += valueB;
        countB++;
      }
      if (!Number.isNaN(valueC)) {
        sumC += valueC;
        countC++;
      }
      if (!Number.isNaN(valueD)) {
        sumD += valueD;
        countD++;
      }
    }
    out[c] = countA < least ? NaN : sumA / countA;
    out[c + 1] = countB < least ? NaN : sumB / countB;
    out[c + 2] = countC < least ? NaN : sumC / countC;
    out[c + 3] = countD < least ? NaN : sumD / countD;
  }
  for (let c = whole; c < width; c++) out[c] = meanOf(values, width, c, from, to);
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
