/**
 * Components as one quadratic form: u'Mu is the sum over the components of a vector's part squared, over what is usual
 * of that component. What is missing takes the value that makes the form least, which is what the components expect
 * given all that was measured; the form is then that of the measured entries alone.
 */
import { factorize, solveFactorized } from '../../../maths/linalg/cholesky.ts';
import type { RowVectors } from '../../../maths/linalg/row-vectors.ts';

export interface Components {
  /** Row k is unit vector k, largest variance first. Length: size × size. */
  readonly vectors: Float64Array;
  /** Variance along each, in training. */
  readonly variances: Float64Array;
  /** Square of what is usual along each: what a vector's part is judged by. Above 0. */
  readonly usual: Float64Array;
  /** Of the coordinates in training; size. */
  readonly mean: Float64Array;
}

export interface QuadraticForm {
  readonly size: number;
  readonly mean: Float64Array;
  /** M, size × size. */
  readonly matrix: Float64Array;
  /** R of M = R'R. */
  readonly factor: Float64Array;
  /** M's inverse: the covariance that the form stands for. */
  readonly inverse: Float64Array;
}

export function buildForm({ vectors, usual, mean }: Components): QuadraticForm {
  const size = mean.length;
  const matrix = combine(
    vectors,
    usual.map((square) => 1 / square),
  );
  let inverse: Float64Array | undefined;
  return {
    size,
    mean,
    matrix,
    factor: factorize(matrix, size),
    // Asked for where much is missing alone, and half of what a form takes to build.
    get inverse() {
      inverse ??= combine(vectors, usual);
      return inverse;
    },
  };
}

/** Σ weight_k v_k v_k' */
function combine(vectors: Float64Array, weights: Float64Array): Float64Array {
  const size = weights.length;
  const sum = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const vector = vectors.subarray(k * size, (k + 1) * size);
    for (let i = 0; i < size; i++) {
      const scale = weights[k]! * vector[i]!;
      for (let j = i; j < size; j++) sum[i * size + j]! += scale * vector[j]!;
    }
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) sum[i * size + j] = sum[j * size + i]!;
  return sum;
}

/** What a vector misses, and what follows from that alone: the next one often misses the same. */
export interface Gap {
  readonly missing: Uint32Array;
  readonly measured: Uint32Array;
  /** Fills u[missing], entries relative to the mean. */
  fill(u: Float64Array): void;
}

/** Per vector of a block what it misses; vectors that miss nothing are not in it. */
export type FindGap = (u: Float64Array) => Gap | undefined;

/** @returns a finder that remembers the last gap */
export function gapFinder(form: QuadraticForm): FindGap {
  let last: Gap | undefined;
  return (u) => {
    if (last !== undefined && isSameGap(last, u)) return last;
    const missing = Uint32Array.from(u.keys()).filter((i) => Number.isNaN(u[i]!));
    if (missing.length === 0) return undefined;
    last = openGap(
      form,
      missing,
      Uint32Array.from(u.keys()).filter((i) => !Number.isNaN(u[i]!)),
    );
    return last;
  };
}

function isSameGap({ missing, measured }: Gap, u: Float64Array): boolean {
  return missing.every((i) => Number.isNaN(u[i]!)) && measured.every((i) => !Number.isNaN(u[i]!));
}

/** Two ways to the same figures; the smaller system of equations is solved. */
function openGap(form: QuadraticForm, missing: Uint32Array, measured: Uint32Array): Gap {
  const { size, matrix, inverse } = form;
  if (measured.length === 0) return { missing, measured, fill: (u) => void u.fill(0) };
  const byMissing = missing.length <= measured.length;
  const solved = byMissing ? missing : measured;
  const from = byMissing ? matrix : inverse;
  const factor = factorize(takeSquare(from, size, solved), solved.length);
  const right = new Float64Array(solved.length);
  return {
    missing,
    measured,
    fill: (u) => {
      if (byMissing) {
        // M_uu u_u = -M_um u_m
        for (const [i, row] of missing.entries()) right[i] = -dotAt(matrix, row * size, u, measured);
        solveFactorized(factor, right);
        for (const [i, at] of missing.entries()) u[at] = right[i]!;
      } else {
        // u_u = S_um S_mm^-1 u_m
        for (const [i, at] of measured.entries()) right[i] = u[at]!;
        solveFactorized(factor, right);
        for (const at of missing) {
          let sum = 0;
          for (const [i, column] of measured.entries()) sum += inverse[at * size + column]! * right[i]!;
          u[at] = sum;
        }
      }
    },
  };
}

function dotAt(matrix: Float64Array, offset: number, u: Float64Array, at: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < at.length; i++) sum += matrix[offset + at[i]!]! * u[at[i]!]!;
  return sum;
}

export function takeSquare(matrix: Float64Array, size: number, at: Uint32Array): Float64Array {
  const square = new Float64Array(at.length * at.length);
  for (const [i, row] of at.entries())
    for (const [j, column] of at.entries()) square[i * at.length + j] = matrix[row * size + column]!;
  return square;
}

/**
 * Fills what the vectors of a block miss, each in a place of its own; `squares` has their forms afterwards.
 * @param vectors opened with this form
 * @param onGap told of each vector that misses something
 */
export function completeBlock(
  { mean }: QuadraticForm,
  vectors: RowVectors,
  count: number,
  findGap: FindGap,
  onGap?: (gap: Gap, b: number) => void,
): void {
  vectors.squareForms(count);
  const { squares } = vectors;
  const filled: number[] = [];
  for (let b = 0; b < count; b++) {
    if (!Number.isNaN(squares[b]!)) continue;
    const u = vectors.view(b).map((value, i) => value - mean[i]!);
    const gap = findGap(u);
    if (gap === undefined) continue;
    gap.fill(u);
    const own = vectors.own(b);
    for (const i of gap.missing) own[i] = u[i]! + mean[i]!;
    // Of nothing measured rounding would leave something.
    if (gap.measured.length === 0) squares[b] = 0;
    else filled.push(b);
    onGap?.(gap, b);
  }
  if (filled.length > 0) vectors.squareFormsOf(filled);
}
