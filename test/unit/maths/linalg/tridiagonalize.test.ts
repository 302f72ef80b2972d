/** Householder reflections, by what they keep: the matrix is B'TB, and B turns nothing but directions. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { decomposeSymmetric } from '../../../../lib/maths/linalg/symmetric-eigen.ts';
import { type Tridiagonal, tridiagonalize } from '../../../../lib/maths/linalg/tridiagonalize.ts';
import { seedRandom } from '../../../../lib/maths/random.ts';

// Four rows are worked on at a time: sizes around multiples of four, and those without a reflection.
for (const n of [1, 2, 3, 4, 5, 6, 8, 9, 10, 13])
  test(`${n} × ${n}: the basis is orthonormal, and the matrix tridiagonal in it`, () => {
    const matrix = drawSymmetric(n, n);
    assertSame(matrix, n, tridiagonalize(matrix.slice(), n));
  });

test('by hand: 3 and 4 below the diagonal become one entry of 5, away from the sign of the 3', () => {
  const { diagonal, beside } = tridiagonalize(Float64Array.of(0, 0.3, 0.4, 0, 0, 0, 0, 0, 0), 3);
  assert.ok(Math.abs(beside[0]! + 0.5) < 1e-15, `${beside[0]}`);
  assert.deepEqual([diagonal[0], Math.abs(diagonal[1]!)], [0, 0]);
});

test('a matrix that is tridiagonal stays as it is, and what lies below the diagonal is not read', () => {
  const { diagonal, beside, basis } = tridiagonalize(
    Float64Array.of(1, 0.5, 0, NaN, -1, 0.25, NaN, NaN, 0.125),
    3,
  );
  assert.deepEqual([...diagonal], [1, -1, 0.125]);
  assert.deepEqual([...beside], [0.5, 0.25, 0]);
  assert.deepEqual([...basis], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

test('sums keep their order: eigenvalues and vectors have the bytes that models were trained with', () => {
  const hash = createHash('sha256');
  for (const n of [1, 2, 7, 16, 30, 61]) {
    const { values, vectors } = decomposeSymmetric(drawSymmetric(n, 100 + n), n);
    hash.update(values).update(vectors);
  }
  assert.equal(hash.digest('hex').slice(0, 16), '222f11d1cb847f3c');
});

function drawSymmetric(n: number, seed: number): Float64Array {
  const random = seedRandom(seed);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) matrix[i * n + j] = matrix[j * n + i] = 2 * random.nextFloat() - 1;
  return matrix;
}

function assertSame(matrix: Float64Array, n: number, { diagonal, beside, basis }: Tridiagonal): void {
  const at = (i: number, j: number): number =>
    i === j ? diagonal[i]! : Math.abs(i - j) === 1 ? beside[Math.min(i, j)]! : 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let [product, back] = [0, 0];
      for (let k = 0; k < n; k++) product += basis[i * n + k]! * basis[j * n + k]!;
      for (let k = 0; k < n; k++)
        for (let l = 0; l < n; l++) back += basis[k * n + i]! * at(k, l) * basis[l * n + j]!;
      assert.ok(Math.abs(product - Number(i === j)) < 1e-14 * n, `rows ${i} and ${j}: ${product}`);
      assert.ok(Math.abs(back - matrix[i * n + j]!) < 1e-14 * n, `entry ${i}, ${j}: ${back}`);
    }
}
