import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TidewatchError } from '../../../lib/base/errors.ts';
import { mergeWindows, sliceWindow } from '../../../lib/window/combine.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { anyWindow, MINUTE, makeWindow, T0, windowError } from './helpers.ts';

const NONE: number = Number.NaN;

const at = (minute: number): number => T0 + minute * MINUTE;

test('merging unites metrics, entities and ranges; a later value is laid over an earlier one', () => {
  const first = makeWindow(
    [
      { entity: 'a', time: at(0), values: [1, 10] },
      { entity: 'a', time: at(2), values: [3, 30] },
      { entity: 'c', time: at(0), values: [5, 50] },
    ],
    { metrics: ['cpu', 'mem'], labels: Uint8Array.of(0, 1, 0) },
  );
  const second = makeWindow(
    [
      { entity: 'a', time: at(1), values: [200, 2] },
      { entity: 'a', time: at(2), values: [300, NONE] },
      { entity: 'b', time: at(4), values: [400, 4] },
    ],
    { metrics: ['disk', 'cpu'] },
  );
  assert.deepEqual(mergeWindows([first, second]), {
    detector: 'shop',
    step: MINUTE,
    range: { start: at(0), end: at(5) },
    metrics: ['cpu', 'mem', 'disk'],
    entities: ['a', 'b', 'c'],
    entityOf: Uint32Array.of(0, 0, 0, 1, 2),
    times: Float64Array.of(at(0), at(1), at(2), at(4), at(0)),
    columns: [
      Float64Array.of(1, 2, 3, 4, 5),
      Float64Array.of(10, NONE, 30, NONE, 50),
      Float64Array.of(NONE, 200, 300, 400, NONE),
    ],
    labels: Uint8Array.of(0, 0, 1, 0, 0),
  });
  const correction = makeWindow([{ entity: 'a', time: at(2), values: [9, 9] }], { metrics: ['cpu', 'mem'] });
  assert.deepEqual(mergeWindows([first, correction]).columns[0], Float64Array.of(1, 9, 5));
  assert.deepEqual(mergeWindows([correction, first]).columns[0], Float64Array.of(1, 3, 5));
});

test('windows of several detectors or steps do not mix', () => {
  const window = makeWindow([{ entity: 'a', time: at(0), values: [1] }]);
  assert.throws(
    () => mergeWindows([window, { ...window, step: 1_000 }]),
    windowError('mixed-windows', '1000 ms'),
  );
  assert.throws(
    () => mergeWindows([window, { ...window, detector: 'x' }]),
    windowError('mixed-windows', 'x at'),
  );
  assert.throws(
    () => mergeWindows([]),
    (error) => error instanceof TidewatchError && error.code === 'no-windows',
  );
});

test('a slice is half-open and names only the entities it has', () => {
  const window = makeWindow(
    [
      { entity: 'a', time: at(0), values: [1] },
      { entity: 'b', time: at(0), values: [2] },
      { entity: 'b', time: at(1), values: [3] },
      { entity: 'b', time: at(2), values: [4] },
    ],
    { labels: Uint8Array.of(0, 0, 1, 0) },
  );
  assert.deepEqual(sliceWindow(window, { start: at(1), end: at(2) }), {
    ...window,
    range: { start: at(1), end: at(2) },
    entities: ['b'],
    entityOf: Uint32Array.of(0),
    times: Float64Array.of(at(1)),
    columns: [Float64Array.of(3)],
    labels: Uint8Array.of(1),
  });
  assert.equal(sliceWindow(window, { start: 0, end: at(99) }), window);
  const none = sliceWindow(window, { start: at(50), end: at(60) });
  assert.equal(none.times.length, 0);
  assert.deepEqual(none.entities, []);
});

test('property: cutting a window up and putting it together again changes nothing', () => {
  fc.assert(
    fc.property(
      anyWindow(),
      fc.array(fc.nat(20), { maxLength: 4 }),
      fc.boolean(),
      (window, cuts, reversed) => {
        const { start, end } = window.range;
        const inside = cuts.map((minute) => start + minute * MINUTE).filter((time) => time < end);
        const bounds = [...new Set([start, ...inside, end])].sort((left, right) => left - right);
        const parts = bounds
          .slice(1)
          .map((bound, index) => sliceWindow(window, { start: bounds[index]!, end: bound }));
        assert.deepEqual(mergeWindows(reversed ? parts.reverse() : parts), window);
      },
    ),
  );
});

test('property: merging is a union of rows where later values win, as a plain map does it', () => {
  fc.assert(
    fc.property(fc.array(anyWindow(), { minLength: 1, maxLength: 4 }), (windows) => {
      const merged = mergeWindows(windows);
      const cells = new Map<string, number>();
      for (const window of windows) for (const [key, value] of cellsOf(window)) cells.set(key, value);
      const keys = new Set(windows.flatMap((window) => rowKeysOf(window)));
      assert.deepEqual(new Set(rowKeysOf(merged)), keys);
      assert.equal(merged.times.length, keys.size);
      assert.deepEqual(new Map(cellsOf(merged)), cells);
      for (let row = 1; row < merged.times.length; row++) {
        const step = merged.entityOf[row]! - merged.entityOf[row - 1]!;
        assert.ok(step > 0 || (step === 0 && merged.times[row]! > merged.times[row - 1]!));
      }
    }),
  );
});

function rowKeysOf(window: MetricWindow): string[] {
  return Array.from(window.times, (time, row) => `${window.entities[window.entityOf[row]!]} ${time}`);
}

function* cellsOf(window: MetricWindow): Generator<[string, number]> {
  for (const [row, key] of rowKeysOf(window).entries())
    for (const [index, metric] of window.metrics.entries()) {
      const value = window.columns[index]![row]!;
      if (!Number.isNaN(value)) yield [`${key} ${metric}`, value];
    }
}
