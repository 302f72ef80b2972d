/** Where the parts of row vectors lie in the kernel's memory, and what of it is written once. */
import { planMemory } from './memory-plan.ts';
import { copyPanels, PANEL_ROWS, padSize } from './panels.ts';
import type { RowBuild } from './row-kernel.ts';

/** Vectors in a block, at most. */
export const BLOCK_VECTORS = 128;

/** Rows beside those of a block's windows: where vectors are wanted here and there. */
const SPARE_ROWS = 3 * BLOCK_VECTORS;
/** Vectors that are multiplied at a time. */
export const TILE = 4;

export interface RowVectorsOptions {
  /** Columns of the matrix. */
  readonly width: number;
  /** Those that vectors are made of, ascending. */
  readonly columns: ArrayLike<number>;
  /** Rows of a vector. */
  readonly window: number;
  /** Coordinates beyond it count knee (1 + ln(u / knee)). */
  readonly knee: number;
  /** L: of a column without a scale (one over it is infinite) a move of d counts L d / (L + d). */
  readonly constantLimit: number;
  /** What is missing: 0, or NaN. */
  readonly missing: 'zero' | 'nan';
  /** R, size × size, 0 below the diagonal, and what is taken off each vector before `squareForms`. */
  readonly form?: { readonly factor: Float64Array; readonly mean: Float64Array };
  /** Of `squareForms`; double by default. Single is twice as fast, and rounds to 24 bits wherever double does to 53. */
  readonly precision?: keyof typeof PANEL_ROWS;
  /** size × size: what `squareParts` multiplies vectors by, less `form.mean`. */
  readonly components?: Float64Array;
  /** Whether outer products will be summed up. */
  readonly sums?: boolean;
  /** Which build of the kernel; by default what suits the processor. */
  readonly build?: RowBuild;
}

/** Rows that a block is made of. @param window rows of a vector */
export function countRows(window: number): number {
  return BLOCK_VECTORS + SPARE_ROWS + window - 1;
}

interface Sizes {
  /** Columns that are taken. */
  readonly taken: number;
  readonly size: number;
  /** Up to the end of the last panel. */
  readonly padded: number;
  readonly singlePadded: number;
  readonly isSingle: boolean;
}

function sizesOf({ columns, window, form, precision }: RowVectorsOptions): Sizes {
  const size = columns.length * window;
  return {
    taken: columns.length,
    size,
    padded: padSize(size, PANEL_ROWS.double),
    singlePadded: padSize(size, PANEL_ROWS.single),
    isSingle: form !== undefined && precision === 'single',
  };
}

/** Addresses in the kernel's memory. */
export type RowVectorsPlaces = Readonly<
  Record<
    | 'rows'
    | 'coordinates'
    | 'owned'
    | 'list'
    | 'chosen'
    | 'columns'
    | 'centers'
    | 'above'
    | 'below'
    | 'factor'
    | 'factorStart'
    | 'singles'
    | 'singleList'
    | 'singleFactor'
    | 'singleStart'
    | 'components'
    | 'componentsStart'
    | 'scratch'
    | 'squares'
    | 'chosenSquares'
    | 'parts'
    | 'roots'
    | 'products'
    | 'vector',
    number
  >
>;

export function placeRowVectors(options: RowVectorsOptions): {
  readonly memory: WebAssembly.Memory;
  readonly at: RowVectorsPlaces;
} {
  const { width, form, components } = options;
  const { taken, size, padded, singlePadded, isSingle } = sizesOf(options);
  const capacity = countRows(options.window);
  const plan = planMemory();
  // Sums are read 4 entries at a time, which may reach past a row and past a vector.
  const at = {
    rows: plan.take(capacity * width * 4 + 16),
    coordinates: plan.take((capacity * taken + TILE) * 8),
    owned: plan.take((BLOCK_VECTORS * size + TILE) * 8),
    list: plan.take(BLOCK_VECTORS * 4),
    chosen: plan.take(BLOCK_VECTORS * 4),
    columns: plan.take(taken * 4),
    centers: plan.take(taken * 8),
    above: plan.take(taken * 8),
    below: plan.take(taken * 8),
    factor: plan.take(form === undefined ? 0 : padded * (padded + TILE) * 4),
    factorStart: plan.take(padded * 8),
    singles: plan.take(isSingle ? (capacity * taken + TILE) * 4 : 0),
    singleList: plan.take(BLOCK_VECTORS * 4),
    singleFactor: plan.take(isSingle ? singlePadded * (singlePadded + PANEL_ROWS.single) * 2 : 0),
    singleStart: plan.take(singlePadded * 4),
    components: plan.take(components === undefined ? 0 : padded * size * 8),
    componentsStart: plan.take(padded * 8),
    scratch: plan.take(BLOCK_VECTORS * 16),
    squares: plan.take(BLOCK_VECTORS * 8),
    chosenSquares: plan.take(BLOCK_VECTORS * 8),
    parts: plan.take(components === undefined ? 0 : BLOCK_VECTORS * padded * 8),
    roots: plan.take(BLOCK_VECTORS * 8),
    products: plan.take(options.sums ? padded * padded * 8 : 0),
    vector: plan.take(padded * 8),
  };
  return { memory: plan.open(), at };
}

/** The columns that are taken, and the matrices that vectors are multiplied by. */
export function writeForms(buffer: ArrayBuffer, at: RowVectorsPlaces, options: RowVectorsOptions): void {
  const { form, components } = options;
  const { taken, size, padded, singlePadded, isSingle } = sizesOf(options);
  const floats = (from: number, length: number): Float64Array => new Float64Array(buffer, from, length);
  new Uint32Array(buffer, at.columns, taken).set(options.columns);
  if (form !== undefined) {
    const panels = { rows: PANEL_ROWS.double, isTriangle: true };
    copyPanels(form.factor, size, panels, floats(at.factor, (padded * (padded + TILE)) / 2));
    const start = multiplyNegative(form.factor, form.mean);
    floats(at.factorStart, size).set(start);
    if (isSingle) {
      const factor = new Float32Array(
        buffer,
        at.singleFactor,
        (singlePadded * (singlePadded + PANEL_ROWS.single)) / 2,
      );
      copyPanels(form.factor, size, { rows: PANEL_ROWS.single, isTriangle: true }, factor);
      new Float32Array(buffer, at.singleStart, size).set(start);
    }
    if (components !== undefined)
      floats(at.componentsStart, size).set(multiplyNegative(components, form.mean));
  }
  if (components !== undefined)
    copyPanels(
      components,
      size,
      { rows: PANEL_ROWS.double, isTriangle: false },
      floats(at.components, padded * size),
    );
}

/** -M v */
function multiplyNegative(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  return vector.map((_, i) => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum -= matrix[i * size + k]! * vector[k]!;
    return sum;
  });
}
