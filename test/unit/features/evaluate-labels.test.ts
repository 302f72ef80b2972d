import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LabelError } from '../../../lib/base/errors.ts';
import { evaluate } from '../../../lib/features/evaluate-labels.ts';
import { parseCondition } from '../../../lib/labels/parse.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { MINUTE, makeWindow, T0 } from '../window/helpers.ts';

const NaN_ = Number.NaN;

/** One entity a minute per value. */
function series(values: readonly number[], entity = 'a'): Parameters<typeof makeWindow>[0] {
  return values.map((value, row) => ({ entity, time: T0 + row * MINUTE, values: [value] }));
}

function evaluateOver(text: string, rows: Parameters<typeof makeWindow>[0]): number[] {
  return [...evaluate(parseCondition(text), makeWindow(rows, { metrics: ['x', 'y'] }))];
}

/** The number that stands left of a comparison. */
function numberOver(text: string, rows: Parameters<typeof makeWindow>[0]): number[] {
  const expression = parseCondition(`${text} > 0`);
  assert.ok(expression.kind === 'binary');
  return [...evaluate(expression.left, makeWindow(rows, { metrics: ['x'] }))];
}

test('unknown spreads as in Kleene’s logic', () => {
  const cells = [0, 1, NaN_];
  const rows = cells.flatMap((x, i) =>
    cells.map((y, j) => ({ entity: 'a', time: T0 + (i * 3 + j) * MINUTE, values: [x, y] })),
  );
  //                                                                       x 0 0 0 1 1 1 ? ? ?, y 0 1 ? 0 1 ? 0 1 ?
  assert.deepEqual(evaluateOver('x > 0 and y > 0', rows), [0, 0, 0, 0, 1, NaN_, 0, NaN_, NaN_]);
  assert.deepEqual(evaluateOver('x > 0 or y > 0', rows), [0, 1, NaN_, 1, 1, 1, NaN_, 1, NaN_]);
  assert.deepEqual(evaluateOver('not x > 0', rows), [1, 1, 1, 0, 0, 0, NaN_, NaN_, NaN_]);
  assert.deepEqual(evaluateOver('missing(x)', rows), [0, 0, 0, 0, 0, 0, 1, 1, 1]);
  assert.deepEqual(evaluateOver('x != y', rows), [0, 1, NaN_, 1, 0, NaN_, NaN_, NaN_, NaN_]);
  // 0 / 0 and 1 / 0 are unknown, and so is what is made of them.
  assert.deepEqual(evaluateOver('x / y >= 0', rows), [NaN_, 1, NaN_, NaN_, 1, NaN_, NaN_, NaN_, NaN_]);
});

test('comparisons at the bound', () => {
  const rows = [1, 2, 3].map((x, i) => ({ entity: 'a', time: T0 + i * MINUTE, values: [x, 2] }));
  for (const [operator, expected] of [
    ['<', [1, 0, 0]],
    ['<=', [1, 1, 0]],
    ['>', [0, 0, 1]],
    ['>=', [0, 1, 1]],
    ['==', [0, 1, 0]],
    ['!=', [1, 0, 1]],
  ] as const)
    assert.deepEqual(evaluateOver(`x ${operator} y`, rows), expected, operator);
  assert.deepEqual(evaluateOver('(x - y) * -2 + 4 / y == 4', rows), [1, 0, 0]);
  assert.deepEqual(evaluateOver('abs(x - y) == 1', rows), [1, 0, 1]);
});

test('means, medians and extremes of (t − d, t], by hand', () => {
  const rows = series([4, NaN_, 1, 7, 3]);
  assert.deepEqual(numberOver('mean(x, 3m)', rows), [4, 4, 2.5, 4, 11 / 3]);
  assert.deepEqual(numberOver('median(x, 3m)', rows), [4, 4, 2.5, 4, 3]);
  assert.deepEqual(numberOver('min(x, 2m)', rows), [4, 4, 1, 1, 3]);
  assert.deepEqual(numberOver('max(x, 2m)', rows), [4, 4, 1, 7, 7]);
  assert.deepEqual(numberOver('max(x, 1m)', rows), [4, NaN_, 1, 7, 3]);
});

test('lag looks at one row, and a gap is a gap', () => {
  const rows = series([4, 5, NaN_, 7, 8]);
  assert.deepEqual(numberOver('lag(x, 2m)', rows), [NaN_, NaN_, 4, 5, NaN_]);
  // Not on the grid: the row before, not the row after.
  assert.deepEqual(numberOver('lag(x, 90s)', rows), [NaN_, NaN_, 4, 5, NaN_]);
  const gap = [0, 1, 2, 6, 7].map((minute) => ({
    entity: 'a',
    time: T0 + minute * MINUTE,
    values: [minute],
  }));
  assert.deepEqual(numberOver('lag(x, 1m)', gap), [NaN_, 0, 1, NaN_, 6]);
  assert.deepEqual(numberOver('mean(x, 2m)', gap), [0, 0.5, 1.5, 6, 6.5]);
});

