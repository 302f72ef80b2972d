/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder reflections to tridiagonal form, then QL with implicit
 * shifts (Golub and Van Loan, "Matrix Computations", 4th ed., 8.3). About 9 n³ operations; nothing in it is drawn.
 */
import { ModelError } from '../../base/errors.ts';

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
  // Row k of `basis` becomes eigenvector k: rows are what the rotations of QL work on, and lie next to each other.
  const basis = new Float64Array(n * n);
  const diagonal = new Float64Array(n);
  // `beside[i]` lies between `diagonal[i]` and `diagonal[i + 1]`.
  const beside = new Float64Array(n);
  // Of entries up to 1 squares neither overflow nor vanish.
  const size = matrix.reduce((most, entry) => Math.max(most, Math.abs(entry) || 0), 0) || 1;
  tridiagonalize(
    matrix.map((entry) => (Math.abs(entry / size) < NOTHING ? 0 : entry / size)),
    n,
    { diagonal, beside, basis },
  );
  rotateToDiagonal(n, { diagonal, beside, basis });
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]! || a - b);
  const vectors = new Float64Array(n * n);
  for (const [to, from] of order.entries())
    vectors.set(fixSign(basis.subarray(from * n, (from + 1) * n)), to * n);
  return { values: Float64Array.from(order, (k) => size * diagonal[k]!), vectors };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
  /** Rows are the basis in which the matrix is tridiagonal. */
  readonly basis: Float64Array;
}

/** Reflects columns 0 to n - 3 onto their entry below the diagonal, one after the other. */
function tridiagonalize(matrix: Float64Array, n: number, { diagonal, beside, basis }: Tridiagonal): void {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) a[i * n + j] = a[j * n + i] = matrix[i * n + j]!;
  const reflectors: { readonly from: number; readonly vector: Float64Array }[] = [];
  const product = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k]!;
    if (k === n - 1) break;
    const vector = makeReflector(a.subarray(k * n + k + 1, (k + 1) * n), k, beside);
    if (vector === undefined) continue;
    const from = k + 1;
    reflectors.push({ from, vector });
    applyBothSides(a, n, { from, vector, product });
  }
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  // Row i of the basis is e_i reflected by all of them; later ones leave fewer entries, so the last goes first.
  for (const { from, vector } of reflectors.toReversed()) reflectRows(basis, n, { from, vector, product });
}

/**
 * Of a column's part below the diagonal: the unit vector whose reflection leaves its first entry alone, which goes to
 * `beside[k]`. Undefined where the others are 0 already.
 */
function makeReflector(column: Float64Array, k: number, beside: Float64Array): Float64Array | undefined {
  const first = column[0]!;
  if (column.subarray(1).every((value) => value === 0)) {
    beside[k] = first;
    return undefined;
  }
  const size = norm(column);
  // Away from the entry's own sign, so that nothing cancels.
  const target = first > 0 ? -size : size;
  beside[k] = target;
  const vector = column.slice();
  vector[0] = first - target;
  const length = norm(vector);
  return vector.map((value) => value / length);
}

/** Scaled, so that squares of tiny and huge entries neither vanish nor overflow. */
function norm(values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return 0;
  return largest * Math.sqrt(values.reduce((sum, value) => sum + (value / largest) ** 2, 0));
}

interface Reflection {
  readonly from: number;
  readonly vector: Float64Array;
  /** Scratch of length n. */
  readonly product: Float64Array;
}

/** (I - 2vv')A(I - 2vv') = A - vw' - wv' with p = 2Av and w = p - (v'p)v, on rows and columns `from` and later. */
function applyBothSides(a: Float64Array, n: number, { from, vector, product }: Reflection): void {
  const size = vector.length;
  multiplyRows(a, n, { from, vector, product });
  let along = 0;
  for (let i = 0; i < size; i++) {
    product[i]! *= 2;
    along += product[i]! * vector[i]!;
  }
  for (let i = 0; i < size; i++) product[i]! -= along * vector[i]!;
  for (let i = 0; i < size; i++) {
    const offset = (from + i) * n + from;
    const v = vector[i]!;
    const w = product[i]!;
    for (let j = 0; j < size; j++) a[offset + j]! -= v * product[j]! + w * vector[j]!;
  }
}

/** basis := basis (I - 2vv'), which touches the rows and columns that earlier ones reach. */
function reflectRows(basis: Float64Array, n: number, { from, vector, product }: Reflection): void {
  const size = vector.length;
  multiplyRows(basis, n, { from, vector, product });
  for (let i = 0; i < size; i++) {
    const offset = (from + i) * n + from;
    const twice = 2 * product[i]!;
    for (let j = 0; j < size; j++) basis[offset + j]! -= twice * vector[j]!;
  }
}

/**
 * `product` := what rows and columns `from` and later make of `vector`. Four rows at a time: the sum of a single one would
 * wait for each addition.
 */
function multiplyRows(matrix: Float64Array, n: number, { from, vector, product }: Reflection): void {
  const size = vector.length;
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    const first = (from + i) * n + from;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < size; j++) {
      const factor = vector[j]!;
      const at = first + j;
      a += matrix[at]! * factor;
      b += matrix[at + n]! * factor;
      c += matrix[at + 2 * n]! * factor;
      d += matrix[at + 3 * n]! * factor;
    }
    product[i] = a;
    product[i + 1] = b;
    product[i + 2] = c;
    product[i + 3] = d;
  }
  for (; i < size; i++) {
    const offset = (from + i) * n + from;
    let sum = 0;
    for (let j = 0; j < size; j++) sum += matrix[offset + j]! * vector[j]!;
    product[i] = sum;
  }
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
  const root = Math.hypot(half, 1);
  let g = diagonal[end]! - diagonal[at]! + tie / (half + (half < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let shift = 0;
  for (let i = end - 1; i >= at; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const r = Math.hypot(f, g);
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

function fixSign(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}
