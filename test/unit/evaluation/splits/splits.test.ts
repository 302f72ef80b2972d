import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holdOutTail } from '../../../../lib/evaluation/splits/hold-out.ts';
import type { Split, SplitRows } from '../../../../lib/evaluation/splits/split.ts';

const STEP = 60_000;

test('the tail is held out, with a gap before it', () => {
  const { train, test: tail, unused } = holdOutTail(grid(10), { share: 0.2, gap: 3 * STEP, by: 'time' });
  assert.deepEqual([...train], [0, 1, 2, 3, 4]);
  assert.deepEqual([...tail], [8, 9]);
  assert.equal(unused, 3);
});

test('a share is rounded up to a whole row', () => {
  assert.equal(holdOutTail(grid(10), { share: 0.01, gap: 0, by: 'time' }).test.length, 1);
  assert.equal(holdOutTail(grid(10), { share: 0.21, gap: 0, by: 'time' }).test.length, 3);
});

test('by time, all entities are cut at one instant', () => {
  // The second entity starts when the first ends.
  const rows = { entityOf: Uint32Array.of(0, 0, 0, 1, 1, 1), times: Float64Array.of(0, 1, 2, 2, 3, 4) };
  const { train, test: tail } = holdOutTail(rows, { share: 0.5, gap: 0, by: 'time' });
  assert.deepEqual(
    [[...train], [...tail]],
    [
      [0, 1],
      [2, 3, 4, 5],
    ],
  );
});

test('by entity, each gives its own tail', () => {
  const rows = { entityOf: Uint32Array.of(0, 0, 0, 1, 1, 1), times: Float64Array.of(0, 1, 2, 12, 13, 14) };
  const { train, test: tail } = holdOutTail(rows, { share: 0.3, gap: 0, by: 'entity' });
  assert.deepEqual(
    [[...train], [...tail]],
    [
      [0, 1, 3, 4],
      [2, 5],
    ],
  );
  assert.throws(
    () =>
      holdOutTail(
        { entityOf: Uint32Array.of(0, 0, 0, 7), times: Float64Array.of(0, 1, 2, 12) },
        { share: 0.3, gap: 0, by: 'entity' },
      ),
    { name: 'EvaluationError', message: /leaves entity 7 without a training row; it has 1 rows/ },
  );
});

test('options out of range and empty sides are errors that name the value', () => {
  const refuses = (share: number, gap: number, message: RegExp): void =>
    assert.throws(() => holdOutTail(grid(10), { share, gap, by: 'time' }), {
      name: 'EvaluationError',
      message,
    });
  for (const share of [0, 1, -0.1, NaN]) refuses(share, 0, new RegExp(`test share of ${share};`));
  for (const gap of [-1, NaN, Infinity]) refuses(0.5, gap, new RegExp(`gap is ${gap} ms`));
  refuses(0.5, 5 * STEP, /leaves 0 training and 5 test rows of 10/);
  assert.throws(() => holdOutTail(grid(1), { share: 0.5, gap: 0, by: 'time' }), {
    message: /0 training and 1 test/,
  });
  assert.throws(() => holdOutTail(grid(0), { share: 0.5, gap: 0, by: 'time' }), { message: /^0 rows/ });
  const backwards = { entityOf: new Uint32Array(2), times: Float64Array.of(5, 5) };
  assert.throws(() => holdOutTail(backwards, { share: 0.5, gap: 0, by: 'time' }), {
    message: /^row 1 has the time 5, the row before it 5/,
  });
});

test('whatever the rows, no training row is within the gap of a test row, and none is in both', () => {
  const entity = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(
      fc.array(entity, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 0.05, max: 0.6, noNaN: true }),
      (entities, gap, share) => {
        const times = entities.map((of) => of.sort((a, b) => a - b));
        const rows: SplitRows = {
          entityOf: Uint32Array.from(times.flatMap((of, e) => of.map(() => e))),
          times: Float64Array.from(times.flat()),
        };
        for (const by of ['time', 'entity'] as const) {
          const split = splitWhereBothSidesHaveRows(rows, { share, gap, by });
          if (split === undefined) continue;
          const ranges = by === 'time' ? [undefined] : times.keys();
          for (const entity of ranges) {
            const timesOf = (side: Uint32Array): number[] =>
              [...side]
                .filter((row) => rows.entityOf[row] === (entity ?? rows.entityOf[row]))
                .map((row) => rows.times[row]!);
            assert.ok(Math.max(...timesOf(split.train)) < Math.min(...timesOf(split.test)) - gap);
          }
          assert.equal(split.train.length + split.test.length + split.unused, rows.times.length);
          for (const side of [split.train, split.test])
            assert.deepEqual(side, side.slice().sort(), 'never shuffled');
        }
      },
    ),
  );
});

function splitWhereBothSidesHaveRows(
  rows: SplitRows,
  given: Parameters<typeof holdOutTail>[1],
): Split | undefined {
  try {
    return holdOutTail(rows, given);
  } catch (error) {
    assert.match(String(error), /leaves (\d+ training and \d+ test rows|entity \d+ without a training row)/);
    return undefined;
  }
}

function grid(rows: number): SplitRows {
  return {
    entityOf: new Uint32Array(rows),
    times: Float64Array.from({ length: rows }, (_, row) => row * STEP),
  };
}
