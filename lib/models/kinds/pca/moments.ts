/** Passes over the vectors of a matrix: what is summed up, and nothing else, is kept. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { factorize, solveFactorized } from '../../../maths/linalg/cholesky.ts';
import type { RowVectors } from '../../../maths/linalg/row-vectors.ts';
import { BLOCK_VECTORS } from '../../../maths/linalg/row-vectors-memory.ts';
import {
  buildForm,
  type Components,
  completeBlock,
  type Gap,
  gapFinder,
  type QuadraticForm,
  takeSquare,
} from './quadratic.ts';
import { eachBlock, openVectors, type VectorRequest } from './vectors.ts';

export interface Moments {
  readonly mean: Float64Array;
  /** size × size; the upper triangle. Over the number of vectors less 1. */
  readonly covariance: Float64Array;
}

/** Every vector counts the same, and what is missing is taken to be usual. */
export function plainMoments(x: FeatureMatrix, request: VectorRequest, watch: () => void): Moments {
  const vectors = openVectors(request, { missing: 'zero', sums: true });
  const totals = { weight: 0, count: 0 };
  const ones = new Float64Array(BLOCK_VECTORS).fill(1);
  eachBlock(x, request, vectors, ({ count }) => {
    watch();
    vectors.addProducts(count, ones);
    totals.weight += count;
    totals.count += count;
  });
  return toMoments(vectors, totals);
}

/**
 * Vectors beyond the limit of a form weigh limit / form. What is missing is what the form expects, and its uncertainty is
 * added to the covariance.
 */
export function accumulate(
  x: FeatureMatrix,
  request: VectorRequest,
  given: { readonly form: QuadraticForm; readonly limit: number; readonly watch: () => void },
): Moments {
  const { form, limit, watch } = given;
  const { size } = form;
  const vectors = openVectors(request, { missing: 'nan', form, sums: true });
  const totals = { weight: 0, count: 0 };
  const roots = new Float64Array(BLOCK_VECTORS);
  const added = new Float64Array(size * size);
  const findGap = gapFinder(form);
  const uncertain = new Map<Gap, Float64Array>();
  eachBlock(x, request, vectors, ({ count }) => {
    watch();
    const gaps: (Gap | undefined)[] = [];
    completeBlock(form, vectors, count, findGap, (gap, b) => {
      gaps[b] = gap;
    });
    for (let b = 0; b < count; b++) {
      const square = vectors.squares[b]!;
      const weight = square > limit ? limit / square : 1;
      totals.weight += weight;
      roots[b] = Math.sqrt(weight);
      if (weight !== 1) scale(vectors.own(b), roots[b]!);
      const gap = gaps[b];
      if (gap === undefined) continue;
      // Gaps come in runs: only the last one is remembered.
      if (!uncertain.has(gap)) uncertain.clear();
      const inverse = uncertain.get(gap) ?? invertAt(form, gap.missing);
      uncertain.set(gap, inverse);
      addSquare(added, size, gap.missing, inverse, weight);
    }
    totals.count += count;
    vectors.addProducts(count, roots);
  });
  return toMoments(vectors, totals, added);
}

/** u'Mu of each wanted vector. */
export function vectorForms(x: FeatureMatrix, request: VectorRequest, form: QuadraticForm): Float64Array {
  const parts: Float64Array[] = [];
  const findGap = gapFinder(form);
  const vectors = openVectors(request, { missing: 'nan', form });
  eachBlock(x, request, vectors, ({ count }) => {
    completeBlock(form, vectors, count, findGap);
    parts.push(vectors.squares.slice(0, count));
  });
  return joinFloats(parts);
}

/** Per component the squares of the wanted vectors' parts along it. */
export function squaresAlong(
  x: FeatureMatrix,
  request: VectorRequest,
  components: Components,
): readonly Float64Array[] {
  const form = buildForm(components);
  const { size } = form;
  const findGap = gapFinder(form);
  const along: Float64Array[][] = Array.from({ length: size }, () => []);
  const vectors = openVectors(request, { missing: 'nan', form, components: components.vectors });
  eachBlock(x, request, vectors, ({ count }) => {
    completeBlock(form, vectors, count, findGap);
    const { parts, stride } = vectors.squareParts(count);
    for (let k = 0; k < size; k++) {
      const squares = new Float64Array(count);
      for (let b = 0; b < count; b++) squares[b] = parts[b * stride + k]!;
      along[k]!.push(squares);
    }
  });
  return along.map(joinFloats);
}

function joinFloats(parts: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function scale(vector: Float64Array, by: number): void {
  for (let i = 0; i < vector.length; i++) vector[i]! *= by;
}

/** @param added to the products of the vectors */
function toMoments(
  vectors: RowVectors,
  { weight, count }: { readonly weight: number; readonly count: number },
  added?: Float64Array,
): Moments {
  const { size } = vectors;
  const { products, vector } = vectors.readSums();
  const mean = vector.map((sum) => sum / weight);
  const covariance = new Float64Array(size * size);
  const unbiased = count / (count - 1);
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++) {
      const sum = products[i * size + j]! + (added?.[i * size + j] ?? 0);
      covariance[i * size + j] = unbiased * (sum / weight - mean[i]! * mean[j]!);
    }
  return { mean, covariance };
}

/** Covariance of the missing entries given the others. */
function invertAt({ matrix, size }: QuadraticForm, at: Uint32Array): Float64Array {
  const n = at.length;
  const factor = factorize(takeSquare(matrix, size, at), n);
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const column = inverse.subarray(i * n, (i + 1) * n);
    column[i] = 1;
    solveFactorized(factor, column);
  }
  return inverse;
}

function addSquare(
  added: Float64Array,
  size: number,
  at: Uint32Array,
  square: Float64Array,
  weight: number,
): void {
  for (let i = 0; i < at.length; i++)
    for (let j = i; j < at.length; j++) added[at[i]! * size + at[j]!]! += weight * square[i * at.length + j]!;
}
