/**
 * The two products that take a fit's and a scoring's time, in tiles that stay in registers: plain loops are bound by
 * loads, at a third of the rate. Vectors lie in blocks, column-major: entry i of vector b is at i × BLOCK + b.
 */

/** Vectors in a block; a last one that is not full holds zeros. A multiple of 4. */
export const BLOCK = 128;

/**
 * Adds the outer products of a block's vectors with themselves, for i <= j: sums[i × n + j] += Σ u_i u_j. What lies below
 * the diagonal is undefined.
 * @param block n × BLOCK
 */
export function addOuterProducts(block: Float64Array, n: number, sums: Float64Array): void {
  let i = 0;
  for (; i + 1 < n; i += 2) {
    let j = i;
    for (; j + 3 < n; j += 4) addTile(block, n, sums, i, j);
    for (; j < n; j++) {
      sums[i * n + j]! += dot(block, i, j);
      sums[(i + 1) * n + j]! += dot(block, i + 1, j);
    }
  }
  if (i < n) sums[i * n + i]! += dot(block, i, i);
}

/** Two by four entries at (i, j). */
function addTile(block: Float64Array, n: number, sums: Float64Array, i: number, j: number): void {
  const a = i * BLOCK;
  const b = j * BLOCK;
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < BLOCK; k++) {
    const u = block[a + k]!;
    const v = block[a + BLOCK + k]!;
    const w0 = block[b + k]!;
    const w1 = block[b + BLOCK + k]!;
    const w2 = block[b + 2 * BLOCK + k]!;
    const w3 = block[b + 3 * BLOCK + k]!;
    s00 += u * w0;
    s01 += u * w1;
    s02 += u * w2;
    s03 += u * w3;
    s10 += v * w0;
    s11 += v * w1;
    s12 += v * w2;
    s13 += v * w3;
  }
  const at = i * n + j;
  sums[at]! += s00;
  sums[at + 1]! += s01;
  sums[at + 2]! += s02;
  sums[at + 3]! += s03;
  sums[at + n]! += s10;
  sums[at + n + 1]! += s11;
  sums[at + n + 2]! += s12;
  sums[at + n + 3]! += s13;
}

function dot(block: Float64Array, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < BLOCK; k++) sum += block[i * BLOCK + k]! * block[j * BLOCK + k]!;
  return sum;
}

/**
 * |R u|² of each vector of a block.
 * @param factor R, n × n, upper triangular: what lies below the diagonal is 0
 * @param out length BLOCK, filled
 */
export function squareProducts(
  factor: Float64Array,
  n: number,
  block: Float64Array,
  out: Float64Array,
): void {
  out.fill(0);
  let i = 0;
  for (; i + 1 < n; i += 2) for (let b = 0; b < BLOCK; b += 4) addSquares(factor, n, block, out, i, b);
  if (i === n) return;
  const last = factor[n * n - 1]!;
  for (let b = 0; b < BLOCK; b++) out[b]! += (last * block[i * BLOCK + b]!) ** 2;
}

/** Two rows of R with four vectors. */
function addSquares(
  factor: Float64Array,
  n: number,
  block: Float64Array,
  out: Float64Array,
  i: number,
  b: number,
): void {
  const row = i * n;
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = i; k < n; k++) {
    const u = factor[row + k]!;
    const v = factor[row + n + k]!;
    const at = k * BLOCK + b;
    const w0 = block[at]!;
    const w1 = block[at + 1]!;
    const w2 = block[at + 2]!;
    const w3 = block[at + 3]!;
    s00 += u * w0;
    s01 += u * w1;
    s02 += u * w2;
    s03 += u * w3;
    s10 += v * w0;
    s11 += v * w1;
    s12 += v * w2;
    s13 += v * w3;
  }
  out[b]! += s00 * s00 + s10 * s10;
  out[b + 1]! += s01 * s01 + s11 * s11;
  out[b + 2]! += s02 * s02 + s12 * s12;
  out[b + 3]! += s03 * s03 + s13 * s13;
}
