import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseRowBuild, type RowBuild } from '../../../../lib/maths/linalg/row-kernel.ts';
import { openRowVectors } from '../../../../lib/maths/linalg/row-vectors.ts';
import { BLOCK_VECTORS, type RowVectorsOptions } from '../../../../lib/maths/linalg/row-vectors-memory.ts';
import { ROWS_FUSED_KERNEL } from '../../../../lib/maths/linalg/rows-fused-kernel.ts';
import { ROWS_PLAIN_KERNEL } from '../../../../lib/maths/linalg/rows-plain-kernel.ts';
import { compileLinalg } from '../../../../scripts/build-linalg-kernel.ts';
import { normalRows } from '../../../helpers/feature-matrices.ts';

const BUILDS: readonly RowBuild[] = chooseRowBuild() === 'fused' ? ['fused', 'plain'] : ['plain'];
/** Width, columns taken, window: every remainder of the tiles of 2 and 4, with and without columns left out. */
const SHAPES: readonly (readonly [number, readonly number[], number])[] = [
  [1, [0], 1],
  [1, [0], 7],
  [2, [0, 1], 3],
  [3, [0, 1, 2], 1],
  [5, [1, 3, 4], 2],
  [8, [0, 1, 2, 3, 4, 5, 6, 7], 1],
  [9, [0, 2, 3, 5, 8], 5],
  [4, [], 2],
];
const PLAIN = { knee: Infinity, constantLimit: 10, missing: 'nan' } as const;

for (const build of BUILDS)
  for (const [width, columns, window] of SHAPES) {
    const size = columns.length * window;
    const name = `${build}, ${columns.length} of ${width} columns × ${window} rows`;
    // Two segments that share no row, and vectors within that are left out.
    const rows = normalRows(60 + window, width, 1);
    const ends = Uint32Array.from({ length: 45 }, (_, i) => i + window - 1 + (i > 30 ? 11 : 0));
    const expected = Array.from(ends, (end) =>
      Array.from({ length: size }, (_, i) =>
        Math.fround(rows[end - Math.floor(i / columns.length)]![columns[i % columns.length]!]!),
      ),
    );
    const factor = Float64Array.from(normalRows(size, size, 2).flat(), (value, i) =>
      i % size < Math.floor(i / size) ? 0 : value,
    );
    const components = Float64Array.from(normalRows(size, size, 3).flat());
    const mean = Float64Array.from(normalRows(1, Math.max(1, size), 4)[0]!.slice(0, size));

    test(`forms, parts and sums are those of plain loops: ${name}`, () => {
      const vectors = open({
        ...PLAIN,
        width,
        columns,
        window,
        build,
        form: { factor, mean },
        components,
        sums: true,
      });
      assert.equal(vectors.size, size);
      vectors.rows.set(rows.flat());
      vectors.readVectors(rows.length, ends, ends.length);
      for (const [b, u] of expected.entries()) assert.deepEqual(Array.from(vectors.view(b)), u);
      vectors.squareForms(ends.length);
      const off = expected.map((u) => u.map((value, i) => value - mean[i]!));
      for (const [b, u] of off.entries())
        assertClose(vectors.squares[b]!, sumSquares(multiply(factor, u)), `form ${b}`);
      const { parts, stride } = vectors.squareParts(ends.length);
      for (const [b, u] of off.entries())
        for (const [k, part] of multiply(components, u).entries())
          assertClose(parts[b * stride + k]!, part * part, `part ${k} of ${b}`);
      const roots = Float64Array.from(ends, (_, b) => 1 + b / 10);
      // Twice, as sums go on from block to block.
      for (const count of [ends.length, 3]) vectors.addProducts(count, roots);
      const counted = [...expected, ...expected.slice(0, 3)];
      const rootOf = [...roots, ...roots.subarray(0, 3)];
      const { products, vector } = vectors.readSums();
      for (let i = 0; i < size; i++) {
        assertClose(
          vector[i]!,
          counted.reduce((sum, u, b) => sum + rootOf[b]! * u[i]!, 0),
          `sum ${i}`,
        );
        for (let j = i; j < size; j++)
          assertClose(
            products[i * size + j]!,
            counted.reduce((sum, u) => sum + u[i]! * u[j]!, 0),
            `sum ${i}, ${j}`,
          );
      }
    });

    test(`a vector of its own leaves those that shared its rows as they were: ${name}`, () => {
      if (size === 0) return;
      const vectors = open({ ...PLAIN, width, columns, window, build, form: { factor, mean } });
      vectors.rows.set(rows.flat());
      vectors.readVectors(rows.length, ends, ends.length);
      const own = vectors.own(1);
      own[0] = 7;
      const changed = expected[1]!.with(0, 7);
      assert.deepEqual(Array.from(vectors.own(1)), changed);
      for (const b of [0, 2]) assert.deepEqual(Array.from(vectors.view(b)), expected[b]);
      vectors.squareForms(ends.length);
      const before = vectors.squares.slice();
      vectors.own(4).fill(0);
      vectors.squareFormsOf([4, 1]);
      const form = (u: readonly number[]): number =>
        sumSquares(
          multiply(
            factor,
            u.map((value, i) => value - mean[i]!),
          ),
        );
      assertClose(vectors.squares[1]!, form(changed), 'the changed one');
      assertClose(vectors.squares[4]!, form(changed.map(() => 0)), 'the one of zeros');
      assert.deepEqual(vectors.squares.subarray(5), before.subarray(5));
      // The next block starts with none.
      vectors.rows.set(rows.flat());
      vectors.readVectors(rows.length, ends, ends.length);
      assert.deepEqual(Array.from(vectors.view(1)), expected[1]);
    });
  }

