import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COLUMNS_KERNEL } from '../../../../lib/maths/linalg/columns-kernel.ts';
import { type MeasuredColumns, openMeasuredColumns } from '../../../../lib/maths/linalg/measured-columns.ts';
import { describeColumn, describeRanked } from '../../../../lib/models/kinds/robust-z/baseline.ts';
import { compileLinalg } from '../../../../scripts/build-linalg-kernel.ts';
import { normalRows } from '../../../helpers/feature-matrices.ts';

test('columns are what was measured, in order, whatever the shape and the gaps', () => {
  // Both remainders: rows by 4 and by 128, columns by 4 and by 16.
  for (const [count, width] of [
    [1, 1],
    [3, 2],
    [131, 4],
    [260, 7],
    [130, 21],
  ] as const) {
    const table = normalRows(count, width, 1).map((row, r) =>
      row.map((value, c) => ((r * 5 + c * 3) % 17 < r % 3 ? NaN : Math.fround(value))),
    );
    const values = Float32Array.from(table.flat());
    // Rows out of a matrix, in two parts: what is left out is every seventh.
    const rows = Uint32Array.from(table.keys()).filter((row) => count < 7 || row % 7 !== 5);
    const parts = [rows.subarray(0, rows.length >> 1), rows.subarray(rows.length >> 1)];
    const columns = openMeasuredColumns(count, width);
    for (let from = 0; from < width; from += columns.slice) {
      columns.clear();
      let start = 0;
      for (const part of parts) {
        const ends = columns.append({ values, width }, part, from);
        if (from > 0) continue;
        const expected = Array.from(part, (row) => table[row]![0]!).filter((value) => !Number.isNaN(value));
        assert.deepEqual(Array.from(columns.view(0, start, ends[0]!)), expected);
        start = ends[0]!;
      }
      const ends = columns.append({ values, width }, new Uint32Array(0), from);
      assert.equal(ends.length, Math.min(columns.slice, width - from));
      for (const [c, end] of ends.entries())
        assert.deepEqual(
          Array.from(columns.view(c, 0, end)),
          Array.from(rows, (row) => table[row]![from + c]!).filter((value) => !Number.isNaN(value)),
        );
    }
  }
});

test('values of any rank, and the median distance, are those of the sorted values', () => {
  const value = fc.oneof(
    fc.constantFrom(0, -0, 1, -1, 1e-45, -1e-45, 3.4e38, -3.4e38),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    // Many that share their first digits, or all of them.
    fc.integer({ min: 0, max: 300 }).map((step) => Math.fround(1e6 + step / 8)),
  );
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 70 }),
      fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e7, max: 1e7 }),
      (given, center) => {
        const values = Float32Array.from(given);
        const ranked = readOne(values).rank(0, 0, values.length);
        assert.equal(ranked.count, values.length);
        const distances = Float64Array.from(values, (each) => Math.abs(each - center)).sort();
        const middle = values.length >> 1;
        const median =
          values.length % 2 === 1 ? distances[middle] : (distances[middle - 1]! + distances[middle]!) / 2;
        assert.equal(ranked.medianDistance(center), median);
        for (const [rank, expected] of values.slice().sort().entries())
          assert.ok(Object.is(ranked.valueAt(rank), expected), `${ranked.valueAt(rank)}, not ${expected}`);
      },
    ),
  );
});

test('ranks of a long column do not depend on what a sample of it tells', () => {
  const draw = normalRows(20_003, 1, 3).flat();
  const zeros = draw.map((value) => (value > 0.5 ? value : value < -0.5 ? 0 : -0));
  for (const [name, given] of Object.entries({
    normal: draw,
    even: draw.slice(1),
    'one scale apart': draw.map((value) => 1e6 + value),
    ascending: draw.toSorted((a, b) => a - b),
    'signed zeros': zeros,
    'mostly one value': draw.map((value) => Math.max(1.5, value)),
    'far apart': draw.map((value) => Math.sign(value) * 3e38),
    // Every eighth value of 8192: the sample sees those alone.
    'a period of the sample': draw.slice(0, 8192).map((value, i) => (i % 8 === 0 ? 100 + value : value)),
    'a constant to the sample': draw.slice(0, 8192).map((value, i) => (i % 8 === 0 ? 0 : value)),
  })) {
    const values = Float32Array.from(given);
    const sorted = values.slice().sort();
    const { length } = values;
    const ranked = readOne(values).rank(0, 0, length);
    const middle = length >> 1;
    for (const rank of [middle, middle - 1, 0, 10, length - 11, length - 1, 3000, middle])
      assert.ok(
        Object.is(ranked.valueAt(rank), sorted[rank]),
        `${name}, ${rank}: ${ranked.valueAt(rank)} is not ${sorted[rank]}`,
      );
    for (const center of [sorted[middle]!, 0.1, -50]) {
      const distances = Float64Array.from(values, (value) => Math.abs(value - center)).sort();
      const median = length % 2 === 1 ? distances[middle] : (distances[middle - 1]! + distances[middle]!) / 2;
      assert.equal(ranked.medianDistance(center), median, name);
      assert.equal(ranked.valueAt(7), sorted[7], 'values still have their ranks');
    }
  }
});

test('a part of a column has ranks of its own', () => {
  const values = Float32Array.from(normalRows(5000, 1, 7).flat());
  const columns = readOne(values);
  for (const [start, end] of [
    [0, 5000],
    [1, 4],
    [17, 3001],
  ] as const) {
    const sorted = values.slice(start, end).sort();
    const ranked = columns.rank(0, start, end);
    for (const rank of [0, 1, sorted.length >> 1, sorted.length - 1])
      assert.equal(ranked.valueAt(rank), sorted[rank]);
  }
  assert.deepEqual(columns.view(0, 0, 5000), values);
});

test('a column is described by its ranks as by its sorted values, to the bit', () => {
  const draw = normalRows(4001, 1, 9).flat();
  for (const values of [
    draw,
    draw.slice(1),
    draw.map((value) => 1e6 + value),
    // Heavy tails, one that is far out, a counter, mostly one value, all but the tails, and a constant.
    draw.map((value) => value ** 5),
    draw.with(7, 1e30),
    draw.map((_, i) => i),
    draw.map((value) => Math.max(1, value)),
    draw.map((_, i) => Number(i === 77)),
    draw.map(() => 5),
  ].map((each) => Float32Array.from(each))) {
    const sorted = values.slice().sort();
    const ranked = readOne(values).rank(0, 0, values.length);
    assert.deepEqual(
      describeRanked(ranked, () => sorted),
      describeColumn(sorted),
    );
  }
});

test('the kernel of columns is what its source compiles to', async () => {
  const committed = Buffer.from(COLUMNS_KERNEL, 'base64');
  assert.ok(committed.equals(await compileLinalg('columns')), 'run `node scripts/build-linalg-kernel.ts`');
});

function readOne(values: Float32Array): MeasuredColumns {
  const columns = openMeasuredColumns(values.length, 1);
  columns.clear();
  columns.append({ values, width: 1 }, Uint32Array.from(values.keys()), 0);
  return columns;
}
