import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  countComponents,
  countScanRows,
  countSettleRows,
  describeComponent,
  planScan,
  scan,
} from '../../../lib/evidence/statistics.ts';
import { DEMAND_MEANS } from '../../../lib/expectation/demand.ts';
import { normalRows } from '../../helpers/feature-matrices.ts';
import { draw, inputOf, STEP, statisticOf } from './scan-series.ts';

const HOUR = 3_600_000;
const PLAN = planScan(STEP, 3 * HOUR);
/** Short enough for small pictures. */
const BRIEF = planScan(HOUR, 3 * HOUR);

function noise(count: number, seed: number): Float64Array {
  return Float64Array.from(normalRows(count, 1, seed), ([value]) => value!);
}

test('stretches are as long as the recent level bears: fewer of them where rows are hours apart', () => {
  assert.deepEqual(PLAN.lengths, [0, 8, 30, 60, 120]);
  assert.deepEqual(BRIEF.lengths, [0, 8]);
  assert.equal(countSettleRows(PLAN), 180);
  assert.ok(countScanRows(PLAN) >= PLAN.recent.rows + PLAN.recent.block + 120);
});

test('components are numbered as the scan visits them', () => {
  const input = inputOf([noise(50, 1), noise(50, 2)], { plan: PLAN });
  let visits = 0;
  scan(input, ({ component, column, side, length }) => {
    assert.equal(component, visits++);
    assert.deepEqual(describeComponent(component, { columns: 2, plan: PLAN }), { column, side, length });
  });
  assert.equal(visits, countComponents(2, PLAN));
});

test('the short stretch is what three of the newest four rows reach together', () => {
  const short = (text: string) => {
    const input = inputOf([draw(text)], { plan: PLAN });
    return [...statisticOf(input, { side: 'above', length: 0 })];
  };
  assert.deepEqual(short('99...9...'), new Array(9).fill(0));
  assert.deepEqual(short('.987..'), [0, 0, 0, 7, 0, 0]);
  assert.deepEqual(short('.98.6.'), [0, 0, 0, 0, 6, 0]);
  assert.deepEqual(short('.99.2.'), [0, 0, 0, 0, 2, 0]);
  // The newest row is hardly off any more: what it was part of is over.
  assert.deepEqual(short('9992'), [0, 0, 9, 0]);
  // A row that is missing is none of the three.
  assert.deepEqual(short('99?9'), [0, 0, 0, 9]);
  assert.deepEqual(short('9??9'), [0, 0, 0, 0]);
});

test('rows that are left out count as time', () => {
  const input = inputOf([draw('99999')], { plan: PLAN, isLeftOut: (at) => at === 2 || at === 3 });
  assert.deepEqual([...statisticOf(input, { side: 'above', length: 0 })], [0, 0, 0]);
});

test('each side by itself', () => {
  const input = inputOf([draw('333').map((value) => -value)], { plan: PLAN });
  assert.equal(statisticOf(input, { side: 'above', length: 0 })[2], 0);
  assert.equal(statisticOf(input, { side: 'below', length: 0 })[2], 3);
});

test('a mean is of the stretch, no row of it counts as more than eight, and half of it has to be measured', () => {
  const mean = (text: string) => {
    const input = inputOf([draw(text)], { plan: PLAN });
    return statisticOf(input, { side: 'above', length: 8 });
  };
  assert.equal(mean('22222222')[7], 2);
  assert.equal(mean('22222222')[2], 0);
  assert.equal(mean('44444222')[7], 3.25);
  const far = statisticOf(inputOf([draw('99999999', 1e6)], { plan: PLAN }), { side: 'above', length: 8 });
  assert.equal(far[7], 8);
  assert.equal(mean('????2222')[7], 2);
  assert.equal(mean('?????222')[7], 0);
});

test('a stretch whose newest rows are no longer off is over', () => {
  const values = statisticOf(inputOf([draw(`${'4'.repeat(8)}${'.'.repeat(8)}`)], { plan: PLAN }), {
    side: 'above',
    length: 8,
  });
  assert.equal(values[7], 4);
  assert.ok(values[8]! > 0);
  assert.ok(values.subarray(12).every((value) => value === 0));
});

