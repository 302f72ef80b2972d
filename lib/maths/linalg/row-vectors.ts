/**
 * Vectors made of the rows of a matrix, a block at a time, in the memory of a WebAssembly kernel. Rows come in as they
 * lie in the matrix; their coordinates lie newest first, so that a row and those before it are one vector without a copy.
 */
import { PANEL_ROWS, padSize } from './panels.ts';
import { openRowKernel, type RowKernel } from './row-kernel.ts';
import {
  BLOCK_VECTORS,
  countRows,
  placeRowVectors,
  type RowVectorsOptions,
  type RowVectorsPlaces,
  TILE,
  writeForms,
} from './row-vectors-memory.ts';

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

export function openRowVectors(options: RowVectorsOptions): RowVectors {
  const { memory, at } = placeRowVectors(options);
  writeForms(memory.buffer, at, options);
  const { columns, window, form, precision } = options;
  const size = columns.length * window;
  const opened: Opened = {
    kernel: openRowKernel(memory, options.build),
    buffer: memory.buffer,
    at,
    size,
    padded: padSize(size, PANEL_ROWS.double),
    isSingle: form !== undefined && precision === 'single',
    list: new Uint32Array(memory.buffer, at.list, BLOCK_VECTORS).fill(at.owned),
  };
  return { size, ...openBlock(opened, options), ...openForms(opened), ...openSums(opened) };
}

interface Opened {
  readonly kernel: RowKernel;
  readonly buffer: ArrayBuffer;
  readonly at: RowVectorsPlaces;
  readonly size: number;
  /** `size` up to the end of the last panel. */
  readonly padded: number;
  /** Whether `squareForms` is in single precision. */
  readonly isSingle: boolean;
  /** Address of each vector. */
  readonly list: Uint32Array;
}

/** Rows become coordinates, and these vectors. */
function openBlock(
  { kernel, buffer, at, size, isSingle, list }: Opened,
  options: RowVectorsOptions,
): Pick<RowVectors, 'capacity' | 'rows' | 'scales' | 'readVectors' | 'view' | 'own'> {
  const { width, knee, constantLimit } = options;
  const taken = options.columns.length;
  const capacity = countRows(options.window);
  const isFilled = options.missing === 'zero';
  const singleList = new Uint32Array(buffer, at.singleList, BLOCK_VECTORS).fill(at.singles);
  const floats = (from: number, length: number): Float64Array => new Float64Array(buffer, from, length);
  const ownedAt = (b: number): number => at.owned + b * size * 8;
  return {
    capacity,
    rows: new Float32Array(buffer, at.rows, capacity * width),
    scales: {
      centers: floats(at.centers, taken),
      above: floats(at.above, taken),
      below: floats(at.below, taken),
    },
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
        constantLimit,
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
  };
}

/** Vectors times a matrix. */
function openForms({
  kernel,
  buffer,
  at,
  size,
  padded,
  isSingle,
  list,
}: Opened): Pick<RowVectors, 'squares' | 'squareForms' | 'squareFormsOf' | 'squareParts'> {
  const floats = (from: number, length: number): Float64Array => new Float64Array(buffer, from, length);
  const chosenList = new Uint32Array(buffer, at.chosen, BLOCK_VECTORS).fill(at.owned);
  const squares = floats(at.squares, BLOCK_VECTORS);
  const chosenSquares = floats(at.chosenSquares, BLOCK_VECTORS);
  const squareTriangle = (vectors: number, count: number, out: number): void =>
    kernel.squareProducts(vectors, roundUp(count), at.factor, size, true, at.factorStart, at.scratch, out, 0);
  const squareChosen = (chosen: readonly number[]): void => {
    for (const [i, b] of chosen.entries()) chosenList[i] = list[b]!;
    squareTriangle(at.chosen, chosen.length, at.chosenSquares);
    for (const [i, b] of chosen.entries()) squares[b] = chosenSquares[i]!;
  };
  return {
    squares,
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
  };
}

/** Outer products and weighted vectors, added up. */
function openSums({
  kernel,
  buffer,
  at,
  size,
  padded,
}: Opened): Pick<RowVectors, 'addProducts' | 'readSums'> {
  const floats = (from: number, length: number): Float64Array => new Float64Array(buffer, from, length);
  const roots = floats(at.roots, BLOCK_VECTORS);
  return {
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