test('increase counts resets, bridges holes and needs two values', () => {
  assert.deepEqual(numberOver('increase(x, 2m)', series([10, 12, 3, 4])), [NaN_, 2, 5, 4]);
  assert.deepEqual(numberOver('increase(x, 3m)', series([1, NaN_, 5, NaN_, 9])), [NaN_, NaN_, 4, 4, 4]);
});

test('jump: robust z against the past alone', () => {
  // 0 … 39: the past of row 40 has median 19.5, quartiles 9.75 and 29.25, so a scale of 19.5 / 1.349.
  const ramp = Array.from({ length: 40 }, (_, i) => i);
  const z = (value: number): number => (value - 19.5) / (19.5 / 1.349);
  for (const value of [60, 63]) {
    const held = evaluateOver(`jump(x, ${z(60) + 0.01})`, series([...ramp, value]));
    assert.equal(held.at(-1), value === 63 ? 1 : 0);
  }
  // A short past says nothing.
  const short = evaluateOver('jump(x, 3)', series([...ramp.slice(0, 29), 1e6, 1e6]));
  assert.ok(Number.isNaN(short.at(-2)));
  assert.equal(short.at(-1), 1);
  // A past that never moved: 1 % of the larger magnitude is one deviation.
  const constant = Array.from({ length: 40 }, () => 100);
  assert.equal(evaluateOver('jump(x, 3)', series([...constant, 104])).at(-1), 1);
  assert.equal(evaluateOver('jump(x, 3)', series([...constant, 103])).at(-1), 0);
  assert.equal(evaluateOver('jump(x, 3)', series([...constant, 0])).at(-1), 0);
  assert.equal(evaluateOver('jump(-x, 3)', series([...constant, 0])).at(-1), 1);
  assert.ok(Number.isNaN(evaluateOver('jump(x, 3)', series([...constant, NaN_])).at(-1)));
  // What lies beyond the duration is forgotten.
  assert.ok(Number.isNaN(evaluateOver('jump(x, 3, 29m)', series([...constant, 200])).at(-1)));
  assert.equal(evaluateOver('jump(x, 3, 30m)', series([...constant, 200])).at(-1), 1);
});

const LOOK_BACKS = [
  'increase(x, 4m)',
  'mean(x, 3m)',
  'median(x, 5m)',
  'min(x, 2m)',
  'max(x, 7m)',
  'lag(x, 2m)',
];

test('no entity sees another, and no row sees a later one', () => {
  const cell = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(NaN_));
  fc.assert(
    fc.property(
      fc.array(cell, { minLength: 1, maxLength: 30 }),
      fc.array(cell, { minLength: 1, maxLength: 30 }),
      fc.nat(),
      fc.constantFrom(...LOOK_BACKS),
      (left, right, cut, text) => {
        const alone = numberOver(text, series(right, 'b'));
        const both = numberOver(text, [...series(left, 'a'), ...series(right, 'b')]);
        assert.deepEqual(both.slice(left.length), alone);
        const rows = (cut % right.length) + 1;
        assert.deepEqual(numberOver(text, series(right.slice(0, rows), 'b')), alone.slice(0, rows));
      },
    ),
  );
});

test('rolling values are those of the plain definition', () => {
  const cell = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(NaN_));
  fc.assert(
    fc.property(
      fc.array(cell, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (values, minutes) => {
        const past = values.map((_, row) =>
          values
            .slice(Math.max(0, row - minutes + 1), row + 1)
            .filter((value) => !Number.isNaN(value))
            .sort((a, b) => a - b),
        );
        const medians = past.map((list) =>
          list.length === 0 ? NaN_ : (list[(list.length - 1) >> 1]! + list[list.length >> 1]!) / 2,
        );
        const maxima = past.map((list) => list.at(-1) ?? NaN_);
        assert.deepEqual(numberOver(`median(x, ${minutes}m)`, series(values)), medians);
        assert.deepEqual(numberOver(`max(x, ${minutes}m)`, series(values)), maxima);
      },
    ),
  );
});

test('a past longer than the first buffer', () => {
  const values = Array.from({ length: 3000 }, (_, row) => (row * 7919) % 3001);
  assert.equal(numberOver('max(x, 3000m)', series(values)).at(-1), Math.max(...values));
  assert.equal(numberOver('max(x, 2000m)', series(values)).at(-1), Math.max(...values.slice(-2000)));
});

test('an unknown column is named with its place and the nearest known one', () => {
  const window: MetricWindow = makeWindow(series([1]), { metrics: ['oom_killed'] });
  assert.throws(
    () => evaluate(parseCondition('oom_kiled > 0'), window),
    (error: unknown) =>
      error instanceof LabelError &&
      error.code === 'unknown-column' &&
      error.message === 'at character 1, the data has no column oom_kiled; did you mean oom_killed?',
  );
});
