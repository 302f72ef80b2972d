/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder reflections to tridiagonal form, then QL with implicit
 * shifts (Golub and Van Loan, "Matrix Computations", 4th ed., 8.3). About 9 n³ operations; nothing in it is drawn.
 * Beside ml-matrix: `npm run bench -- eigen`.
 */
import { ModelError } from '../../base/errors.ts';
import { type Tridiagonal, tridiagonalize } from './tridiagonalize.ts';

export interface SymmetricEigen {
  /** Largest first. */
  readonly values: Float64Array;
  /** Row k is the unit eigenvector of value k; its largest entry by magnitude is positive. Length: n × n. */
  readonly vectors: Float64Array;
}

/** Beside entries up to 1 what is smaller says nothing, and near the end of float64 a reflection would lose its digits. */
const NOTHING = 1e-150;

/** QL takes one or two steps a value; this many mean that the matrix was not finite. */
const MAX_STEPS = 60;

/**
 * @param matrix n × n, row-major; the upper triangle is read. Finite.
 * @throws ModelError where it does not converge
 */
export function decomposeSymmetric(matrix: Float64Array, n: number): SymmetricEigen {
  const size = findSize(matrix, n);
  // Row k of the basis becomes eigenvector k: rows are what the rotations work on, and lie next to each other.
  const tridiagonal = tridiagonalize(scaleTriangle(matrix, n, size), n);
  rotateToDiagonal(n, tridiagonal);
  const { diagonal, basis } = tridiagonal;
  const values = new Float64Array(n);
  const vectors = new Float64Array(n * n);
  for (const [to, from] of orderDescending(diagonal).entries()) {
    values[to] = size * diagonal[from]!;
    setWithSign(vectors, to * n, basis.subarray(from * n, (from + 1) * n));
  }
  return { values, vectors };
}

/** The largest magnitude of the upper triangle; 1 where that is 0. */
function findSize(matrix: Float64Array, n: number): number {
  let size = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) if (Math.abs(matrix[i * n + j]!) > size) size = Math.abs(matrix[i * n + j]!);
  return size === 0 ? 1 : size;
}

/** The upper triangle over its size: of entries up to 1 squares neither overflow nor vanish. */
function scaleTriangle(matrix: Float64Array, n: number, size: number): Float64Array {
  const scaled = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      const entry = matrix[i * n + j]! / size;
      scaled[i * n + j] = Math.abs(entry) < NOTHING ? 0 : entry;
    }
  return scaled;
}

/** One value after the other from the top. */
function rotateToDiagonal(n: number, tridiagonal: Tridiagonal): void {
  const rotations = { sines: new Float64Array(n), cosines: new Float64Array(n) };
  for (let at = 0; at < n; at++) {
    for (let steps = 0; ; steps++) {
      const end = findBlockEnd(tridiagonal, at, n);
      if (end === at) break;
      if (steps === MAX_STEPS)
        throw new ModelError(
          'no-eigenvalues',
          `eigenvalue ${at} of ${n} was not found in ${MAX_STEPS} steps`,
        );
      stepImplicitly(tridiagonal, rotations, at, end, n);
    }
  }
}

/** The first row at or after `at` that nothing worth the name ties to the next. */
function findBlockEnd({ diagonal, beside }: Tridiagonal, at: number, n: number): number {
  let end = at;
  while (end < n - 1) {
    const size = Math.abs(diagonal[end]!) + Math.abs(diagonal[end + 1]!);
    // Beside many zeros what is left of rounding would never vanish by itself; entries of the matrix are at most 1.
    if (Math.abs(beside[end]!) <= Number.EPSILON * Math.max(size, 1)) break;
    end++;
  }
  return end;
}

