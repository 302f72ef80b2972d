import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceError } from '../../../lib/base/errors.ts';
import { askPastRefusals } from '../../../lib/source/ask-past-refusals.ts';
import type { TimeRange } from '../../../lib/window/time-range.ts';

const CELLS = 1_000;

/** A source with steps of 1 ms that refuses ranges with a bad cell. */
async function askAll(
  isBad: (cell: number) => boolean,
  fail = () => new SourceError('query-rejected', 'no'),
  { secondsAQuery = 0, seconds = Infinity } = {},
) {
  const asked: TimeRange[] = [];
  const remaining = (): number => 1000 * (seconds - asked.length * secondsAQuery);
  const answer = await askPastRefusals(
    async (part) => {
      asked.push(part);
      const times = Float64Array.from({ length: part.end - part.start }, (_, cell) => part.start + cell);
      if (times.some(isBad)) throw fail();
      return [{ labels: {}, times, values: times }];
    },
    { start: 0, end: CELLS, step: 1, newest: CELLS + 7, subject: 'query cpu', deadline: { remaining } },
  );
  return { ...answer, asked, times: [...(answer.series[0]?.times ?? [])] };
}

test('what is answered comes in order, and what is refused is told in stretches', async () => {
  const bad = new Set([0, 2, 250, 251, 252, 253, 700, 999]);
  const { times, refused } = await askAll((cell) => bad.has(cell));
  assert.deepEqual(
    times,
    [...Array(CELLS).keys()].filter((cell) => !bad.has(cell)),
  );
  assert.deepEqual(
    refused.map(({ start, end }) => [start, end]),
    [
      [0, 1],
      [2, 3],
      [250, 254],
      [700, 701],
      [999, 1000],
    ],
  );
});

test('requests are used up on wide parts first, and what is left is told as refused', async () => {
  const { asked, times, refused } = await askAll((cell) => cell < 500 || (cell < CELLS && cell % 9 === 0));
  assert.ok(asked.length < 150, `${asked.length} requests`);
  const cells = refused.reduce((sum, { start, end }) => sum + end - start, 0);
  assert.equal(cells + times.length, CELLS, 'each cell is answered or told of');
  assert.ok(asked.every(({ start, end }) => end - start > 8 || start >= CELLS));
});

test('an error that is no refusal ends it', async () => {
  let count = 0;
  const fail = (): SourceError => new SourceError(count++ === 3 ? 'timeout' : 'query-rejected', 'no');
  await assert.rejects(
    askAll((cell) => cell === 500, fail),
    { code: 'timeout' },
  );
});

test('a slow source is asked for parts for 20 s, so that a run of 50 s comes to the end of the range', async () => {
  const isBad = (cell: number): boolean => cell % 9 === 0;
  const slow = await askAll(isBad, undefined, { secondsAQuery: 1, seconds: 50 });
  assert.ok(slow.asked.length < 25, `${slow.asked.length} requests`);
  assert.deepEqual(
    slow.refused.map(({ start, end }) => [start, end]),
    [[0, CELLS]],
    'each part that was refused is told of',
  );
  const one = await askAll((cell) => cell === 700, undefined, { secondsAQuery: 2, seconds: 50 });
  const cells = one.refused.reduce((sum, { start, end }) => sum + end - start, 0);
  assert.ok(cells < 50, `${cells} cells`);
  assert.equal(cells + one.times.length, CELLS, 'each cell is answered or told of');
});

test('without a deadline no time is too long', async () => {
  const quick = await askAll((cell) => cell % 100 === 0);
  const { refused } = await askAll((cell) => cell % 100 === 0, undefined, { secondsAQuery: 9 });
  assert.deepEqual(refused, quick.refused);
});
