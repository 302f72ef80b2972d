import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { forEachConcurrently, limitConcurrency } from '../../../lib/base/limit-concurrency.ts';

test('never more than the limit at a time, in order of arrival, and failures free their place', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
      async (scheduler, limit, fates) => {
        const run = limitConcurrency(limit);
        let running = 0;
        let most = 0;
        const started: number[] = [];
        const results = Promise.allSettled(
          fates.map((succeeds, index) =>
            run(async () => {
              started.push(index);
              most = Math.max(most, ++running);
              await scheduler.schedule(Promise.resolve());
              running--;
              if (!succeeds) throw new Error('failed');
              return index;
            }),
          ),
        );
        await scheduler.waitFor(results);
        const settled = await results;
        assert.equal(most, Math.min(limit, fates.length));
        assert.deepEqual(started, [...fates.keys()]);
        assert.deepEqual(
          settled.map(({ status }) => status === 'fulfilled'),
          fates,
        );
      },
    ),
  );
});

test('each item is visited, and the error of the first that failed is thrown when all that began are over', async () => {
  const over: number[] = [];
  const visits = forEachConcurrently([5, 1, 4, 0], 2, async (turns) => {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    over.push(turns);
    if (turns === 4) throw new Error('four');
  });
  await assert.rejects(visits, { message: 'four' });
  assert.deepEqual(over.toSorted(), [0, 1, 4, 5]);
});

test('once as many have failed as run at a time, nothing more is begun', async () => {
  const begun: number[] = [];
  const visits = forEachConcurrently([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    throw new Error(`${item}`);
  });
  await assert.rejects(visits, { message: '0' });
  assert.ok(begun.length < 6, `${begun}`);
  assert.deepEqual(begun.slice(0, 2), [0, 1]);
});
