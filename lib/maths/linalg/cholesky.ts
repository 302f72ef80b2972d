/** Symmetric positive definite matrices as products of a triangle with itself. */
import { ModelError } from '../../base/errors.ts';

/**
 * R, upper triangular with R'R = matrix; row-major, 0 below the diagonal.
 * @param matrix n × n, row-major; the upper triangle is read
 * @throws ModelError where it is not positive definite
 */
export function factorize(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = factor.subarray(i * n, (i + 1) * n);
    for (let j = i; j < n; j++) row[j] = matrix[i * n + j]!;
    for (let k = 0; k < i; k++) {
      const scale = factor[k * n + i]!;
      for (let j = i; j < n; j++) row[j]! -= scale * factor[k * n + j]!;
    }
    const pivot = row[i]!;
    if (!(pivot > 0 && pivot < Infinity))
      throw new ModelError('not-positive', `pivot ${i} of ${n} is ${pivot}, not positive and finite`);
    const root = Math.sqrt(pivot);
    for (let j = i; j < n; j++) row[j]! /= root;
  }
  return factor;
}

/** Solves R'R x = b in place of b. @param factor of `factorize` */
export function solveFactorized(factor: Float64Array, b: Float64Array): void {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    const value = b[i]! / factor[i * n + i]!;
    b[i] = value;
    for (let j = i + 1; j < n; j++) b[j]! -= factor[i * n + j]! * value;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let j = i + 1; j < n; j++) sum -= factor[i * n + j]! * b[j]!;
    b[i] = sum / factor[i * n + i]!;
  }
}
