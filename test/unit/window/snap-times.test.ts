/** Times a little before and after the grid are one series on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alignToGrid } from '../../../lib/window/grid.ts';
import { snapTimes } from '../../../lib/window/snap-times.ts';
import { MINUTE, T0 } from './helpers.ts';

function snap(times: readonly number[]): number[] {
  const rows = { times: Float64Array.from(times), entityOf: new Uint32Array(times.length) };
  return [...snapTimes(rows, MINUTE)];
}

test('3,000 samples within 300 ms of the minute are 3,000 cells', () => {
  const jitter = (row: number): number => Math.round(300 * Math.sin(row * row));
  const times = Float64Array.from({ length: 3_000 }, (_, row) => T0 + row * MINUTE + jitter(row));
  const entityOf = new Uint32Array(3_000);
  const window = {
    detector: 'shop',
    range: { start: T0 - MINUTE, end: T0 + 3_000 * MINUTE },
    step: MINUTE,
    metrics: ['cpu'],
    entities: [''],
    entityOf,
    labels: undefined,
    columns: [Float64Array.from(times, (_, row) => row)],
  };
  const aligned = alignToGrid({ ...window, times });
  const measured = [...aligned.columns[0]!.keys()].filter((row) => !Number.isNaN(aligned.columns[0]![row]!));
  assert.equal(measured.length, 3_000);
  assert.equal(aligned.times[measured[0]!], T0);
  assert.equal(aligned.times[measured.at(-1)!], T0 + 2_999 * MINUTE);
});

test('a sample a little before the end stands in the cell that begins there, and in no other entity', () => {
  const aligned = alignToGrid({
    detector: 'shop',
    range: { start: T0, end: T0 + 2 * MINUTE },
    step: MINUTE,
    metrics: ['cpu'],
    entities: ['a', 'b'],
    entityOf: Uint32Array.of(0, 0, 1),
    times: Float64Array.of(T0 + 100, T0 + 2 * MINUTE - 100, T0),
    columns: [Float64Array.of(1, 2, 3)],
    labels: undefined,
  });
  assert.deepEqual(aligned.range, { start: T0, end: T0 + 3 * MINUTE });
  assert.deepEqual(aligned.columns, [Float64Array.of(1, NaN, 2, 3)]);
});

test('times on the grid, and those whose phase lies away from it, stay', () => {
  const onGrid = [T0, T0 + MINUTE, T0 + 3 * MINUTE];
  const rows = { times: Float64Array.from(onGrid), entityOf: new Uint32Array(3) };
  assert.equal(snapTimes(rows, MINUTE), rows.times);
  const away = onGrid.map((time) => time + MINUTE / 2);
  assert.deepEqual(snap(away), away);
});

test('samples that come several to a cell stay in it', () => {
  const times = Array.from({ length: 240 }, (_, row) => T0 + row * 15_000);
  assert.deepEqual(snap(times), times);
});

test('each entity has a phase of its own', () => {
  const times = Float64Array.of(T0 - 200, T0 + MINUTE + 100, T0 + 30_000, T0 + 90_000);
  const snapped = snapTimes({ times, entityOf: Uint32Array.of(0, 0, 1, 1) }, MINUTE);
  assert.deepEqual([...snapped], [T0, T0 + MINUTE, T0 + 30_000, T0 + 90_000]);
});

test('a row takes no place that is taken', () => {
  assert.deepEqual(snap([T0 - 100, T0 + 100, T0 + MINUTE]), [T0, T0 + 100, T0 + MINUTE]);
  assert.deepEqual(snap([T0 - 100, T0, T0 + MINUTE]), [T0 - 100, T0, T0 + MINUTE]);
});

test('times stay ascending, and near to where they were', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 2 * MINUTE }), { minLength: 1, maxLength: 50 }),
      (gaps) => {
        let time = T0;
        const times = gaps.map((gap) => (time += gap));
        const snapped = snap(times);
        for (const [row, each] of snapped.entries()) {
          assert.ok(row === 0 || each > snapped[row - 1]!);
          assert.ok(Math.abs(each - times[row]!) <= MINUTE / 2);
        }
      },
    ),
    { numRuns: 500, seed: 3 },
  );
});
