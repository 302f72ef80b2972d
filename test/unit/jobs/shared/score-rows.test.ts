/** How much history a window is scored with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jointYouthOf, youthOf } from '../../../../lib/evidence/evidence.ts';
import { countScanRows, planScan } from '../../../../lib/evidence/statistics.ts';
import { countContextRows } from '../../../../lib/jobs/shared/score-rows.ts';

const MINUTE = 60_000;

test('whatever the step, the model and the starts, the first row of a window is no younger by its history than it is', () => {
  for (const step of [MINUTE, 3 * MINUTE, 5 * MINUTE, 60 * MINUTE])
    for (const contextRows of [0, 10, 128, 500])
      for (const overrun of [0, 180 * MINUTE]) {
        const plan = planScan(step, 180 * MINUTE);
        const starts = new Map([['shop/web', { columns: [], overrun }]]);
        const fitted = { plan: { contextRows: 0 }, model: { contextRows }, evidence: { plan, starts } };
        const history = step * countContextRows(fitted as unknown as Parameters<typeof countContextRows>[0]);
        const oldest = Math.max(
          jointYouthOf(plan, contextRows) + overrun,
          ...plan.lengths.map((rows) => youthOf(plan, rows) + overrun),
        );
        assert.ok(
          history >= oldest,
          `${step} ms, ${contextRows} rows, ${overrun}: ${history} of ${oldest} ms`,
        );
        assert.ok(history >= step * countScanRows(plan, overrun));
      }
});
