/** The axis of a plot: it holds what is expected where that is asked for, and the curve is to be seen all the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawTimeline } from '../../../../lib/report/drawing/timeline.ts';

const MINUTE = 60_000;
const range = { start: 0, end: 10 * MINUTE };

function axisOf(over: Partial<Parameters<typeof drawTimeline>[0]>): readonly [number, number] {
  const { option } = drawTimeline({
    width: 800,
    height: 100,
    range,
    points: [
      [0, 10],
      [5 * MINUTE, 14],
    ],
    incidents: [],
    labelled: [],
    withTimes: false,
    ...over,
  });
  const { min, max } = (option as { yAxis: { min: number; max: number } }).yAxis;
  return [min, max];
}

test('the axis ends where the values do, or where what is expected does', () => {
  const expected = [[0, 7, 9] as const, [5 * MINUTE, 8, 12] as const];
  assert.deepEqual(axisOf({ expected }), [10, 14]);
  assert.deepEqual(axisOf({ expected, holdsUsual: true }), [7, 14]);
  assert.deepEqual(axisOf({ usual: { low: 9, high: 20 }, holdsUsual: true }), [9, 20]);
  assert.deepEqual(axisOf({ holdsUsual: true }), [10, 14]);
});

test('what is expected far away does not press the curve flat', () => {
  assert.deepEqual(axisOf({ usual: { low: -1e6, high: 1e6 }, holdsUsual: true }), [2, 22]);
  assert.deepEqual(axisOf({ usual: { low: 30, high: 40 }, holdsUsual: true }), [10, 22]);
});
