import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnusualStretches, type UnusualStretch } from '../../../lib/evidence/find-unusual-stretches.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

const STEP = 300_000;
const HOUR = 12;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 2);

interface Happening {
  readonly from: number;
  readonly to: number;
  readonly by: number;
  readonly entity?: number;
}

interface World {
  readonly days?: number;
  readonly entities?: readonly string[];
  readonly happenings?: readonly Happening[];
  readonly direction?: 'above' | 'below' | 'both' | 'none';
  readonly labelled?: (row: number) => boolean;
  /** Ms of a row. */
  readonly step?: number;
}

/** Two metrics of noise with spread 1; what happens, happens to the first. In rows of five minutes from a Monday on. */
function search(world: World): readonly UnusualStretch[] {
  const { days = 7, entities = ['web'], happenings = [], direction = 'both', labelled, step = STEP } = world;
  const rows = days * DAY;
  const random = seedRandom(7);
  const normal = (): number => [1, 2, 3].reduce((sum) => sum + 2 * random.nextFloat() - 1, 0);
  const x: FeatureMatrix = {
    names: ['cpu', 'memory'],
    entities,
    entityOf: Uint32Array.from({ length: rows * entities.length }, (_, row) => Math.floor(row / rows)),
    times: Float64Array.from({ length: rows * entities.length }, (_, row) => START + (row % rows) * step),
    values: Float32Array.from({ length: rows * entities.length * 2 }, normal),
  };
  for (const { from, to, by, entity = 0 } of happenings)
    for (let row = from; row < to; row++) x.values[(entity * rows + row) * 2]! += by;
  return findUnusualStretches({
    x,
    use: Uint8Array.from(x.times, (_, row) => (labelled?.(row) === true ? 0 : 1)),
    settings: {
      step,
      settleAfter: 4 * 3_600_000,
      leastChanges: () => Float64Array.of(0, 0),
      directions: [direction, 'both'],
    },
  });
}

/** 70 minutes from half past two on. */
const fault = (day: number, by: number, entity = 0): Happening => {
  const from = day * DAY + 14 * HOUR + HOUR / 2;
  return { from, to: from + 14, by, entity };
};
const placesOf = (found: readonly UnusualStretch[]): readonly (readonly [string, number, number])[] =>
  found.map(({ entity, start, end }) => [entity, (start - START) / STEP, (end - START) / STEP]);

test('finds what is like nothing else, whole, with what it was and what was expected', () => {
  const { from, to } = fault(3, 20);
  const [found, ...more] = search({ happenings: [fault(3, 20)] });
  assert.deepEqual(more, []);
  assert.equal(found?.column, 0);
  const [[, start, end]] = placesOf([found!]) as [[string, number, number]];
  assert.ok(start <= from && start > from - 5, `${start} for ${from}`);
  assert.ok(end >= to && end < to + 5, `${end} for ${to}`);
  assert.ok(Math.abs(found!.value - 20) < 2 && Math.abs(found!.expected) < 1, JSON.stringify(found));
  assert.equal(search({ happenings: [fault(3, -20)] }).length, 1);
});

test('an outage of half an hour is one, and a cache that fills in 25 minutes is how it usually is', () => {
  const countOf = (rows: number, by: number): number => {
    const { from } = fault(3, by);
    return search({ happenings: [{ from, to: from + rows, by }] }).length;
  };
  assert.deepEqual([countOf(6, 30), countOf(5, 30)], [1, 0]);
  // What is less far out has fewer rows in which a mean of some sees it.
  assert.deepEqual([countOf(9, 9), countOf(8, 9)], [1, 0]);
});

test('with a row a minute it takes three quarters of an hour', () => {
  const from = 9 * DAY;
  const countOf = (rows: number): number =>
    search({ days: 21, step: 60_000, happenings: [{ from, to: from + rows, by: 12 }] }).length;
  assert.deepEqual([countOf(45), countOf(40)], [1, 0]);
});

