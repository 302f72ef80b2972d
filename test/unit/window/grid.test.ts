import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alignToGrid } from '../../../lib/window/grid.ts';
import { snapTimes } from '../../../lib/window/snap-times.ts';
import { inferStep } from '../../../lib/window/step.ts';
import { anyWindow, MINUTE, makeWindow, T0, windowError } from './helpers.ts';

test('samples go to the cell that holds them, several become their mean, missing ones between them NaN', () => {
  const window = makeWindow(
    [
      { entity: 'a', time: T0 + 9_000, values: [1, Number.NaN] },
      { entity: 'a', time: T0 + 39_000, values: [2, 5] },
      { entity: 'a', time: T0 + 59_999, values: [6, Number.NaN] },
      { entity: 'a', time: T0 + 3 * MINUTE, values: [7, 8] },
      { entity: 'b', time: T0 + MINUTE + 1, values: [9, 10] },
    ],
    { labels: Uint8Array.of(0, 1, 0, 0, 1) },
  );
  const minutes = [0, 1, 2, 3].map((minute) => T0 + minute * MINUTE);
  assert.deepEqual(alignToGrid(window), {
    ...window,
    entityOf: Uint32Array.of(0, 0, 0, 0, 1),
    times: Float64Array.from([...minutes, T0 + MINUTE]),
    columns: [
      Float64Array.of(3, Number.NaN, Number.NaN, 7, 9),
      Float64Array.of(5, Number.NaN, Number.NaN, 8, 10),
    ],
    labels: Uint8Array.of(1, 0, 0, 0, 1),
  });
});

test('the range of the window is widened to the step, and makes no rows', () => {
  const window = {
    ...makeWindow([{ entity: 'a', time: T0, values: [1] }]),
    range: { start: T0 - 1, end: T0 + 1 },
  };
  const aligned = alignToGrid(window);
  assert.deepEqual(aligned.range, { start: T0 - MINUTE, end: T0 + MINUTE });
  assert.deepEqual(aligned.columns[0], Float64Array.of(1));
});

test('a coarser step averages', () => {
  const rows = [0, 1, 2, 3].map((minute) => ({ entity: 'a', time: T0 + minute * MINUTE, values: [minute] }));
  const aligned = alignToGrid(makeWindow(rows), 2 * MINUTE);
  assert.equal(aligned.step, 2 * MINUTE);
  assert.deepEqual(aligned.columns[0], Float64Array.of(0.5, 2.5));
});

test('a grid too large to hold is refused with its size', () => {
  const window = makeWindow([
    { entity: 'a', time: T0, values: [1] },
    { entity: 'a', time: T0 + 10_000_001_000, values: [1] },
    { entity: 'b', time: T0, values: [1] },
    { entity: 'b', time: T0 + 10_000_001_000, values: [1] },
  ]);
  assert.throws(() => alignToGrid(window, 1_000), windowError('too-large', '20000004 rows', '20000000'));
});

test('pods that live for minutes cost their minutes, however long the window is', () => {
  const pods = Array.from({ length: 2_000 }, (_, pod) =>
    Array.from({ length: 8 }, (_, minute) => ({
      entity: `pod-${String(pod).padStart(4, '0')}`,
      time: T0 + (8 * pod + minute) * MINUTE,
      values: [minute],
    })),
  );
  // A grid over everybody's time would have 32 million rows.
  assert.equal(alignToGrid(makeWindow(pods.flat())).times.length, 16_000);
});

test('property: the grid of each entity is complete and ascending, each sample lies in its cell, and aligning twice changes nothing', () => {
  fc.assert(
    fc.property(anyWindow(), (window) => {
      const aligned = alignToGrid(window);
      const { step, times, entityOf, entities } = aligned;
      const sampled = snapTimes(window, step);
      const expected = entities.flatMap((_, entity) => {
        const own = [...sampled].filter((_, row) => window.entityOf[row] === entity);
        const cells = own.map((time) => Math.floor(time / step));
        const first = Math.min(...cells);
        return Array.from({ length: Math.max(...cells) - first + 1 }, (_, cell) => [
          entity,
          (first + cell) * step,
        ]);
      });
      assert.deepEqual(
        Array.from(times, (time, row) => [entityOf[row], time]),
        expected,
      );
      for (const [index, column] of aligned.columns.entries()) {
        const given = window.columns[index]!;
        for (let row = 0; row < column.length; row++) {
          const samples = [...given].filter(
            (value, at) =>
              window.entityOf[at] === entityOf[row] &&
              sampled[at]! >= times[row]! &&
              sampled[at]! < times[row]! + step &&
              !Number.isNaN(value),
          );
          if (samples.length === 0) assert.ok(Number.isNaN(column[row]!));
          else assert.ok(column[row]! >= Math.min(...samples) && column[row]! <= Math.max(...samples));
        }
      }
      assert.equal(alignToGrid(aligned), aligned);
    }),
  );
});

test('the step is the median distance within entities, in whole seconds', () => {
  const infer = (...entities: number[][]): number =>
    inferStep(
      Float64Array.from(entities.flat()),
      Uint32Array.from(entities.flatMap((times, index) => times.map(() => index))),
      { source: 'a.csv', entityColumns: ['message'] },
    );
  assert.equal(infer([0, 15_000, 30_000, 600_000]), 15_000);
  assert.equal(infer([0, 60_010, 119_990]), 60_000);
  // The jump back from one entity to the next is no distance.
  assert.equal(infer([0, 60_000], [0, 60_000], [5, 60_005]), 60_000);
  assert.equal(infer([0, 600]), 1_000);
  assert.throws(() => infer([0], [60_000]), windowError('no-step', '2 in all'));
  assert.throws(() => infer([0], [60_000]), windowError('no-step', 'text in column message differs'));
  assert.throws(() => infer([0]), windowError('no-step', 'cannot be told; declare it in the manifest'));
  assert.throws(() => infer([0, 499]), windowError('no-step', '499 ms'));
});
