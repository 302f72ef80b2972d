/** Rows whose time cannot be true are left out, named and counted; the rest of the file is used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindowError } from '../../../lib/base/errors.ts';
import type { ReadWindowOptions } from '../../../lib/window/assemble-window.ts';
import type { LeftOut } from '../../../lib/window/left-out.ts';
import { readWindow } from '../../../lib/window/read-window.ts';
import { boundsOfArrival, FUTURE_TOLERANCE, WIDEST_HOLE } from '../../../lib/window/time-bounds.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { writeColumns } from '../../../lib/window/write-window.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 22, 12);

type Row = readonly [pod: string, time: number];

function read(
  rows: readonly Row[],
  options: Partial<ReadWindowOptions> = {},
): { window: MetricWindow; leftOut: LeftOut[] } {
  const pods = [...new Set(rows.map(([pod]) => pod))];
  const leftOut: LeftOut[] = [];
  const bytes = writeColumns({
    columns: [
      { name: 'ts', type: 'timestamp', values: Float64Array.from(rows, ([, time]) => time) },
      {
        name: 'pod',
        type: 'string',
        dictionary: pods,
        codes: Uint32Array.from(rows, ([pod]) => pods.indexOf(pod)),
      },
      { name: 'cpu', type: 'double', values: Float64Array.from(rows, (_, row) => row) },
    ],
  });
  const window = readWindow(bytes, {
    detector: 'shop',
    source: 'x.parquet',
    bounds: boundsOfArrival(NOON, 14 * DAY),
    onLeftOut: (each) => leftOut.push(each),
    ...options,
  });
  return { window, leftOut };
}

const good: readonly Row[] = [-3, -2, -1].map((minute) => ['web', NOON + minute * MINUTE]);

test('rows of the future are left out with their entity, and the range is that of the rest', () => {
  const { window, leftOut } = read([...good.slice(0, 2), ['edge', Date.UTC(2099, 0, 1)], ...good.slice(2)]);
  assert.deepEqual(window.entities, ['web']);
  assert.deepEqual([...window.columns[0]!], [0, 1, 3]);
  assert.deepEqual(window.range, { start: NOON - 3 * MINUTE, end: NOON });
  assert.deepEqual(leftOut, [
    {
      code: 'time-out-of-bounds',
      count: 1,
      message:
        '1 of 4 rows have a time that cannot be true, such as entity "edge", row 3: 2099-01-01T00:00:00.000Z, more than 15 h after the file arrived',
    },
  ]);
});

test('a clock that comes back leaves no disorder behind', () => {
  const { window } = read([['web', Date.UTC(2099, 0, 1)], ...good]);
  assert.equal(window.times.length, 3);
});

test('a time of zero is left out, and the grid does not reach back to it', () => {
  const { window, leftOut } = read([['web', 7_000], ...good]);
  assert.equal(window.range.start, NOON - 3 * MINUTE);
  assert.match(
    leftOut[0]!.message,
    /row 1: 1970-01-01T00:00:07\.000Z, before 1973-03-03, as are zeros, and seconds/,
  );
});

test('a file of nothing but 1970 is refused, and most rows of a file may be of it', () => {
  const secondsAsMs = good.map(([pod, time]): Row => [pod, time / 1000]);
  assert.throws(
    () => read(secondsAsMs),
    (error) =>
      error instanceof WindowError &&
      error.code === 'time-out-of-bounds' &&
      /3 of 3 rows .* row 1: 1970-01-21T18:42:28\.620Z, before 1973-03-03/.test(error.message),
  );
  const zeros = [0, 0, -1, 1, 2, -MINUTE].map((time): Row => ['web', time]);
  const { window, leftOut } = read([...zeros, ...good]);
  assert.equal(window.range.start, NOON - 3 * MINUTE);
  assert.equal(leftOut[0]!.count, 6);
});

test('of groups years apart the one with the most rows is used, of as many the newest', () => {
  const old: readonly Row[] = good.map(([pod, time]) => [pod, time - WIDEST_HOLE - DAY]);
  assert.equal(read([...old, ['web', NOON]]).window.range.end, old[2]![1] + MINUTE);
  assert.equal(read([...old, ...good]).window.range.start, good[0]![1]);
});

test('the bounds are inclusive, and local times read as UTC lie within them', () => {
  const local = [3, 2, 1, 0].map((minute): Row => ['web', NOON + FUTURE_TOLERANCE - minute * MINUTE]);
  const { window, leftOut } = read(local);
  assert.equal(window.times.length, 4);
  assert.deepEqual(leftOut, []);
  assert.equal(read([...local, ['web', NOON + FUTURE_TOLERANCE + 1]]).leftOut.length, 1);
  const whole = read([['web', good[0]![1] - WIDEST_HOLE], ...good], { step: DAY });
  assert.equal(whole.window.times.length, 4);
});

test('a row of hours ahead is left out where the others of its entity are not, and its entity goes on', () => {
  const hour = 60 * MINUTE;
  const { window, leftOut } = read([...good, ['web', NOON + 14 * hour], ['api', NOON + 14 * hour]]);
  assert.deepEqual(window.entities, ['api', 'web']);
  assert.equal(window.times.length, 4, 'of the other nothing else is known');
  assert.deepEqual(leftOut, [
    {
      code: 'time-out-of-bounds',
      count: 1,
      message:
        '1 of 5 rows lie hours ahead of the file\'s arrival and of the other rows of their entity, such as entity "web", row 4: 2026-11-23T02:00:00.000Z',
    },
  ]);
});

test('a clock that is off by minutes, rows that follow each other, and most rows of an entity are true', () => {
  const hour = 60 * MINUTE;
  const skewed: readonly Row[] = [...good, ['web', NOON + hour]];
  const through = [-1, 0, 1, 2, 3].map((hours): Row => ['web', NOON + hours * hour]);
  const local = [1, 2, 3, 4].map((minute): Row => ['web', NOON + 14 * hour + minute * MINUTE]);
  for (const rows of [skewed, through, [...good, ...local]]) {
    const { window, leftOut } = read(rows, { step: MINUTE });
    assert.equal(window.times.length, rows.length);
    assert.deepEqual(leftOut, []);
  }
  const { leftOut } = read([...good, ...local], { step: MINUTE, bounds: undefined });
  assert.deepEqual(leftOut, [], 'a file that a person names has no arrival');
});

test('rows that follow at the step of their entity are true, be it a day', () => {
  const hour = 60 * MINUTE;
  const ofDays = [-3, -2, -1, 0].map((days): Row => ['web', NOON + 12 * hour + days * DAY]);
  const ofHours = [-9, -6, -3, 0, 3, 6].map((hours): Row => ['web', NOON + hours * hour]);
  const holed = [-30, -29, -28, -12, -11, -10, 6, 7].map((hours): Row => ['web', NOON + hours * hour]);
  for (const rows of [ofDays, ofHours, holed]) assert.deepEqual(read(rows, { step: hour }).leftOut, []);
  const { leftOut } = read([...ofHours, ['web', NOON + 10 * hour]], { step: hour });
  assert.deepEqual(leftOut, [], 'after rows that are ahead themselves');
  const { leftOut: stray } = read([...ofHours.slice(0, 4), ['web', NOON + 6 * hour]], { step: hour });
  assert.equal(stray[0]!.count, 1);
});

test('rows that are left out for their time do not tell where the others belong', () => {
  const local = [1, 2].map((minute): Row => ['web', NOON + 9 * 60 * MINUTE + minute * MINUTE]);
  const zeros = [0, 0, 0].map((time): Row => ['web', time]);
  const { window, leftOut } = read([...zeros, ...local]);
  assert.equal(window.times.length, 2);
  assert.deepEqual(
    leftOut.map(({ count }) => count),
    [3],
  );
  const { leftOut: both } = read([...good, ['web', 0], ['web', NOON + 9 * 60 * MINUTE]]);
  assert.deepEqual(
    both.map(({ count }) => count),
    [1, 1],
  );
});

test('a file of nothing but wrong times is refused with the first of them', () => {
  assert.throws(
    () => read([['edge', Date.UTC(2099, 0, 1)]], { step: MINUTE }),
    (error: unknown) =>
      error instanceof WindowError &&
      error.code === 'time-out-of-bounds' &&
      /x\.parquet: 1 of 1 rows .* entity "edge", row 1: 2099/.test(error.message),
  );
});

test('a range that is claimed reaches no further than times may', () => {
  const start = NOON - DAY;
  const claimed = read(good, { range: { start, end: Date.UTC(2099, 0, 1) }, step: MINUTE });
  assert.deepEqual(claimed.window.range, { start, end: NOON + FUTURE_TOLERANCE + MINUTE });
  assert.throws(
    () => read(good, { range: { start: Date.UTC(2099, 0, 1), end: Date.UTC(2100, 0, 1) }, step: MINUTE }),
    { code: 'time-out-of-bounds' },
  );
});

test('without bounds every time is taken as it is', () => {
  assert.equal(read([...good, ['edge', Date.UTC(2099, 0, 1)]], { bounds: undefined }).window.times.length, 4);
});
