/** How much history a window is scored with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jointYouthOf, youthOf } from '../../../../lib/evidence/evidence.ts';
import { planScan } from '../../../../lib/evidence/statistics.ts';
import { countContextRows } from '../../../../lib/jobs/shared/score-rows.ts';

const MINUTE = 60_000;

test('whatever the step and the model, the first row of a window is no younger by its history than it is', () => {
  for (const step of [MINUTE, 3 * MINUTE, 5 * MINUTE, 60 * MINUTE])
    for (const contextRows of [0, 10, 128, 500]) {
      const plan = planScan(step, 180 * MINUTE);
      const fitted = { plan: { contextRows: 0 }, model: { contextRows }, evidence: { plan } };
      const history = step * countContextRows(fitted as unknown as Parameters<typeof countContextRows>[0]);
      const oldest = Math.max(
        jointYouthOf(plan, contextRows),
        ...plan.lengths.map((rows) => youthOf(plan, rows)),
      );
      assert.ok(history >= oldest, `${step} ms, ${contextRows} rows: ${history} of ${oldest} ms`);
    }
});