test('values are scaled by side, compressed beyond the knee, and moved constants have a limit', () => {
  // An even and an odd number of columns.
  for (const build of BUILDS)
    for (const missing of ['nan', 'zero'] as const)
      for (const width of [4, 5]) {
        const values = [3, -3, 0, 12, -40, NaN, 2, 1e30, -1e30, 0.5];
        const columns = Array.from({ length: width }, (_, c) => c);
        const vectors = open({ width, columns, window: 1, knee: 5, constantLimit: 10, missing, build });
        const scale = { centers: 1, above: 2, below: 0.5 };
        for (const name of ['centers', 'above', 'below'] as const) vectors.scales[name].fill(scale[name]);
        // The last two columns have no scale.
        for (const c of columns.slice(-2)) vectors.scales.above[c] = vectors.scales.below[c] = Infinity;
        vectors.rows.set(values.flatMap((value) => columns.map(() => value)));
        const ends = Uint32Array.from(values.keys());
        vectors.readVectors(values.length, ends, values.length);
        for (const [b, value] of values.entries()) {
          const d = Math.fround(value) - 1;
          const u = d * (d > 0 ? 2 : 0.5);
          const far = Math.abs(u) > 5 ? Math.sign(u) * 5 * (1 + Math.log(Math.abs(u) / 5)) : u;
          const moved = (10 * d) / (10 + Math.abs(d));
          const expected = columns.map((c) => (c < width - 2 ? far : moved));
          const known = expected.map((entry) => (missing === 'zero' && Number.isNaN(entry) ? 0 : entry));
          for (const [c, entry] of vectors.view(b).entries())
            assert.ok(
              Object.is(entry, known[c]) || entry === known[c],
              `${value}: ${entry} is not ${known[c]}`,
            );
        }
      }
});

