import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumColumns } from '../../../../lib/maths/linalg/column-sums.ts';
import { copyPart, copyRows } from '../../../../lib/maths/linalg/copy-rows.ts';
import { normalRows } from '../../../helpers/feature-matrices.ts';

/** Rows above and below what is read at a time, columns with every remainder by 4, one wide matrix. */
const SHAPES = [
  [1, 1],
  [20_000, 1],
  [1000, 6],
  [700, 7],
  [333, 8],
  [40, 301],
] as const;

test('counts, sums and ranges of columns are those of plain loops, of all rows and of some', () => {
  for (const [count, width] of SHAPES) {
    const values = Float32Array.from(normalRows(count, width, 1).flat(), (value, i) =>
      i % 11 === 3 ? NaN : value,
    );
    // A column without any.
    if (width === 7) for (let row = 0; row < count; row++) values[row * width + 5] = NaN;
    const all = Uint32Array.from({ length: count }, (_, row) => row);
    for (const rows of [undefined, all, all.filter((row) => row % 5 !== 1), all.subarray(0, 0)]) {
      const found = sumColumns({ values, width }, rows);
      const expected = {
        counts: new Uint32Array(width),
        sums: new Float64Array(width),
        lows: new Float32Array(width).fill(Infinity),
        highs: new Float32Array(width).fill(-Infinity),
      };
      for (const row of rows ?? all)
        for (let c = 0; c < width; c++) {
          const value = values[row * width + c]!;
          if (Number.isNaN(value)) continue;
          expected.counts[c]! += 1;
          expected.sums[c]! += value;
          expected.lows[c] = Math.min(expected.lows[c]!, value);
          expected.highs[c] = Math.max(expected.highs[c]!, value);
        }
      assert.deepEqual(found, expected);
    }
  }
});

test('infinite values show in the range', () => {
  const values = Float32Array.of(1, NaN, Infinity, -Infinity, 2, NaN);
  const { lows, highs, counts } = sumColumns({ values, width: 2 });
  assert.deepEqual(
    [Array.from(lows), Array.from(highs)],
    [
      [1, -Infinity],
      [Infinity, -Infinity],
    ],
  );
  assert.deepEqual(Array.from(counts), [3, 1]);
});

test('rows are copied as they are asked for, whole or in part', () => {
  for (const width of [1, 3, 40, 70]) {
    const values = Float32Array.from({ length: 30 * width }, (_, i) => i);
    for (const rows of [[], [4], [3, 4, 5, 6], [0, 1, 2, 9, 12, 13, 14, 29], [0, 2, 3, 5]].map((each) =>
      Uint32Array.from(each),
    )) {
      const expected = Array.from(rows, (row) => Array.from(values.subarray(row * width, (row + 1) * width)));
      const out = new Float32Array(rows.length * width);
      copyRows({ values, width }, rows, rows.length, out);
      assert.deepEqual(Array.from(out), expected.flat());
      const columns = Math.ceil(width / 3);
      const from = width - columns;
      const part = new Float32Array(rows.length * columns);
      copyPart({ values, width }, rows, { from, columns }, part);
      assert.deepEqual(
        Array.from(part),
        expected.flatMap((row) => row.slice(from)),
      );
    }
  }
});
