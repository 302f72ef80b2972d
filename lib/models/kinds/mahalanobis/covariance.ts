/** From the coordinates' second moments to the triangle that measures a row's distance. */
import { factorize, solveFactorized } from '../../../maths/linalg/cholesky.ts';

/**
 * Share of what two different metrics have in common that is not believed: relations between metrics come and go, those
 * between the scales of one metric are arithmetic. Measured: docs/decisions/0011-levels-and-changes-together.md.
 */
const CROSS_SHRINK = 0.3;
/** Added to each variance. A feature of normal spread has about 0.5 here; a direction in which training hardly varied is not judged finer than this. */
const RIDGE = 0.1;

/**
 * @param moments n × n, row-major, mean of u_i u_j; the upper triangle is read
 * @param columnOf feature → column
 * @returns R, n × n, upper triangular: |R u|² is the squared distance of u
 */
export function buildFactor(moments: Float64Array, columnOf: readonly number[]): Float64Array {
  const n = columnOf.length;
  const shrunk = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const believed = columnOf[i] === columnOf[j] ? 1 : 1 - CROSS_SHRINK;
      const value = moments[i * n + j]! * believed + (i === j ? RIDGE : 0);
      shrunk[i * n + j] = value;
      shrunk[j * n + i] = value;
    }
  }
  return factorize(invert(factorize(shrunk, n), n), n);
}

/** @param factor of `factorize`. @returns the inverse of what was factorized */
function invert(factor: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const column = inverse.subarray(j * n, (j + 1) * n);
    column[j] = 1;
    solveFactorized(factor, column);
  }
  // Rows and columns are the same but for rounding.
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++)
      inverse[i * n + j] = inverse[j * n + i] = (inverse[i * n + j]! + inverse[j * n + i]!) / 2;
  return inverse;
}
