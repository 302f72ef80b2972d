import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type FeatureRequest,
  LOOKBACK_OPERATIONS,
  type LookbackOperation,
} from '../../../lib/config/feature-settings.ts';
import { deriveColumns } from '../../../lib/features/derive-columns.ts';
import { findWarmRows } from '../../../lib/features/grid-rows.ts';
import { columnNames, type FeaturePlan, planFeatures } from '../../../lib/features/plan.ts';
import { selectRows } from '../../../lib/window/select-rows.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { allAvailable, windowOf } from './windows.ts';

const MINUTE = 60_000;

/** Every operation, alone and after another, over 2 to 5 rows. */
const EVERYTHING: readonly FeatureRequest[] = [
  ...LOOKBACK_OPERATIONS.filter((kind) => kind !== 'smooth' && kind !== 'vector').map((kind, i) =>
    operate([kind, 2 + (i % 4)]),
  ),
  operate(['vector', 6]),
  operate(['rate', 1]),
  operate(['smooth', 3], ['change', 1]),
  operate(['mean', 2], ['vector', 5]),
  operate(['lag', 2], ['iqr', 4]),
  { kind: 'metrics', metrics: 'all', apply: [{ kind: 'log' }] },
  { kind: 'ratio', of: 'cpu', to: 'memory', apply: [{ kind: 'change', over: 3 * MINUTE }] },
  { kind: 'calendar', cycle: 'hour_of_day' },
];
const plan = planOf(EVERYTHING);

test('a change, a lag and a rolling figure never see another entity', () => {
  const window = windowOf({ a: { cpu: [100, 200] }, b: { cpu: [1, 2, 4] } });
  const values = derive(window, [
    operate(['change', 1]),
    operate(['lag', 1]),
    operate(['mean', 2]),
    operate(['median', 2]),
  ]);
  assert.deepEqual(values['cpu (change over 1m)'], [NaN, 100, NaN, 1, 2]);
  assert.deepEqual(values['cpu (1m ago)'], [NaN, 100, NaN, 1, 2]);
  // One of two rows is a half, which is enough.
  assert.deepEqual(values['cpu (mean over 2m)'], [100, 150, 1, 1.5, 3]);
  assert.deepEqual(values['cpu (median over 2m)'], [100, 150, 1, 1.5, 3]);
});

test('rows that are not there count as rows without values', () => {
  const window = withoutRows(windowOf({ a: { cpu: [1, 2, 3, 4, 5, 6] } }), [2, 3]);
  const values = derive(window, [operate(['change', 1]), operate(['lag', 3]), operate(['mean', 4])]);
  // 3 and 4 are missing: nothing is taken for the row before.
  assert.deepEqual(values['cpu (change over 1m)'], [NaN, 1, NaN, 1]);
  assert.deepEqual(values['cpu (3m ago)'], [NaN, NaN, 2, NaN]);
  // The first row has one value of four.
  assert.deepEqual(values['cpu (mean over 4m)'], [NaN, 1.5, 3.5, 5.5]);
});

test('a division by zero is missing, never infinite', () => {
  const window = windowOf({ a: { use: [1, 2, 3], limit: [0, 4, NaN] } });
  const values = derive(window, [
    { kind: 'ratio', of: 'use', to: 'limit', apply: [] },
    { kind: 'metrics', metrics: ['limit'], apply: [{ kind: 'relative_change', over: MINUTE }] },
  ]);
  assert.deepEqual(values['use / limit'], [NaN, 0.5, NaN]);
  assert.deepEqual(values['limit (relative change over 1m)'], [NaN, NaN, NaN]);
});

test('a counter that falls began again at 0', () => {
  const window = windowOf({ a: { total: [60, 120, 30, 90] } });
  const values = derive(window, [operate(['rate', 1])]);
  assert.deepEqual(values['total (rate per second over 1m)'], [NaN, 1, 0.5, 1]);
});

