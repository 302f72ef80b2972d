/** Whatever lies between good windows, their entities are scored and told of as without it: bench/poison-plans/, 30 of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawPoisons, KINDS } from '../../bench/poison-plans/poison.ts';
import { judgePoisons, runPoisoned } from '../../bench/poison-plans/run-poison.ts';
import { judgePoisonPlans } from '../../bench/poison-plans.ts';

const PLANS = 30;

test('thirty mixes of poison change nothing for good entities', async () => {
  const { failed } = await judgePoisonPlans({ count: PLANS, say: () => {} });
  assert.deepEqual(failed, []);
});

test('they hold every kind of poison there is', () => {
  const drawn = Array.from({ length: PLANS }, (_, seed) => drawPoisons(seed)).flat();
  assert.deepEqual([...new Set(drawn.map(({ kind }) => kind))].sort(), [...KINDS].sort());
});

test('what differs for a good entity is seen', async () => {
  const expected = await runPoisoned('exported', []);
  assert.equal(expected.told.size, 4);
  // Eight windows of history and six after it, of two entities.
  assert.equal(expected.rows.size, (8 + 6) * 15 * 2);
  const [row] = expected.rows.keys();
  const other = { ...expected, rows: new Map([...expected.rows, [row!, '']]) };
  const [problem, ...more] = await judgePoisons('exported', [], other);
  assert.match(problem ?? '', /^score .* differs/);
  assert.deepEqual(more, []);
});
