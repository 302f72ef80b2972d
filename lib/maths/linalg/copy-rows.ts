/** Rows of a matrix, one after the other, into other memory. */

/** Below it a loop is faster than a view of the values and its copy. */
const WORTH_A_VIEW = 64;

/**
 * @param values rows × width
 * @param rows ascending, of which the first `count` are copied
 * @param out filled from the front: count × width
 */
export function copyRows(
  { values, width }: { readonly values: Float32Array; readonly width: number },
  rows: Uint32Array,
  count: number,
  out: Float32Array,
): void {
  let to = 0;
  for (let i = 0; i < count; ) {
    const first = rows[i]!;
    // The whole rest in one go, or row by row as far as they lie next to each other.
    let end = rows[count - 1]! - first === count - 1 - i ? count : i + 1;
    while (end < count && rows[end]! - first === end - i) end++;
    const from = first * width;
    const length = (end - i) * width;
    if (length < WORTH_A_VIEW) for (let j = 0; j < length; j++) out[to + j] = values[from + j]!;
    else out.set(values.subarray(from, from + length), to);
    to += length;
    i = end;
  }
}

/**
 * Some columns of some rows: rows × `columns`, from column `from` on.
 * @param out filled from the front
 */
export function copyPart(
  matrix: { readonly values: Float32Array; readonly width: number },
  rows: Uint32Array,
  { from, columns }: { readonly from: number; readonly columns: number },
  out: Float32Array,
): void {
  const { values, width } = matrix;
  if (columns === width) {
    copyRows(matrix, rows, rows.length, out);
    return;
  }
  let to = 0;
  for (let i = 0; i < rows.length; i++) {
    const first = rows[i]! * width + from;
    for (let c = 0; c < columns; c++) out[to + c] = values[first + c]!;
    to += columns;
  }
}
