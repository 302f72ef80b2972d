import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderRows } from '../../../lib/window/order-rows.ts';

/** Rows of one entity and one metric. */
const rowsOf = (times: readonly number[], values: readonly number[], entities = ['a']) => ({
  times: Float64Array.from(times),
  entity: {
    firstNull: -1,
    values: entities,
    codes: Uint32Array.from(times, (_, row) => row % entities.length),
  },
  columns: [Float64Array.from(values)],
  labels: undefined,
});
const GIVEN = { source: 'test', kept: undefined, entityColumns: ['pod'], onLeftOut: () => {} };
const order = (rows: ReturnType<typeof rowsOf>): readonly [times: number[], values: number[]] => {
  const found = orderRows(rows, GIVEN);
  return [[...found.times], [...found.columns[0]!]];
};

test('what was given is as it was: rows of one time are put together in a copy', () => {
  const rows = rowsOf([0, 0, 1], [1, 2, 3]);
  assert.deepEqual(order(rows), [
    [0, 1],
    [NaN, 3],
  ]);
  assert.deepEqual([...rows.columns[0]!], [1, 2, 3]);
});

test('an entity is used up to half of its times with rows that differ, and not beyond', () => {
  const half = rowsOf([0, 0, 1], [1, 2, 3]);
  assert.equal(order(half)[0].length, 2);
  // Two of three.
  const most = rowsOf([0, 0, 1, 1, 2], [1, 2, 1, 2, 3]);
  assert.throws(() => order(most), { code: 'duplicate-row' });
});

test('where no entity is left, it is told what would tell the rows apart', () => {
  const rows = rowsOf([0, 0], [1, 2]);
  const refusal = (entityColumns: readonly string[]): RegExp =>
    entityColumns.length === 0
      ? /with other values; it has no column of text, .*: numbers are metrics, so write pod-7 and not 7$/
      : /with other values; beside zone, pod it needs a column of text that tells them apart$/;
  for (const entityColumns of [[], ['zone', 'pod']])
    assert.throws(() => orderRows(rows, { ...GIVEN, entityColumns }), { message: refusal(entityColumns) });
});

test('any number of rows of one time is put together, and one label of them is theirs', () => {
  const count = 300_000;
  const rows = rowsOf(new Array<number>(count).fill(0).concat(1), new Array<number>(count + 1).fill(5));
  const labels = new Uint8Array(count + 1);
  labels[count - 1] = 1;
  const found = orderRows({ ...rows, labels }, GIVEN);
  assert.deepEqual(
    [[...found.times], [...found.columns[0]!], [...found.labels!]],
    [
      [0, 1],
      [5, 5],
      [1, 0],
    ],
  );
});