/** A QL step on rows `at` to `end`, with Wilkinson's shift. */
function stepImplicitly(
  tridiagonal: Tridiagonal,
  rotations: Scratch,
  at: number,
  end: number,
  n: number,
): void {
  const { diagonal, beside, basis } = tridiagonal;
  const { sines, cosines } = rotations;
  const tie = beside[at]!;
  const half = (diagonal[at + 1]! - diagonal[at]!) / (2 * tie);
  const root = hypotenuse(half, 1);
  let g = diagonal[end]! - diagonal[at]! + tie / (half + (half < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let shift = 0;
  for (let i = end - 1; i >= at; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const r = hypotenuse(f, g);
    beside[i + 1] = r;
    if (r === 0) {
      // The block has come apart here.
      diagonal[i + 1]! -= shift;
      beside[end] = 0;
      rotateRows(basis, n, { from: i + 1, to: end, sines, cosines });
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = diagonal[i + 1]! - shift;
    const t = (diagonal[i]! - g) * sine + 2 * cosine * b;
    shift = sine * t;
    diagonal[i + 1] = g + shift;
    g = cosine * t - b;
    sines[i] = sine;
    cosines[i] = cosine;
  }
  rotateRows(basis, n, { from: at, to: end, sines, cosines });
  diagonal[at]! -= shift;
  beside[at] = g;
  beside[end] = 0;
}

/** Length n each; entry i turns rows i and i + 1. */
interface Scratch {
  readonly sines: Float64Array;
  readonly cosines: Float64Array;
}

interface Rotations extends Scratch {
  readonly from: number;
  readonly to: number;
}

/**
 * From row `to` up to row `from`, each with the one above it. Down each column the value that one rotation leaves to the
 * next stays in a register; four columns at a time, as a single one would wait for each product.
 */
function rotateRows(basis: Float64Array, n: number, { from, to, sines, cosines }: Rotations): void {
  let k = 0;
  for (; k + 4 <= n; k += 4) {
    let at = to * n + k;
    let a = basis[at]!;
    let b = basis[at + 1]!;
    let c = basis[at + 2]!;
    let d = basis[at + 3]!;
    for (let i = to - 1; i >= from; i--) {
      const sine = sines[i]!;
      const cosine = cosines[i]!;
      const above = at - n;
      const a1 = basis[above]!;
      const b1 = basis[above + 1]!;
      const c1 = basis[above + 2]!;
      const d1 = basis[above + 3]!;
      basis[at] = sine * a1 + cosine * a;
      basis[at + 1] = sine * b1 + cosine * b;
      basis[at + 2] = sine * c1 + cosine * c;
      basis[at + 3] = sine * d1 + cosine * d;
      a = cosine * a1 - sine * a;
      b = cosine * b1 - sine * b;
      c = cosine * c1 - sine * c;
      d = cosine * d1 - sine * d;
      at = above;
    }
    basis[at] = a;
    basis[at + 1] = b;
    basis[at + 2] = c;
    basis[at + 3] = d;
  }
  for (; k < n; k++) {
    let at = to * n + k;
    let low = basis[at]!;
    for (let i = to - 1; i >= from; i--) {
      const high = basis[at - n]!;
      basis[at] = sines[i]! * high + cosines[i]! * low;
      low = cosines[i]! * high - sines[i]! * low;
      at -= n;
    }
    basis[at] = low;
  }
}

/** With its largest entry by magnitude positive; of several the first. */
function setWithSign(vectors: Float64Array, to: number, vector: Float64Array): void {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) if (Math.abs(vector[i]!) > Math.abs(largest)) largest = vector[i]!;
  const sign = largest < 0 ? -1 : 1;
  for (let i = 0; i < vector.length; i++) vectors[to + i] = sign * vector[i]!;
}

/** Indices, largest value first; of equal ones the lower. By insertion: QL finds them nearly in order. */
function orderDescending(values: Float64Array): Uint32Array {
  const order = new Uint32Array(values.length);
  for (let k = 0; k < values.length; k++) {
    let at = k;
    for (; at > 0 && values[order[at - 1]!]! < values[k]!; at--) order[at] = order[at - 1]!;
    order[at] = k;
  }
  return order;
}

/** √(a² + b²) without overflow: to the bit what `Math.hypot` gives on V8, which takes several times as long. */
function hypotenuse(a: number, b: number): number {
  const larger = Math.max(Math.abs(a), Math.abs(b));
  if (larger === 0) return 0;
  const ratio = Math.min(Math.abs(a), Math.abs(b)) / larger;
  return Math.sqrt(1 + ratio * ratio) * larger;
}
