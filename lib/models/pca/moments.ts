/** Passes over the vectors of a matrix: what is summed up, and nothing else, is kept. */
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { factorize, solveFactorized } from '../../linalg/cholesky.ts';
import { addOuterProducts, BLOCK, squareProducts } from '../../linalg/products.ts';
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
  const sums = startSums(size);
  eachBlock(x, request, ({ values, count }) => {
    watch();
    for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) values[i] = 0;
    addBlock(sums, values, count);
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
  const sums = startSums(size);
  const findGap = gapFinder(form);
  const forms = new Float64Array(BLOCK);
  const uncertain = new Map<Gap, Float64Array>();
  eachBlock(x, request, ({ values, count }) => {
    watch();
    const gaps: (Gap | undefined)[] = [];
    completeBlock(form, { values, count }, findGap, (gap, b) => {
      gaps[b] = gap;
    });
    squareProducts(form.factor, size, values, forms);
    const weights = forms.map((square, b) => (b >= count ? 0 : square > limit ? limit / square : 1));
    for (const [b, gap] of gaps.entries()) {
      if (gap === undefined) continue;
      // Gaps come in runs: only the last one is remembered.
      if (!uncertain.has(gap)) uncertain.clear();
      const inverse = uncertain.get(gap) ?? invertAt(form, gap.missing);
      uncertain.set(gap, inverse);
      addSquare(sums.products, size, gap.missing, inverse, weights[b]!);
    }
    addBlock(sums, values, count, weights);
  });
  return finish(sums, form.mean);
}

/** u'Mu of each wanted vector. */
export function vectorForms(x: FeatureMatrix, request: VectorRequest, form: QuadraticForm): Float64Array {
  const parts: Float64Array[] = [];
  const findGap = gapFinder(form);
  const out = new Float64Array(BLOCK);
  eachBlock(x, request, ({ values, count }) => {
    completeBlock(form, { values, count }, findGap);
    squareProducts(form.factor, form.size, values, out);
    parts.push(out.slice(0, count));
  });
  return Float64Array.from(parts.flatMap((part) => Array.from(part)));
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
  eachBlock(x, request, ({ values, count }) => {
    completeBlock(form, { values, count }, findGap);
    for (let k = 0; k < size; k++) {
      const along = new Float64Array(count);
      for (let i = 0; i < size; i++) {
        const weight = components.vectors[k * size + i]!;
        for (let b = 0; b < count; b++) along[b]! += weight * values[i * BLOCK + b]!;
      }
      for (const part of along) parts[k]!.push(part * part);
    }
  });
  return parts.map((squares) => Float64Array.from(squares));
}

interface Sums {
  readonly size: number;
  /** Of the weights, and how many vectors. */
  readonly totals: { weight: number; count: number };
  readonly vector: Float64Array;
  readonly products: Float64Array;
}

function startSums(size: number): Sums {
  return {
    size,
    totals: { weight: 0, count: 0 },
    vector: new Float64Array(size),
    products: new Float64Array(size * size),
  };
}

/** @param weights 0 for what lies beyond `count`; changes the block */
function addBlock(
  { size, totals, vector, products }: Sums,
  block: Float64Array,
  count: number,
  weights?: Float64Array,
): void {
  totals.count += count;
  totals.weight += weights === undefined ? count : weights.reduce((sum, weight) => sum + weight, 0);
  const roots = weights?.map(Math.sqrt);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let b = 0; b < count; b++) {
      const at = i * BLOCK + b;
      sum += (weights?.[b] ?? 1) * block[at]!;
      if (roots !== undefined) block[at]! *= roots[b]!;
    }
    vector[i]! += sum;
  }
  addOuterProducts(block, size, products);
}

/** @param origin what the summed vectors are relative to */
function finish({ size, totals, vector, products }: Sums, origin: Float64Array): Moments {
  const { weight, count } = totals;
  const shift = vector.map((sum) => sum / weight);
  const covariance = new Float64Array(size * size);
  const scale = count / (count - 1);
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++)
      covariance[i * size + j] = scale * (products[i * size + j]! / weight - shift[i]! * shift[j]!);
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
  products: Float64Array,
  size: number,
  at: Uint32Array,
  square: Float64Array,
  weight: number,
): void {
  for (let i = 0; i < at.length; i++)
    for (let j = i; j < at.length; j++)
      products[at[i]! * size + at[j]!]! += weight * square[i * at.length + j]!;
}
