/** How the row kernel reads a matrix: panels of 4 rows, each column's 4 numbers next to each other. */

const PANEL = 4;

/** Entries up to the end of the last panel. */
export function padSize(size: number): number {
  return Math.ceil(size / PANEL) * PANEL;
}

/**
 * @param matrix size × size, row-major
 * @param options `isTriangle`: a panel begins with its first row's diagonal, as what lies before it is 0
 * @param out rows beyond the matrix stay as they are
 */
export function copyPanels(
  matrix: Float64Array,
  size: number,
  { isTriangle }: { readonly isTriangle: boolean },
  out: Float64Array,
): void {
  let to = 0;
  for (let i = 0; i < size; i += PANEL)
    for (let k = isTriangle ? i : 0; k < size; k++, to += PANEL)
      for (let r = 0; r < PANEL && i + r < size; r++) out[to + r] = matrix[(i + r) * size + k]!;
}
