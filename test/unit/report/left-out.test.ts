import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLeftOut, sayLeftOut } from '../../../lib/report/left-out.ts';

test('says how many rows were left out and why, and what did not go as it was meant to', () => {
  const leftOut = { rows: { confirmed: 70, excluded: 1_012, later: 1 }, ranges: [] };
  assert.equal(countLeftOut(leftOut), 1_083);
  assert.equal(countLeftOut(undefined), 0);
  assert.equal(sayLeftOut(leftOut), '1,083 rows: 70 of confirmed anomalies, 1,012 of exclusions, 1 of later');
  assert.equal(
    sayLeftOut({ rows: {}, ranges: [], takenIn: { rows: 900, workloads: 1 }, unread: 3 }),
    '0 rows; 900 rows of unanswered anomalies are learned from, as they are more than half of 1 workload; 3 older anomalies and verdicts were not looked at',
  );
  assert.equal(sayLeftOut({ rows: { unanswered: 1 }, ranges: [] }), '1 row: 1 of unanswered anomalies');
});

test('says which stretches of an unwatched history were left out, the longest of them, and where they were too many', () => {
  const range = (rows: number, more: object) => ({
    reason: 'unwatched',
    of: 'cpu_cores',
    start: '2026-01-04T12:55:00Z',
    end: '2026-01-04T14:16:00Z',
    rows,
    ...more,
  });
  const ranges = [
    range(81, { entity: 'shop/web-1', value: 1.53, usual: 0.456 }),
    range(80, { entity: '' }),
    range(40, { entity: 'b', value: 0, usual: 3 }),
    range(20, { entity: 'c' }),
    range(20, { entity: 'd' }),
    { ...range(500, { entity: 'e' }), reason: 'confirmed', of: 'x' },
  ];
  assert.equal(
    sayLeftOut({ rows: { unwatched: 241 }, ranges }),
    '241 rows: 241 of a history that nobody watched; no verdict: shop/web-1: cpu_cores 1.53 cores (usual 0.456 cores) for 1 h 21 min from 4 Jan 2026, 12:55; no verdict: cpu_cores for 1 h 21 min from 4 Jan 2026, 12:55; no verdict: b: cpu_cores 0 cores (usual 3 cores) for 1 h 21 min from 4 Jan 2026, 12:55; 2 more such stretches',
  );
  assert.equal(
    sayLeftOut({ rows: {}, ranges: [], tooUnlike: 1_200 }),
    '0 rows; 1,200 rows of a history that nobody watched are like nothing else in it and are learned from, as they are too many to be an exception',
  );
});
