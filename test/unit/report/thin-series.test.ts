import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { thinSeries } from '../../../lib/report/findings/thin-series.ts';

const STEP = 1000;

function thin(values: readonly number[], pixels: number, times = values.map((_, i) => i * STEP)) {
  return thinSeries({
    times: Float64Array.from(times),
    values: Float64Array.from(values),
    from: 0,
    to: values.length,
    range: { start: 0, end: (times.at(-1) ?? 0) + STEP },
    pixels,
    step: STEP,
  });
}

test('keeps every value where there is room for it', () => {
  assert.deepEqual(thin([3, 1, 2], 300), [
    [0, 3],
    [1000, 1],
    [2000, 2],
  ]);
});

test('of many values in a pixel the lowest and the highest stay, in their order', () => {
  assert.deepEqual(thin([5, 9, 1, 5, 5, 2, 7, 5], 2), [
    [1000, 9],
    [2000, 1],
    [5000, 2],
    [6000, 7],
  ]);
});

test('a gap stays open, and a value alone in it becomes a dash', () => {
  const points = thin([1, Number.NaN, Number.NaN, 4, Number.NaN, Number.NaN, 2, 3], 800);
  assert.deepEqual(
    points.map(([, value]) => value),
    [1, 1, null, 4, 4, null, 2, 3],
  );
  const times = points.map(([time]) => time);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('nothing measured gives nothing', () => {
  assert.deepEqual(thin([Number.NaN, Number.NaN], 10), []);
});

test('holds the extremes, values that exist, and at most four points a pixel', () => {
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -50, max: 50 }) },
    fc.constant(Number.NaN),
  );
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 60 }),
      (values, pixels) => {
        const points = thin(values, pixels);
        const kept = points.flatMap(([, kept]) => (kept === null ? [] : [kept]));
        const measured = values.filter((one) => !Number.isNaN(one));
        assert.equal(Math.max(...kept), Math.max(...measured));
        assert.equal(Math.min(...kept), Math.min(...measured));
        for (const one of kept) assert.ok(measured.includes(one));
        assert.ok(points.length <= 4 * pixels, `${points.length} points on ${pixels} pixels`);
        assert.notEqual(points.at(-1)?.[1], null);
        for (let i = 1; i < points.length; i++) assert.ok(points[i]![0] >= points[i - 1]![0]);
      },
    ),
  );
});
