/** How the row kernel reads a matrix: panels of some rows, each column's numbers next to each other. */

/** Rows of a panel: two registers of float64, or two of float32. */
export const PANEL_ROWS = { double: 4, single: 8 } as const;

/** Entries up to the end of the last panel. */
export function padSize(size: number, rows: number): number {
  return Math.ceil(size / rows) * rows;
}

/**
 * @param matrix size × size, row-major
 * @param options `rows`: of a panel; `isTriangle`: a panel begins with its first row's diagonal, as what lies before it
 * is 0
 * @param out rows beyond the matrix stay as they are
 */
export function copyPanels(
  matrix: Float64Array,
  size: number,
  { rows, isTriangle }: { readonly rows: number; readonly isTriangle: boolean },
  out: Float64Array | Float32Array,
): void {
  let to = 0;
  for (let i = 0; i < size; i += rows)
    for (let k = isTriangle ? i : 0; k < size; k++, to += rows)
      for (let r = 0; r < rows && i + r < size; r++) out[to + r] = matrix[(i + r) * size + k]!;
}
