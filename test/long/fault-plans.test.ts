/** As test/conformance/fault-plans.test.ts, with more of the plans: bench/fault-plans/. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgePlans } from '../../bench/fault-plans.ts';

test('a hundred plans of faults end in the bucket and the messages of a run without', async () => {
  const { failed, faults } = await judgePlans({ from: 0, count: 100, say: () => {} });
  assert.deepEqual(failed, []);
  assert.ok(faults > 300, `${faults} faults`);
});
