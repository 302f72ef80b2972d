/** The median: the mean of the two middle values where there is no middle one. */

/** Values that are sorted by insertion: of a handful the fastest way. */
const FEW = 32;

/** Missing values left out; NaN of none. */
export function medianOf(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return sorted.length === 0 ? Number.NaN : middleOf(sorted);
}

/** @param values without NaN, at least one; they change places */
export function takeMedian(values: Float32Array | Float64Array | number[]): number {
  if (!Array.isArray(values)) return middleOf(values.sort());
  return middleOf(values.length < FEW ? sortFew(values) : Float64Array.from(values).sort());
}

/** @param sorted ascending, at least one value */
export function middleOf(sorted: ArrayLike<number>): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function sortFew(values: number[]): number[] {
  for (let i = 1; i < values.length; i++) insertLast(values, i);
  return values;
}

/** Moves the value at `last` to its place among those before it, which are ascending. */
export function insertLast(values: number[] | Float64Array, last: number): void {
  const value = values[last]!;
  let at = last;
  for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
  values[at] = value;
}
