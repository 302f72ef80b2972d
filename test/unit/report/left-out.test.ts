import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLeftOut, sayLeftOut } from '../../../lib/report/left-out.ts';

test('says how many rows were left out and why, and what did not go as it was meant to', () => {
  const leftOut = { rows: { confirmed: 70, excluded: 1_012, later: 1 }, ranges: [] };
  assert.equal(countLeftOut(leftOut), 1_083);
  assert.equal(countLeftOut(undefined), 0);
  assert.equal(sayLeftOut(leftOut), '1,083 rows: 70 of confirmed incidents, 1,012 of exclusions, 1 of later');
  assert.equal(
    sayLeftOut({ rows: {}, ranges: [], takenIn: { rows: 900, workloads: 1 }, unread: 3 }),
    '0 rows; 900 rows of unanswered incidents are learned from, as they are more than half of 1 workload; 3 older anomalies and verdicts were not looked at',
  );
  assert.equal(sayLeftOut({ rows: { unanswered: 1 }, ranges: [] }), '1 row: 1 of unanswered incidents');
});
