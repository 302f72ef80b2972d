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
) {
  const asked: TimeRange[] = [];
  const answer = await askPastRefusals(
    async (part) => {
      asked.push(part);
      const times = Float64Array.from({ length: part.end - part.start }, (_, cell) => part.start + cell);
      if (times.some(isBad)) throw fail();
      return [{ labels: {}, times, values: times }];
    },
    { start: 0, end: CELLS, step: 1, newest: CELLS + 7, subject: 'query cpu' },
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
