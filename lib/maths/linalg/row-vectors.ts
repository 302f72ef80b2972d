/**
 * Vectors made of the rows of a matrix, a block at a time, in the memory of a WebAssembly kernel. Rows come in as they
 * lie in the matrix; their coordinates lie newest first, so that a row and those before it are one vector without a copy.
 */
import { planMemory } from './memory-plan.ts';
import { copyPanels, PANEL_ROWS, padSize } from './panels.ts';
import { openRowKernel, type RowBuild } from './row-kernel.ts';

/** Vectors in a block, at most. */
export const BLOCK_VECTORS = 128;

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

export interface RowVectors {
  /** Entries of a vector: columns × window. Entry (lag, v) is at lag × columns + v; lag 0 is the newest row. */
  readonly size: number;
  /** Rows that fit in `rows`. */
  readonly capacity: number;
  /** For the caller to fill, oldest first: each of them `width` values. */
  readonly rows: Float32Array;
  /** Per column that is taken: its center, and one over the scale of each side. */
  readonly scales: Readonly<Record<'centers' | 'above' | 'below', Float64Array>>;
  /** Per vector what `squareForms` found. */
  readonly squares: Float64Array;
  /**
   * Makes coordinates of the first `rowCount` rows, once, and vectors of them.
   * @param ends per vector its newest row, from 0
   */
  readVectors(rowCount: number, ends: Uint32Array, count: number): void;
  /** Vector b as it is now, for reading: until the next block. */
  view(b: number): Float64Array;
  /** Gives vector b a place of its own, so that it may be written to; the first time with what it has. */
  own(b: number): Float64Array;
  /**
   * |R (u - mean)|² of the first `count` vectors, as they were read, into `squares`. NaN where something is missing.
   */
  squareForms(count: number): void;
  /** The same of some vectors alone, as they are now, in double precision. */
  squareFormsOf(chosen: readonly number[]): void;
  /**
   * Per vector its squared products with each component.
   * @returns entry k of vector b at b × `stride` + k, until the next call
   */
  squareParts(count: number): { readonly parts: Float64Array; readonly stride: number };
  /** Adds u u' of the first `count` vectors to the sums, and root × u to the vector's sum. @param roots per vector */
  addProducts(count: number, roots: Float64Array): void;
  /** @returns `products`: size × size, row-major, the upper triangle; `vector`: size */
  readSums(): { readonly products: Float64Array; readonly vector: Float64Array };
}

/** Rows beside those of a block's windows: where vectors are wanted here and there. */
const SPARE_ROWS = 3 * BLOCK_VECTORS;
/** Vectors that are multiplied at a time. */
const TILE = 4;

export function openRowVectors(options: RowVectorsOptions): RowVectors {
  const { width, columns, window, knee, form, components } = options;
  const taken = columns.length;
  const size = taken * window;
  const padded = padSize(size, PANEL_ROWS.double);
  const singlePadded = padSize(size, PANEL_ROWS.single);
  const capacity = BLOCK_VECTORS + SPARE_ROWS + window - 1;
  const isFilled = options.missing === 'zero';
  const isSingle = form !== undefined && options.precision === 'single';

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
  const memory = plan.open();
  const { buffer } = memory;
  const kernel = openRowKernel(memory, options.build);
  const floats = (from: number, length: number): Float64Array => new Float64Array(buffer, from, length);
  const list = new Uint32Array(buffer, at.list, BLOCK_VECTORS).fill(at.owned);
  const chosenList = new Uint32Array(buffer, at.chosen, BLOCK_VECTORS).fill(at.owned);
  const singleList = new Uint32Array(buffer, at.singleList, BLOCK_VECTORS).fill(at.singles);
  const squares = floats(at.squares, BLOCK_VECTORS);
  const chosenSquares = floats(at.chosenSquares, BLOCK_VECTORS);
  const roots = floats(at.roots, BLOCK_VECTORS);
  new Uint32Array(buffer, at.columns, taken).set(columns);
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

  const squareTriangle = (vectors: number, count: number, out: number): void =>
    kernel.squareProducts(vectors, roundUp(count), at.factor, size, true, at.factorStart, at.scratch, out, 0);
  const squareChosen = (chosen: readonly number[]): void => {
    for (const [i, b] of chosen.entries()) chosenList[i] = list[b]!;
    squareTriangle(at.chosen, chosen.length, at.chosenSquares);
    for (const [i, b] of chosen.entries()) squares[b] = chosenSquares[i]!;
  };

  const ownedAt = (b: number): number => at.owned + b * size * 8;
  return {
    size,
    capacity,
    rows: new Float32Array(buffer, at.rows, capacity * width),
    scales: {
      centers: floats(at.centers, taken),
      above: floats(at.above, taken),
      below: floats(at.below, taken),
    },
    squares,
    readVectors: (rowCount, ends, count) => {
      if (taken < width) kernel.takeColumns(at.rows, rowCount, width, at.columns, taken);
      kernel.toCoordinates(
        at.rows,
        rowCount,
        taken,
        at.centers,
        at.above,
        at.below,
        knee,
        options.constantLimit,
        isFilled,
        at.coordinates,
        isSingle ? at.singles : 0,
      );
      const last = at.coordinates + (rowCount - 1) * taken * 8;
      for (let b = 0; b < count; b++) list[b] = last - ends[b]! * taken * 8;
      if (!isSingle) return;
      const lastSingle = at.singles + (rowCount - 1) * taken * 4;
      for (let b = 0; b < count; b++) singleList[b] = lastSingle - ends[b]! * taken * 4;
    },
    view: (b) => floats(list[b]!, size),
    own: (b) => {
      const owned = floats(ownedAt(b), size);
      if (list[b] !== ownedAt(b)) {
        owned.set(floats(list[b]!, size));
        list[b] = ownedAt(b);
      }
      return owned;
    },
    squareForms: (count) => {
      if (!isSingle) {
        squareTriangle(at.list, count, at.squares);
        return;
      }
      kernel.squareSingles(
        at.singleList,
        roundUp(count),
        at.singleFactor,
        size,
        at.singleStart,
        at.scratch,
        at.squares,
      );
      const beyond: number[] = [];
      for (let b = 0; b < count; b++) if (!(squares[b]! < Infinity)) beyond.push(b);
      squareChosen(beyond);
    },
    squareFormsOf: squareChosen,
    squareParts: (count) => {
      kernel.squareProducts(
        at.list,
        roundUp(count),
        at.components,
        size,
        false,
        at.componentsStart,
        at.scratch,
        at.chosenSquares,
        at.parts,
      );
      return { parts: floats(at.parts, BLOCK_VECTORS * padded), stride: padded };
    },
    addProducts: (count, given) => {
      if (count === 0) return;
      roots.set(given.subarray(0, count));
      kernel.addOuterProducts(at.list, count, size, at.products);
      kernel.addVectors(at.list, count, size, at.roots, at.vector);
    },
    readSums: () => {
      const products = new Float64Array(size * size);
      const from = floats(at.products, padded * padded);
      for (let i = 0; i < size; i++) products.set(from.subarray(i * padded, i * padded + size), i * size);
      return { products, vector: floats(at.vector, size).slice() };
    },
  };
}

function roundUp(count: number): number {
  return Math.ceil(count / TILE) * TILE;
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
