import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limitConcurrency } from '../../../lib/base/limit-concurrency.ts';

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