test('a spike leaves nothing behind in the figures of the windows after it', () => {
  const cpu = [0.1, 0.1, 1e300, ...Array<number>(9).fill(0.1)];
  const values = derive(windowOf({ a: { cpu } }), [operate(['mean', 4]), operate(['std', 4])]);
  assert.deepEqual(values['cpu (mean over 4m)']!.slice(6), Array<number>(6).fill(0.1));
  assert.deepEqual(values['cpu (std over 4m)']!.slice(6), Array<number>(6).fill(0));
});

test('a window needs values in half of its rows', () => {
  const cpu = [1, NaN, NaN, NaN, 3, 5, NaN];
  const values = derive(windowOf({ a: { cpu } }), [
    operate(['max', 4]),
    operate(['iqr', 4]),
    operate(['std', 2]),
  ]);
  assert.deepEqual(values['cpu (max over 4m)'], [NaN, NaN, NaN, NaN, NaN, 5, 5]);
  assert.deepEqual(values['cpu (IQR over 4m)'], [NaN, NaN, NaN, NaN, NaN, 1, 1]);
  // Two rows with one value have no deviation.
  assert.deepEqual(values['cpu (std over 2m)'], [NaN, NaN, NaN, NaN, NaN, Math.SQRT2, NaN]);
});

test('rows far before 1970 are rolled like others', () => {
  const window = windowOf({ a: { cpu: [4, 2, 6, 8] } });
  const early = { ...window, times: window.times.map((time) => time - 1e12 - 40_000) };
  assert.deepEqual(derive(early, [operate(['min', 3])])['cpu (min over 3m)'], [NaN, 2, 2, 2]);
});

test('a plan is for one step, and for rows on a grid of it', () => {
  const window = windowOf({ a: { cpu: [1, 2, 3], memory: [1, 2, 3] } });
  assert.throws(() => deriveAll({ ...window, step: 30_000 }, plan), { code: 'wrong-step' });
  const times = Float64Array.of(0, MINUTE, 2.5 * MINUTE);
  assert.throws(() => deriveAll({ ...window, times }, plan), {
    code: 'off-grid',
    message: /rows 60000 and 150000 of "a" are not on a grid of 60000 ms/,
  });
});

test('a row is warm once all that it looks back on is there', () => {
  const longest = planOf([operate(['mean', 3], ['change', 2])]);
  assert.equal(longest.contextRows, 4);
  const window = windowOf({
    a: { cpu: [1, 2, 3, 4, 5, 6], memory: [1, 1, 1, 1, 1, 1] },
    b: { cpu: [1, 2, 3, 4], memory: [1, 1, 1, 1] },
  });
  assert.deepEqual([...findWarmRows(window, longest)], [4, 5]);
  // A row is missing, and the history reaches back over it all the same.
  assert.deepEqual([...findWarmRows(withoutRows(window, [2]), longest)], [3, 4]);
  assert.deepEqual([...findWarmRows(window, planFeatures(['cpu']))], [...window.times.keys()]);
});

test('a hole that is longer than anything looks back begins a new history', () => {
  const cpu = Array.from({ length: 14 }, (_, i) => i);
  const gone = Array.from({ length: 6 }, (_, i) => 4 + i);
  const window = withoutRows(windowOf({ a: { cpu, memory: cpu } }), gone);
  const lag = planOf([operate(['lag', 3])]);
  assert.deepEqual([...findWarmRows(window, lag)], [3, 7]);
  assert.deepEqual(deriveAll(window, lag)[0], Float64Array.of(NaN, NaN, NaN, 0, NaN, NaN, NaN, 10));
});

