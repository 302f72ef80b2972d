/** Passes over the vectors of a matrix: what is summed up, and nothing else, is kept. */
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { factorize, solveFactorized } from '../../linalg/cholesky.ts';
import { BLOCK, openProducts, type Products } from '../../linalg/products.ts';
import {
  buildForm,
  type Components,
  completeBlock,
  type Gap,
  gapFinder,
  type QuadraticForm,
  takeSquare,
} from './quadratic.ts';
import { eachBlock, type VectorRequest } from './vectors.ts';

export interface Moments {
  readonly mean: Float64Array;
  /** size × size; the upper triangle. Over the number of vectors less 1. */
  readonly covariance: Float64Array;
}

/** Every vector counts the same, and what is missing is taken to be usual. */
export function plainMoments(
  x: FeatureMatrix,
  request: VectorRequest,
  size: number,
  watch: () => void,
): Moments {
  const sums = startSums(openProducts(size));
  const { block } = sums.products;
  eachBlock(x, request, block, ({ count }) => {
    watch();
    for (let i = 0; i < block.length; i++) if (Number.isNaN(block[i]!)) block[i] = 0;
    addBlock(sums, count);
  });
  return finish(sums, new Float64Array(size));
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
  const judge = openProducts(size, form.factor);
  const sums = startSums(openProducts(size));
  const findGap = gapFinder(form);
  const uncertain = new Map<Gap, Float64Array>();
  eachBlock(x, request, judge.block, ({ count }) => {
    watch();
    const gaps: (Gap | undefined)[] = [];
    completeBlock(form, judge.block, count, findGap, (gap, b) => {
      gaps[b] = gap;
    });
    judge.squareForms(count);
    const weights = judge.squares.map((square) => (square > limit ? limit / square : 1));
    for (const [b, gap] of gaps.entries()) {
      if (gap === undefined) continue;
      // Gaps come in runs: only the last one is remembered.
      if (!uncertain.has(gap)) uncertain.clear();
      const inverse = uncertain.get(gap) ?? invertAt(form, gap.missing);
      uncertain.set(gap, inverse);
      addSquare(sums.added, size, gap.missing, inverse, weights[b]!);
    }
    sums.products.block.set(judge.block);
    addBlock(sums, count, weights);
  });
  return finish(sums, form.mean);
}

/** u'Mu of each wanted vector. */
export function vectorForms(x: FeatureMatrix, request: VectorRequest, form: QuadraticForm): Float64Array {
  const parts: number[] = [];
  const findGap = gapFinder(form);
  const { block, squares, squareForms } = openProducts(form.size, form.factor);
  eachBlock(x, request, block, ({ count }) => {
    completeBlock(form, block, count, findGap);
    squareForms(count);
    parts.push(...squares.subarray(0, count));
  });
  return Float64Array.from(parts);
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
  const parts: number[][] = Array.from({ length: size }, () => []);
  const block = new Float64Array(size * BLOCK);
  eachBlock(x, request, block, ({ count }) => {
    completeBlock(form, block, count, findGap);
    for (let k = 0; k < size; k++) {
      const along = new Float64Array(count);
      for (let i = 0; i < size; i++) {
        const weight = components.vectors[k * size + i]!;
        for (let b = 0; b < count; b++) along[b]! += weight * block[i * BLOCK + b]!;
      }
      for (const part of along) parts[k]!.push(part * part);
    }
  });
  return parts.map((squares) => Float64Array.from(squares));
}

interface Sums {
  readonly products: Products;
  /** Of the weights, and how many vectors. */
  readonly totals: { weight: number; count: number };
  readonly vector: Float64Array;
  /** To the products of the vectors. */
  readonly added: Float64Array;
}

function startSums(products: Products): Sums {
  const { size } = products;
  return {
    products,
    totals: { weight: 0, count: 0 },
    vector: new Float64Array(size),
    added: new Float64Array(size * size),
  };
}

/** Of the block of the products; changes it. */
function addBlock({ products, totals, vector }: Sums, count: number, weights?: Float64Array): void {
  const { block } = products;
  const roots = weights?.map(Math.sqrt);
  totals.count += count;
  for (let b = 0; b < count; b++) totals.weight += weights?.[b] ?? 1;
  for (let i = 0; i < vector.length; i++) {
    const entries = block.subarray(i * BLOCK, i * BLOCK + count);
    let sum = 0;
    if (roots === undefined) for (let b = 0; b < count; b++) sum += entries[b]!;
    else
      for (let b = 0; b < count; b++) {
        const part = entries[b]! * roots[b]!;
        entries[b] = part;
        sum += part * roots[b]!;
      }
    vector[i]! += sum;
  }
  products.addOuterProducts(count);
}

/** @param origin what the summed vectors are relative to */
function finish({ products, totals, vector, added }: Sums, origin: Float64Array): Moments {
  const { size } = products;
  const { weight, count } = totals;
  const sums = products.readSums();
  const shift = vector.map((sum) => sum / weight);
  const covariance = new Float64Array(size * size);
  const scale = count / (count - 1);
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++)
      covariance[i * size + j] =
        scale * ((sums[i * size + j]! + added[i * size + j]!) / weight - shift[i]! * shift[j]!);
  return { mean: origin.map((value, i) => value + shift[i]!), covariance };
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
