import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Float16, makeData, makeVector } from 'apache-arrow';
import { readNumbers } from '../../../lib/window/read-numbers.ts';

test('halves are read, and infinite ones are told of as those of doubles are', () => {
  // 1, the least above 0, -2, ±infinity and none, as IEEE 754 has them.
  const data = Uint16Array.of(0x3c00, 0x0001, 0xc000, 0x7c00, 0xfc00, 0x7e00);
  const halves = makeVector(makeData({ type: new Float16(), length: data.length, nullCount: 0, data }));
  const infinite: unknown[] = [];
  const onInfinite = (row: number, value: number): number => infinite.push([row, value]);
  const numbers = readNumbers(halves, { source: 'x', name: 'cpu', onInfinite });
  assert.deepEqual([...numbers], [1, 2 ** -24, -2, NaN, NaN, NaN]);
  assert.deepEqual(infinite, [
    [3, Infinity],
    [4, -Infinity],
  ]);
});
