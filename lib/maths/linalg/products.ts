/**
 * The two products that take a fit's and a scoring's time, by a WebAssembly kernel with two numbers to a register: four
 * times the rate of the same tiles in JavaScript. Its memory holds one block of vectors and one matrix.
 */
import { PRODUCTS_KERNEL } from './products-kernel.ts';

/** Vectors in a block. */
export const BLOCK = 128;

export interface Products {
  /** Entries of a vector. */
  readonly size: number;
  /** Entry i of vector b at i × BLOCK + b, for the caller to fill: all of the first `count`, and 0 beyond. */
  readonly block: Float64Array;
  /** What `squareForms` found. */
  readonly squares: Float64Array;
  /** Adds u u' of the first `count` vectors of the block to the sums. */
  addOuterProducts(count: number): void;
  /** @returns size × size, row-major; what lies below the diagonal is not meant to be read */
  readSums(): Float64Array;
  /** Of each of the first `count` vectors |R u|². */
  squareForms(count: number): void;
}

interface Kernel {
  addOuterProducts(block: number, size: number, count: number, sums: number): void;
  squareProducts(factor: number, size: number, block: number, count: number, out: number): void;
}

/** Sizes are rounded up to it, and counts: what is added is 0. */
const TILE = 4;
const OUTER_TILE = 2;
const SQUARE_TILE = 8;
const PAGE_BYTES = 65_536;

let compiled: WebAssembly.Module | undefined;

/** @param factor R, size × size, 0 below the diagonal; without it sums start at 0 */
export function openProducts(size: number, factor?: Float64Array): Products {
  const padded = Math.ceil(size / TILE) * TILE;
  const blockLength = padded * BLOCK;
  const matrixLength = padded * padded;
  const pages = Math.ceil(((blockLength + matrixLength + BLOCK) * 8) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: false });
  compiled ??= new WebAssembly.Module(Buffer.from(PRODUCTS_KERNEL, 'base64'));
  const kernel = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernel;
  const matrixAt = blockLength * 8;
  const squaresAt = matrixAt + matrixLength * 8;
  const matrix = new Float64Array(memory.buffer, matrixAt, matrixLength);
  if (factor !== undefined)
    for (let i = 0; i < size; i++) matrix.set(factor.subarray(i * size, (i + 1) * size), i * padded);
  return {
    size,
    block: new Float64Array(memory.buffer, 0, size * BLOCK),
    squares: new Float64Array(memory.buffer, squaresAt, BLOCK),
    addOuterProducts: (count) => kernel.addOuterProducts(0, padded, roundUp(count, OUTER_TILE), matrixAt),
    readSums: () => {
      const sums = new Float64Array(size * size);
      for (let i = 0; i < size; i++) sums.set(matrix.subarray(i * padded, i * padded + size), i * size);
      return sums;
    },
    squareForms: (count) =>
      kernel.squareProducts(matrixAt, padded, 0, roundUp(count, SQUARE_TILE), squaresAt),
  };
}

function roundUp(count: number, tile: number): number {
  return Math.ceil(count / tile) * tile;
}