test('nothing leaks: from later rows, from other entities, from their order, or from how much history is loaded', () => {
  const value = fc.oneof(
    fc.integer({ min: -50, max: 50 }),
    fc.constant(NaN),
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  );
  const rows = fc.array(fc.record({ cpu: value, memory: value, isThere: fc.boolean() }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(rows, rows, fc.nat(), fc.integer({ min: -3, max: 3 }), (first, second, pick, shift) => {
      const both = shiftTimes(makeWindow({ a: first, b: second }), shift);
      const whole = deriveAll(both, plan);
      const alone = deriveAll(shiftTimes(makeWindow({ a: first }), shift), plan);
      for (const [c, column] of alone.entries())
        assert.deepEqual(column, whole[c]!.subarray(0, column.length));
      const swapped = deriveAll(shiftTimes(makeWindow({ a: second, b: first }), shift), plan);
      const count = alone[0]!.length;
      for (const [c, column] of alone.entries())
        assert.deepEqual(swapped[c]!.subarray(swapped[c]!.length - count), column, 'order of entities');
      if (count === 0) return;

      const row = pick % count;
      const one = shiftTimes(makeWindow({ a: first }), shift);
      const causal = deriveAll(
        selectRows(one, (other) => other <= row),
        plan,
      );
      const reach = one.times[row]! - plan.contextRows * MINUTE;
      const recent = deriveAll(
        selectRows(one, (other) => other <= row && one.times[other]! >= reach),
        plan,
      );
      for (const [c, column] of alone.entries()) {
        assert.ok(Object.is(causal[c]!.at(-1), column[row]), 'later rows');
        // Bit for bit: what training saw is what scoring sees.
        assert.ok(Object.is(recent[c]!.at(-1), column[row]), `${columnNames(plan)[c]}: earlier rows`);
      }
    }),
    { numRuns: 150 },
  );
});

test('rows that are asked for are those of the whole', () => {
  const cpu = Array.from({ length: 20 }, (_, i) => (i * 7) % 11);
  const window = withoutRows(windowOf({ a: { cpu, memory: cpu.toReversed() } }), [3, 9]);
  const rows = Uint32Array.of(2, 5, 17);
  const whole = deriveAll(window, plan);
  const some = Array.from(
    deriveColumns({ window, availability: allAvailable(window), plan, rows }),
    (values) => values.slice(),
  );
  for (const [c, column] of some.entries())
    assert.deepEqual(
      column,
      Float64Array.from(rows, (row) => whole[c]![row]!),
    );
});

interface Row {
  readonly cpu: number;
  readonly memory: number;
  readonly isThere: boolean;
}

function makeWindow(entities: Readonly<Record<string, readonly Row[]>>): MetricWindow {
  const columns = Object.entries(entities).map(([name, rows]) => [
    name,
    { cpu: rows.map(({ cpu }) => cpu), memory: rows.map(({ memory }) => memory) },
  ]);
  const there = Object.values(entities).flatMap((rows) => rows.map(({ isThere }) => isThere));
  return selectRows(windowOf(Object.fromEntries(columns)), (row) => there[row]!);
}

function shiftTimes(window: MetricWindow, steps: number): MetricWindow {
  return { ...window, times: window.times.map((time) => time + steps * MINUTE) };
}

function withoutRows(window: MetricWindow, gone: readonly number[]): MetricWindow {
  return selectRows(window, (row) => !gone.includes(row));
}

function operate(...operations: readonly [LookbackOperation, minutes: number][]): FeatureRequest {
  return {
    kind: 'metrics',
    metrics: 'all',
    apply: operations.map(([kind, minutes]) => ({ kind, over: minutes * MINUTE })),
  };
}

function planOf(columns: readonly FeatureRequest[], metrics = ['cpu', 'memory']): FeaturePlan {
  return planFeatures(metrics, { settings: { timeZone: 'Europe/Berlin', columns }, step: MINUTE });
}

function deriveAll(window: MetricWindow, of: FeaturePlan): readonly Float64Array[] {
  return Array.from(deriveColumns({ window, availability: allAvailable(window), plan: of }), (values) =>
    values.slice(),
  );
}

function derive(
  window: MetricWindow,
  columns: readonly FeatureRequest[],
): Readonly<Record<string, readonly number[]>> {
  const made = planOf(columns, [...window.metrics]);
  const names = columnNames(made);
  return Object.fromEntries(deriveAll(window, made).map((values, c) => [names[c]!, [...values]]));
}
