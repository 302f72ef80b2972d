import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factorize, solveFactorized } from '../../../lib/linalg/cholesky.ts';
import { addOuterProducts, BLOCK, squareProducts } from '../../../lib/linalg/products.ts';
import { normalRows } from '../../helpers/feature-matrices.ts';

/** Every remainder of the tiles of 2 and 4. */
const SIZES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

test('outer products of a block are those of plain loops', () => {
  for (const n of SIZES) {
    const vectors = normalRows(BLOCK, n, 1);
    const sums = new Float64Array(n * n).fill(1);
    addOuterProducts(toBlock(vectors, n), n, sums);
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) {
        const expected = 1 + vectors.reduce((sum, u) => sum + u[i]! * u[j]!, 0);
        assert.ok(Math.abs(sums[i * n + j]! - expected) < 1e-10, `${i}, ${j} of ${n}`);
      }
  }
});

test('squares of products with a triangle are those of plain loops', () => {
  for (const n of SIZES) {
    const vectors = normalRows(BLOCK, n, 2);
    const factor = Float64Array.from(normalRows(n, n, 3).flat(), (value, i) =>
      i % n < Math.floor(i / n) ? 0 : value,
    );
    const out = new Float64Array(BLOCK).fill(NaN);
    squareProducts(factor, n, toBlock(vectors, n), out);
    for (const [b, u] of vectors.entries()) {
      let expected = 0;
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = i; j < n; j++) sum += factor[i * n + j]! * u[j]!;
        expected += sum * sum;
      }
      assert.ok(Math.abs(out[b]! - expected) < 1e-10, `${b} of ${n}`);
    }
  }
});

test('a factor times itself is the matrix, and solves its equations', () => {
  for (const n of SIZES.slice(1)) {
    const rows = normalRows(n + 5, n, 4);
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) matrix[i * n + j] = rows.reduce((sum, u) => sum + u[i]! * u[j]!, 0);
    const factor = factorize(matrix, n);
    const x = Float64Array.from({ length: n }, (_, i) => i - 1.5);
    const b = x.map((_, i) => x.reduce((sum, value, j) => sum + matrix[i * n + j]! * value, 0));
    solveFactorized(factor, b);
    for (const [i, value] of b.entries())
      assert.ok(Math.abs(value - x[i]!) < 1e-9, `${value} is not ${x[i]}`);
  }
});

test('a matrix that is not positive definite is refused, with the pivot', () => {
  assert.throws(() => factorize(Float64Array.of(1, 2, 2, 1), 2), {
    name: 'ModelError',
    message: /pivot 1 of 2 is -3/,
  });
});

function toBlock(vectors: readonly (readonly number[])[], n: number): Float64Array {
  const block = new Float64Array(n * BLOCK);
  for (const [b, vector] of vectors.entries()) for (let i = 0; i < n; i++) block[i * BLOCK + b] = vector[i]!;
  return block;
}