test('a vector that misses something has no form, and its neighbours have theirs', () => {
  for (const build of BUILDS) {
    const factor = Float64Array.of(1, 2, 0, 1);
    const form = { factor, mean: new Float64Array(2) };
    const vectors = open({ ...PLAIN, width: 1, columns: [0], window: 2, build, form });
    vectors.rows.set([1, 2, NaN, 3, 4]);
    vectors.readVectors(5, Uint32Array.of(1, 2, 3, 4), 4);
    vectors.squareForms(4);
    assert.deepEqual(Array.from(vectors.squares.subarray(0, 4)), [
      (2 + 2) ** 2 + 1,
      NaN,
      NaN,
      (4 + 6) ** 2 + 9,
    ]);
  }
});

test('forms in single precision are those in double, rounded', () => {
  for (const build of BUILDS)
    for (const [width, columns, window] of SHAPES) {
      const size = columns.length * window;
      const rows = normalRows(70, width, 1).flat();
      const ends = Uint32Array.from({ length: 45 }, (_, i) => i + window - 1);
      const form = {
        factor: Float64Array.from(normalRows(size, size, 2).flat(), (value, i) =>
          i % size < Math.floor(i / size) ? 0 : value,
        ),
        mean: Float64Array.from({ length: size }, (_, i) => i / 100),
      };
      const [single, double] = (['single', 'double'] as const).map((precision) => {
        const vectors = open({ ...PLAIN, width, columns, window, build, form, precision });
        vectors.rows.set(rows);
        vectors.readVectors(70, ends, ends.length);
        vectors.squareForms(ends.length);
        return vectors.squares.slice(0, ends.length);
      }) as [Float64Array, Float64Array];
      for (const [b, square] of single.entries())
        assert.ok(
          Math.abs(square - double[b]!) <= 1e-5 * double[b]!,
          `${build}, ${size}: ${square} is not ${double[b]}`,
        );
      if (size > 0) assert.notDeepEqual(single, double);
    }
});

test('what single precision cannot hold is worked out in double', () => {
  for (const build of BUILDS) {
    const form = { factor: Float64Array.of(1e10, 0, 0, 1), mean: new Float64Array(2) };
    const vectors = open({
      ...PLAIN,
      width: 2,
      columns: [0, 1],
      window: 1,
      build,
      form,
      precision: 'single',
    });
    vectors.rows.set([1, 2, 1e30, 0, NaN, 1, 0, 1e25]);
    vectors.readVectors(4, Uint32Array.of(0, 1, 2, 3), 4);
    vectors.squareForms(4);
    const [usual, far, missing, farSquare] = vectors.squares;
    assert.ok(Math.abs(usual! / (1e20 + 4) - 1) < 1e-6, `a usual one: ${usual}`);
    assertClose(far! / (1e10 * Math.fround(1e30)) ** 2, 1, 'a product');
    assert.equal(missing, NaN);
    assertClose(farSquare! / Math.fround(1e25) ** 2, 1, 'a square');
  }
});

test('the kernels are what their source compiles to', async () => {
  for (const [name, text] of [
    ['rows-fused', ROWS_FUSED_KERNEL],
    ['rows-plain', ROWS_PLAIN_KERNEL],
  ] as const)
    assert.ok(
      Buffer.from(text, 'base64').equals(await compileLinalg(name)),
      `${name}: run \`node scripts/build-linalg-kernel.ts\``,
    );
});

/** With scales of 1 around 0. */
function open(options: RowVectorsOptions): ReturnType<typeof openRowVectors> {
  const vectors = openRowVectors(options);
  assert.ok(vectors.capacity >= BLOCK_VECTORS + options.window - 1);
  vectors.scales.above.fill(1);
  vectors.scales.below.fill(1);
  return vectors;
}

function multiply(matrix: Float64Array, u: readonly number[]): number[] {
  return u.map((_, i) => u.reduce((sum, value, k) => sum + matrix[i * u.length + k]! * value, 0));
}

function sumSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function assertClose(value: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(value - expected) <= 1e-12 * Math.max(100, Math.abs(expected)),
    `${what}: ${value}, not ${expected}`,
  );
}
