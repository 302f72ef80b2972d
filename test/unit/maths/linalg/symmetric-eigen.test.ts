/** Against numpy's eigh; scripts/reference/pca.py made the figures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { decomposeSymmetric } from '../../../../lib/maths/linalg/symmetric-eigen.ts';
import { normalRows } from '../../../helpers/feature-matrices.ts';

interface Case {
  readonly name: string;
  /** n × n, all of it. */
  readonly matrix: readonly number[];
  readonly values: readonly number[];
  readonly vectors: readonly number[];
}

const file = new URL('../../../fixtures/linalg/symmetric.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };

for (const { name, matrix, values: expected, vectors: expectedVectors } of cases) {
  test(`eigenvalues and eigenvectors are numpy's: ${name}`, () => {
    const n = expected.length;
    const { values, vectors } = decomposeSymmetric(Float64Array.from(matrix), n);
    const size = Math.max(...expected.map(Math.abs));
    for (const [k, value] of values.entries())
      assert.ok(Math.abs(value - expected[k]!) <= 1e-13 * size, `value ${k} is ${value}, not ${expected[k]}`);
    assertDecomposition(Float64Array.from(matrix), n, { values, vectors });
    for (let k = 0; k < n; k++) {
      // Of a value that stands alone the vector is one and the same, up to its sign.
      const gap = Math.min(
        ...expected.map((other, i) => (i === k ? Infinity : Math.abs(other - expected[k]!))),
      );
      if (!(gap > 1e-3 * size)) continue;
      const along = dot(vectors.subarray(k * n, (k + 1) * n), expectedVectors.slice(k * n, (k + 1) * n));
      assert.ok(Math.abs(Math.abs(along) - 1) < 1e-12, `vector ${k} is ${along} along numpy's`);
    }
  });
}

test('any symmetric matrix is the sum of its parts', () => {
  const entry = fc.oneof(fc.constantFrom(0, 1, -1), fc.double({ min: -1e6, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(entry, { minLength: 144, maxLength: 144 }),
      (n, entries) => {
        const matrix = new Float64Array(n * n);
        for (let i = 0; i < n; i++)
          for (let j = i; j < n; j++) matrix[i * n + j] = matrix[j * n + i] = entries[i * 12 + j]!;
        assertDecomposition(matrix, n, decomposeSymmetric(matrix, n));
      },
    ),
  );
});

test('a covariance of fewer rows than columns, with many eigenvalues of 0', () => {
  const n = 120;
  const rows = normalRows(40, n, 3);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) matrix[i * n + j] = rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
  const decomposed = decomposeSymmetric(matrix, n);
  assertDecomposition(matrix, n, decomposed);
  assert.ok(decomposed.values.subarray(40).every((value) => Math.abs(value) < 1e-10));
});

test('the largest entry of a vector is positive, and only the upper triangle is read', () => {
  const whole = decomposeSymmetric(Float64Array.of(2, -1, -1, 5), 2);
  assert.deepEqual(decomposeSymmetric(Float64Array.of(2, -1, NaN, 5), 2), whole);
  assert.ok(whole.vectors[1]! > 0 && whole.vectors[2]! > 0);
});

test('a matrix that is not finite has no eigenvalues', () => {
  assert.throws(() => decomposeSymmetric(Float64Array.of(1, NaN, NaN, 1), 2), { name: 'ModelError' });
});

/** Vectors are orthonormal, values descend, and Σ value v v' is the matrix. */
function assertDecomposition(
  matrix: Float64Array,
  n: number,
  { values, vectors }: ReturnType<typeof decomposeSymmetric>,
): void {
  const size = matrix.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  for (let i = 0; i < n; i++) {
    if (i > 0) assert.ok(values[i - 1]! >= values[i]!);
    for (let j = 0; j < n; j++) {
      const rows = [i, j].map((k) => vectors.subarray(k * n, (k + 1) * n)) as [Float64Array, Float64Array];
      assert.ok(Math.abs(dot(...rows) - Number(i === j)) < 1e-13 * n);
      let sum = 0;
      for (let k = 0; k < n; k++) sum += values[k]! * vectors[k * n + i]! * vectors[k * n + j]!;
      assert.ok(
        // Nothing below the smallest number can be right.
        Math.abs(sum - matrix[i * n + j]!) <= Math.max(1e-14 * size, Number.MIN_VALUE) * n * n,
        `${sum} is not ${matrix[i * n + j]}`,
      );
    }
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => value * b[i]!).reduce((sum, product) => sum + product, 0);
}
