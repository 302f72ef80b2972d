/**
 * A symmetric matrix becomes tridiagonal by Householder reflections (Golub and Van Loan, "Matrix Computations", 4th ed.,
 * 8.3.1). It stays symmetric at each step, so its upper triangle is all that is kept.
 */

export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i lies between `diagonal[i]` and `diagonal[i + 1]`; the last is 0. */
  readonly beside: Float64Array;
  /** n × n; rows are the basis in which the matrix is tridiagonal. */
  readonly basis: Float64Array;
}

/**
 * @param matrix n × n, row-major, entries of magnitude 1 at most; only the upper triangle is read. Overwritten: row k gets
 *   the unit vector v of reflection I - 2vv' number k behind its diagonal, which nothing else needs from then on.
 */
export function tridiagonalize(matrix: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const product = new Float64Array(n);
  const isReflected = new Uint8Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = matrix[k * n + k]!;
    if (k === n - 1) break;
    const target = makeReflector(matrix, n, k);
    beside[k] = target ?? matrix[k * n + k + 1]!;
    if (target === undefined) continue;
    isReflected[k] = 1;
    reflectBothSides(matrix, n, k, product);
  }
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  // Row i of the basis is e_i reflected by all of them; later ones leave fewer entries, so the last goes first.
  for (let k = n - 2; k >= 0; k--) if (isReflected[k] === 1) reflectRows(basis, n, k, matrix);
  return { diagonal, beside, basis };
}

/**
 * Row k behind its diagonal becomes the unit vector whose reflection leaves its first entry alone. What that entry then is;
 * undefined where the others are 0 already.
 */
function makeReflector(matrix: Float64Array, n: number, k: number): number | undefined {
  const start = k * n + k + 1;
  const end = (k + 1) * n;
  if (isZero(matrix, start + 1, end)) return undefined;
  const first = matrix[start]!;
  const size = norm(matrix, start, end);
  // Away from the entry's own sign, so that nothing cancels.
  const target = first > 0 ? -size : size;
  matrix[start] = first - target;
  const length = norm(matrix, start, end);
  for (let i = start; i < end; i++) matrix[i]! /= length;
  return target;
}

function isZero(values: Float64Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (values[i] !== 0) return false;
  return true;
}

/** Scaled, so that squares of tiny and huge entries neither vanish nor overflow. */
function norm(values: Float64Array, start: number, end: number): number {
  let largest = 0;
  for (let i = start; i < end; i++) if (Math.abs(values[i]!) > largest) largest = Math.abs(values[i]!);
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = start; i < end; i++) {
    const part = values[i]! / largest;
    sum += part * part;
  }
  return largest * Math.sqrt(sum);
}

/** A := (I - 2vv')A(I - 2vv') = A - vw' - wv' with p = 2Av and w = p - (v'p)v. */
function reflectBothSides(a: Float64Array, n: number, k: number, product: Float64Array): void {
  const vector = k * n;
  multiplySymmetric(a, n, k, product);
  let along = 0;
  for (let i = k + 1; i < n; i++) {
    product[i]! *= 2;
    along += product[i]! * a[vector + i]!;
  }
  for (let i = k + 1; i < n; i++) product[i]! -= along * a[vector + i]!;
  for (let i = k + 1; i < n; i++) {
    const offset = i * n;
    const v = a[vector + i]!;
    const w = product[i]!;
    for (let j = i; j < n; j++) a[offset + j]! -= v * product[j]! + w * a[vector + j]!;
  }
}

/**
 * `product` := Av. An entry above the diagonal is read once and counts in its row and in its column; four rows at a time,
 * as the sum of a single one would wait for each addition. Each sum goes from the first column to the last.
 */
function multiplySymmetric(a: Float64Array, n: number, k: number, product: Float64Array): void {
  const vector = k * n;
  product.fill(0);
  let i = k + 1;
  for (; i + 4 <= n; i += 4) {
    addTriangle(a, n, { vector, from: i, to: i + 4, product });
    const row = i * n;
    const v0 = a[vector + i]!;
    const v1 = a[vector + i + 1]!;
    const v2 = a[vector + i + 2]!;
    const v3 = a[vector + i + 3]!;
    let s0 = product[i]!;
    let s1 = product[i + 1]!;
    let s2 = product[i + 2]!;
    let s3 = product[i + 3]!;
    for (let j = i + 4; j < n; j++) {
      const at = row + j;
      const v = a[vector + j]!;
      const a0 = a[at]!;
      const a1 = a[at + n]!;
      const a2 = a[at + 2 * n]!;
      const a3 = a[at + 3 * n]!;
      s0 += a0 * v;
      s1 += a1 * v;
      s2 += a2 * v;
      s3 += a3 * v;
      product[j] = product[j]! + a0 * v0 + a1 * v1 + a2 * v2 + a3 * v3;
    }
    product[i] = s0;
    product[i + 1] = s1;
    product[i + 2] = s2;
    product[i + 3] = s3;
  }
  addTriangle(a, n, { vector, from: i, to: n, product });
}

interface Triangle {
  /** Where in the matrix the row with the vector begins. */
  readonly vector: number;
  readonly from: number;
  readonly to: number;
  readonly product: Float64Array;
}

/** The part of Av whose rows and columns both lie in `[from, to)`. */
function addTriangle(a: Float64Array, n: number, { vector, from, to, product }: Triangle): void {
  for (let i = from; i < to; i++) {
    const v = a[vector + i]!;
    let sum = product[i]! + a[i * n + i]! * v;
    for (let j = i + 1; j < to; j++) {
      const entry = a[i * n + j]!;
      sum += entry * a[vector + j]!;
      product[j]! += entry * v;
    }
    product[i] = sum;
  }
}

/** basis := basis (I - 2vv'), which touches the rows and columns that earlier ones reach. Four rows at a time. */
function reflectRows(basis: Float64Array, n: number, k: number, vectors: Float64Array): void {
  const vector = k * n;
  const from = k + 1;
  let i = from;
  for (; i + 4 <= n; i += 4) {
    const row = i * n;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = from; j < n; j++) {
      const at = row + j;
      const v = vectors[vector + j]!;
      s0 += basis[at]! * v;
      s1 += basis[at + n]! * v;
      s2 += basis[at + 2 * n]! * v;
      s3 += basis[at + 3 * n]! * v;
    }
    s0 *= 2;
    s1 *= 2;
    s2 *= 2;
    s3 *= 2;
    for (let j = from; j < n; j++) {
      const at = row + j;
      const v = vectors[vector + j]!;
      basis[at]! -= s0 * v;
      basis[at + n]! -= s1 * v;
      basis[at + 2 * n]! -= s2 * v;
      basis[at + 3 * n]! -= s3 * v;
    }
  }
  for (; i < n; i++) {
    const offset = i * n;
    let sum = 0;
    for (let j = from; j < n; j++) sum += basis[offset + j]! * vectors[vector + j]!;
    for (let j = from; j < n; j++) basis[offset + j]! -= 2 * sum * vectors[vector + j]!;
  }
}
