import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fillGaps } from '../../../lib/window/gaps.ts';
import { alignToGrid } from '../../../lib/window/grid.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { anyWindow, MINUTE, makeWindow, T0 } from './helpers.ts';

const NONE: number = Number.NaN;

function series(...values: readonly number[]): MetricWindow {
  return makeWindow(
    values.map((value, minute) => ({ entity: 'a', time: T0 + minute * MINUTE, values: [value] })),
  );
}

test('a gap up to the bound is filled in a straight line, a longer one not at all', () => {
  const window = series(1, NONE, NONE, 4, NONE, NONE, NONE, 8);
  const { window: filled, availability } = fillGaps(window, 2);
  assert.deepEqual(filled.columns[0], Float64Array.of(1, 2, 3, 4, NONE, NONE, NONE, 8));
  assert.deepEqual(availability, Float64Array.of(1, 1, 1, 1, 0, 0, 0, 1));
  assert.deepEqual(fillGaps(window, 3).window.columns[0], Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  assert.deepEqual(fillGaps(window, 0).window.columns[0], window.columns[0]);
});

test('the ends stay missing', () => {
  assert.deepEqual(fillGaps(series(NONE, 1, NONE), 5).window.columns[0], Float64Array.of(NONE, 1, NONE));
});

test('nothing is carried from one entity to the next', () => {
  const window = makeWindow([
    { entity: 'a', time: T0, values: [1] },
    { entity: 'a', time: T0 + MINUTE, values: [NONE] },
    { entity: 'b', time: T0, values: [NONE] },
    { entity: 'b', time: T0 + MINUTE, values: [4] },
  ]);
  assert.deepEqual(fillGaps(window, 9).window.columns[0], window.columns[0]);
});

test('availability counts each metric, one that never had a value included', () => {
  const window = makeWindow([
    { entity: 'a', time: T0, values: [1, NONE, 3, NONE] },
    { entity: 'a', time: T0 + MINUTE, values: [NONE, NONE, 3, 4] },
    { entity: 'a', time: T0 + 2 * MINUTE, values: [2, NONE, NONE, 4] },
  ]);
  assert.deepEqual(fillGaps(window, 1).availability, Float64Array.of(0.5, 0.75, 0.5));
});

test('property: values stay, filled ones lie between their neighbours, the input is not touched', () => {
  fc.assert(
    fc.property(anyWindow(), fc.nat(4), (given, maxSteps) => {
      const window = alignToGrid(given);
      const before = structuredClone(window);
      const { window: filled, availability } = fillGaps(window, maxSteps);
      assert.deepEqual(window, before);
      for (const [index, column] of filled.columns.entries()) {
        const original = window.columns[index]!;
        for (let row = 0; row < column.length; row++) {
          if (!Number.isNaN(original[row]!)) assert.equal(column[row], original[row]);
          else {
            const gap = gapAround(original, window.entityOf, row);
            const isShort = gap !== undefined && gap.to - gap.from - 1 <= maxSteps;
            assert.equal(Number.isNaN(column[row]!), !isShort);
            if (!gap || !isShort) continue;
            const ends = [original[gap.from]!, original[gap.to]!];
            assert.ok(column[row]! >= Math.min(...ends) && column[row]! <= Math.max(...ends));
          }
        }
      }
      for (const [row, share] of availability.entries()) {
        const present = filled.columns.filter((column) => !Number.isNaN(column[row]!)).length;
        assert.equal(share, present / filled.columns.length);
      }
    }),
  );
});

/** The rows with a value on either side, where both are of the same entity. */
function gapAround(
  column: Float64Array,
  entityOf: Uint32Array,
  row: number,
): { from: number; to: number } | undefined {
  const isValue = (at: number): boolean => entityOf[at] === entityOf[row] && !Number.isNaN(column[at]!);
  let from = row;
  while (from >= 0 && entityOf[from] === entityOf[row] && !isValue(from)) from--;
  let to = row;
  while (to < column.length && entityOf[to] === entityOf[row] && !isValue(to)) to++;
  return isValue(from) && isValue(to) ? { from, to } : undefined;
}
