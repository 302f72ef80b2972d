import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../lib/config/defaults.ts';
import { prepareRows } from '../../../lib/features/prepare-rows.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { EPOCH, STEP } from '../../helpers/synthetic-window.ts';

const DETECTOR = { ...defaultDetector('shop'), gaps: { interpolateSteps: 1 } };

/** Cells in which the entity's only metric, and the second one, have a value; of a window of 10. */
function windowOf(cells: Readonly<Record<string, { first: number[]; second: number[] }>>): MetricWindow {
  const entities = Object.keys(cells);
  const rows = entities.flatMap((entity, index) =>
    Array.from({ length: 10 }, (_, cell) => ({ ...cells[entity]!, index, cell })),
  );
  return {
    detector: 'shop',
    range: { start: EPOCH, end: EPOCH + 10 * STEP },
    step: STEP,
    metrics: ['first', 'second'],
    entities,
    entityOf: Uint32Array.from(rows, ({ index }) => index),
    times: Float64Array.from(rows, ({ cell }) => EPOCH + cell * STEP),
    columns: [
      Float64Array.from(rows, ({ cell, first }) => (first.includes(cell) ? 1 : NaN)),
      Float64Array.from(rows, ({ cell, second }) => (second.includes(cell) ? 2 : NaN)),
    ],
    labels: Uint8Array.from(rows, ({ cell }) => cell % 2),
  };
}

const ALL = [...Array(10).keys()];

test('what began or ended within the window has no rows before or after', () => {
  const { window, availability } = prepareRows(
    windowOf({
      began: { first: [7, 8, 9], second: [6, 7, 8, 9] },
      ended: { first: [0, 1], second: [0, 1] },
      stayed: { first: ALL, second: ALL },
    }),
    DETECTOR,
    STEP,
  );
  const cellsOf = (name: string): number[] =>
    [...window.times].flatMap((time, row) =>
      window.entities[window.entityOf[row]!] === name ? [(time - EPOCH) / STEP] : [],
    );
  assert.deepEqual(cellsOf('began'), [6, 7, 8, 9]);
  assert.deepEqual(cellsOf('ended'), [0, 1]);
  assert.deepEqual(cellsOf('stayed'), ALL);
  assert.deepEqual([...availability.slice(0, 6)], [0.5, 1, 1, 1, 1, 1]);
  assert.equal(availability.length, window.times.length);
  assert.deepEqual([...window.labels!.slice(0, 6)], [0, 1, 0, 1, 0, 1]);
});

test('a long gap between values keeps its rows, with an availability of 0', () => {
  const { window, availability } = prepareRows(
    windowOf({ gap: { first: [0, 5, 9], second: [0, 5, 9] }, gone: { first: [], second: [] } }),
    DETECTOR,
    STEP,
  );
  assert.deepEqual(window.entities, ['gap']);
  assert.deepEqual([...availability], [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
});
