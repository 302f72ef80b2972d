import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factorize, solveFactorized } from '../../../../lib/maths/linalg/cholesky.ts';
import { BLOCK, openProducts } from '../../../../lib/maths/linalg/products.ts';
import { PRODUCTS_KERNEL } from '../../../../lib/maths/linalg/products-kernel.ts';
import { compileLinalg } from '../../../../scripts/build-linalg-kernel.ts';
import { normalRows } from '../../../helpers/feature-matrices.ts';

/** Every remainder of the tiles of 2 and 4. */
const SIZES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

test('outer products of blocks are those of plain loops, full or not', () => {
  for (const n of SIZES) {
    const products = openProducts(n);
    const vectors = normalRows(BLOCK + 37, n, 1);
    for (const part of [vectors.slice(0, BLOCK), vectors.slice(BLOCK)]) {
      fillBlock(products.block, part, n);
      products.addOuterProducts(part.length);
    }
    const sums = products.readSums();
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) {
        const expected = vectors.reduce((sum, u) => sum + u[i]! * u[j]!, 0);
        assert.ok(Math.abs(sums[i * n + j]! - expected) < 1e-10, `${i}, ${j} of ${n}`);
      }
  }
});

test('squares of products with a triangle are those of plain loops', () => {
  for (const n of SIZES) {
    const vectors = normalRows(77, n, 2);
    const factor = Float64Array.from(normalRows(n, n, 3).flat(), (value, i) =>
      i % n < Math.floor(i / n) ? 0 : value,
    );
    const { block, squares, squareForms } = openProducts(n, factor);
    fillBlock(block, vectors, n);
    squareForms(vectors.length);
    for (const [b, u] of vectors.entries()) {
      let expected = 0;
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = i; j < n; j++) sum += factor[i * n + j]! * u[j]!;
        expected += sum * sum;
      }
      assert.ok(Math.abs(squares[b]! - expected) < 1e-10, `${b} of ${n}`);
    }
  }
});

test('the kernel of products is what its source compiles to', async () => {
  const committed = Buffer.from(PRODUCTS_KERNEL, 'base64');
  assert.ok(committed.equals(await compileLinalg('products')), 'run `node scripts/build-linalg-kernel.ts`');
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

function fillBlock(block: Float64Array, vectors: readonly (readonly number[])[], n: number): void {
  block.fill(0);
  for (const [b, vector] of vectors.entries()) for (let i = 0; i < n; i++) block[i * BLOCK + b] = vector[i]!;
}