test('finds nothing in noise, nothing weak, nothing on a side or in rows that are not looked at', () => {
  assert.deepEqual(search({}), []);
  assert.deepEqual(search({ happenings: [fault(3, 3)] }), []);
  assert.deepEqual(search({ happenings: [fault(3, 20)], direction: 'below' }), []);
  assert.deepEqual(search({ happenings: [fault(3, 20)], direction: 'none' }), []);
  const { from, to } = fault(3, 20);
  assert.deepEqual(search({ happenings: [fault(3, 20)], labelled: (row) => row >= from && row < to }), []);
  const spike = { from: 3 * DAY, to: 3 * DAY + 2, by: 1000 };
  assert.deepEqual(search({ happenings: [spike] }), []);
});

test('what comes again is a habit: each day, at the same hour of another day, or three times whenever', () => {
  assert.deepEqual(search({ happenings: [0, 1, 2, 3, 4, 5, 6].map((day) => fault(day, 20)) }), []);
  assert.deepEqual(search({ happenings: [fault(2, 20), fault(5, 20)] }), []);
  assert.deepEqual(search({ days: 14, happenings: [fault(2, 20), fault(9, 20)] }), []);
  const at = (day: number, hour: number): Happening => ({
    from: day * DAY + hour * HOUR,
    to: day * DAY + hour * HOUR + 14,
    by: 20,
  });
  assert.equal(search({ happenings: [at(1, 3), at(4, 15)] }).length, 2);
  assert.deepEqual(search({ happenings: [at(1, 3), at(4, 15), at(5, 21)] }), []);
});

test('a level that moved and stays is none, nor is a long stretch, nor what is not over yet', () => {
  assert.deepEqual(search({ happenings: [{ from: 4 * DAY, to: 7 * DAY, by: 20 }] }), []);
  assert.deepEqual(search({ happenings: [{ from: 3 * DAY, to: 4 * DAY, by: 20 }] }), []);
  assert.deepEqual(search({ happenings: [{ from: 7 * DAY - 10, to: 7 * DAY, by: 20 }] }), []);
});

test('of less than two days nothing is said: of two, each hour was there twice', () => {
  assert.deepEqual(search({ days: 1.9, happenings: [fault(1, 20)] }), []);
  assert.equal(search({ days: 2, happenings: [fault(1, 20)] }).length, 1);
  assert.deepEqual(search({ days: 2, happenings: [fault(0, 20), fault(1, 20)] }), []);
});

test('a habit is one also where its second time lies too near to the end to be told from a level that moved', () => {
  for (const hours of [8, 8.5, 9]) {
    const later = (day: number): Happening => {
      const { from, to, by } = fault(day, 20);
      return { from: from + hours * HOUR - HOUR / 2, to: to + hours * HOUR - HOUR / 2, by };
    };
    assert.deepEqual(search({ days: 2, happenings: [later(0), later(1)] }), [], `${hours}`);
    assert.equal(search({ days: 2, happenings: [later(0)] }).length, 1);
  }
});

test('what is twice as it was within an afternoon is one of its kind, and three times is a habit', () => {
  const at = (day: number, hour: number): Happening => {
    const from = day * DAY + hour * HOUR;
    return { from, to: from + 14, by: 20 };
  };
  assert.equal(search({ days: 5, happenings: [at(1, 3), at(3, 10), at(3, 12.5)] }).length, 3);
  assert.deepEqual(search({ days: 6, happenings: [at(1, 3), at(3, 10), at(4, 17)] }), []);
});

test('what comes at the same hour of another day is a habit, whoever else does the same then', () => {
  const entities = ['cart', 'orders'];
  const nights = [0, 1].flatMap((day) => [0, 1].map((entity) => fault(day, 20 + entity, entity)));
  assert.deepEqual(search({ days: 2, entities, happenings: nights }), []);
});

test('one cause of many pods is one; what each of some workloads does once is a habit of all', () => {
  const pods = ['web-6d4cf56db6-x2x4z', 'web-6d4cf56db6-bbbbb', 'web-6d4cf56db6-ccccc'];
  const atOnce = search({ entities: pods, happenings: [0, 1, 2].map((pod) => fault(3, 20, pod)) });
  assert.deepEqual(
    atOnce.map(({ entity }) => entity),
    pods,
  );
  const deployed = [fault(1, 20), { ...fault(3, 20, 1), entity: 1 }, fault(5, 20, 2)];
  assert.deepEqual(search({ entities: ['cart', 'mail', 'web'], happenings: deployed }), []);
});