test('a level that stays becomes usual, and the way back to what training knew is nothing', () => {
  const moved = { from: 600, to: 1400 };
  const values = Float64Array.from({ length: 1800 }, (_, at) => (at >= moved.from && at < moved.to ? 6 : 0));
  const input = inputOf([values], { plan: PLAN });
  for (const length of PLAN.lengths) {
    const above = statisticOf(input, { side: 'above', length });
    const below = statisticOf(input, { side: 'below', length });
    assert.equal(above[moved.from + 150], 6, `${length}`);
    assert.equal(above[moved.from + countSettleRows(PLAN) + 150], 0, `${length}`);
    assert.ok(
      below.every((value) => value === 0),
      `${length}`,
    );
  }
});

test('the smallest change that matters is worth four spreads, however steady a metric was', () => {
  const input = inputOf([draw('888888')], { plan: PLAN, leastChange: 16 });
  assert.equal(statisticOf(input, { side: 'above', length: 0 })[5], 2);
});

test('a mean of 120 rows tells a third of a spread from noise', () => {
  const quiet = noise(3000, 7);
  const off = quiet.map((value, at) => (at >= 2500 ? value + 1 : value));
  const most = (values: Float64Array): number =>
    Math.max(...statisticOf(inputOf([values], { plan: PLAN }), { side: 'above', length: 120 }));
  assert.ok(most(off) > 2 * most(quiet));
});

test('the same of the newest rows, wherever the stretch begins', () => {
  const reach = countScanRows(PLAN);
  const rows = reach + 400;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 1, max: 1e7 }),
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 2, max: 90 }),
      (seed, from, cut, hole) => {
        const values = noise(rows, seed).map((value, at) =>
          at % hole === 0 ? NaN : value * (at % 7 === 0 ? 30 : 1),
        );
        const options = { plan: PLAN, isLeftOut: (at: number) => at % 50 > 47 };
        const whole = inputOf([values], { ...options, from });
        const part = inputOf([values.subarray(cut)], {
          plan: PLAN,
          from: from + cut,
          isLeftOut: (at) => options.isLeftOut(at + cut),
        });
        const newest = [...part.x.times].filter((time) => time >= (from + cut + reach) * STEP).length;
        for (const side of ['above', 'below'] as const)
          for (const length of PLAN.lengths) {
            const [a, b] = [statisticOf(whole, { side, length }), statisticOf(part, { side, length })];
            assert.deepEqual(b.slice(b.length - newest), a.slice(a.length - newest), `${side} ${length}`);
          }
      },
    ),
    { numRuns: 25 },
  );
});

test('so is what follows demand late', () => {
  const reach = countScanRows(PLAN);
  const steps = noise(100, 5);
  const asked = Float64Array.from({ length: reach + 400 }, (_, at) => 20 * steps[Math.floor(at / 35)]!);
  const values = noise(asked.length, 3).map((value, at) => value + 3 * (asked[at - 90] ?? 0));
  const from = 1_000_000;
  const whole = followingDemand([values, asked], from);
  for (const cut of [1, 40, 200, 399]) {
    const part = followingDemand([values.subarray(cut), asked.subarray(cut)], from + cut);
    const newest = asked.length - cut - reach;
    for (const side of ['above', 'below'] as const)
      for (const length of PLAN.lengths) {
        const [a, b] = [statisticOf(whole, { side, length }), statisticOf(part, { side, length })];
        assert.deepEqual(b.slice(b.length - newest), a.slice(a.length - newest), `${cut}: ${side} ${length}`);
      }
  }
});

function followingDemand(columns: readonly Float64Array[], from: number): ReturnType<typeof inputOf> {
  const input = inputOf(columns, { plan: PLAN, from });
  const names = ['cpu', 'requests_per_second'];
  const [cpu, requests] = input.expectation.pooled;
  const series = [{ ...cpu!, slope: 1 }, requests!];
  return {
    ...input,
    x: { ...input.x, names },
    expectation: {
      columns: names,
      entities: new Map([['a', series]]),
      pooled: series,
      demandMeans: DEMAND_MEANS,
    },
  };
}
