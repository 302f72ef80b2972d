/** The level that a value is measured from: the mean of the measured values before it, its own left out. */

/** Of the rows looked back on, those that a series needs to have… */
const LEAST_ROWS = 1 / 4;
/** …and those that have to be measured: below, the level is not known. */
const LEAST_MEASURED = 1 / 16;

/** Rows of a series that have no level even where none of them is missing. */
export function countWithoutLevel(rows: number): number {
  return Math.ceil(LEAST_ROWS * rows);
}

/**
 * @param rows looked back on; where a series is younger, as many as there are
 * @returns per row, NaN where a series is younger than a quarter of them, or fewer than a sixteenth were measured; 0 throughout for 0 rows
 */
export function meanBefore(values: Float32Array, rows: number): Float64Array {
  const levels = new Float64Array(values.length);
  if (rows === 0) return levels;
  const from = countWithoutLevel(rows);
  const least = Math.ceil(LEAST_MEASURED * rows);
  return levels.map((_, i) => {
    if (i < from) return Number.NaN;
    // Summed afresh: the same wherever the series began, and a value of 1e30 is forgotten once it is past.
    let sum = 0;
    let count = 0;
    for (let at = Math.max(i - rows, 0); at < i; at++) {
      const value = values[at]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
    return count >= least ? sum / count : Number.NaN;
  });
}
