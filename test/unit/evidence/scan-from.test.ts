/** What is looked back on alone is not filled in, and changes nothing of what is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planScan, scan } from '../../../lib/evidence/statistics.ts';
import { inputOf, STEP } from './scan-series.ts';

test('rows from a time on have the statistics that they have among all rows, earlier ones have none', () => {
  const plan = planScan(STEP, 180 * STEP);
  const columns = [3, 5].map((pace) =>
    Float64Array.from({ length: 600 }, (_, i) => 2 * Math.sin(i * pace) + (i > 540 ? 4 : 0)),
  );
  for (const from of [0, 1, 545, 599, 700]) {
    const input = { ...inputOf(columns, { plan, isLeftOut: (at) => at % 97 === 0 }), from: from * STEP };
    input.surprises.forEach((_, i) => {
      input.surprises[i] = Math.abs(Math.sin(i)) * 3;
    });
    const part = collect(input);
    const begin = [...input.x.times].filter((time) => time < from * STEP).length;
    for (const [component, whole] of collect({ ...input, from: undefined }).entries()) {
      assert.deepEqual(part[component]!.slice(begin), whole.slice(begin), `${from}: ${component}`);
      assert.ok(part[component]!.slice(0, begin).every((value) => value === 0));
    }
  }
});

function collect(input: Parameters<typeof scan>[0]): number[][] {
  const found: number[][] = [];
  scan(input, ({ values, anchored, sinceOnset }) =>
    found.push([...values], [...(anchored ?? [])], [...(sinceOnset ?? [])]),
  );
  return found.filter((values) => values.length > 0);
}
