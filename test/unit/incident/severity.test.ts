import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyChange } from '../../../lib/incident/contract.ts';
import { judgeIncident, listWorkloads } from '../../../lib/incident/severity.ts';
import { measureExtent } from '../../../lib/incident/worsening.ts';
import { createChange, MINUTE, NINE } from '../../helpers/anomalies.ts';

const MILD = { level: 2.9, siblings: 10, cap: 'critical' } as const;

function judge(...members: readonly AnomalyChange[]): string {
  return judgeIncident({ members, firstSeen: NINE }, NINE);
}

test('as loud as it may be where it is unusual, wide or long, and a step quieter elsewhere', () => {
  assert.equal(judge(createChange(MILD)), 'warning');
  assert.equal(judge(createChange({ ...MILD, level: 3 })), 'critical');
  assert.equal(judge(createChange({ ...MILD, level: undefined })), 'critical', 'nobody knows how unusual');
  assert.equal(judge(createChange({ ...MILD, lastAnomalous: NINE + 30 * MINUTE })), 'critical');
  const members = [0, 1, 2, 3, 4].map((i) => createChange({ ...MILD, entity: `p${i}` }));
  assert.equal(judge(...members.slice(0, 4)), 'warning');
  assert.equal(judge(...members), 'critical', 'half of the workload');
  assert.equal(
    judge(createChange({ ...MILD, siblings: 1 })),
    'warning',
    'the only pod is no half of anything',
  );
  assert.equal(judge(...['a', 'b', 'c'].map((workload) => createChange({ ...MILD, workload }))), 'critical');
});

test('never louder than the loudest alert_severity, and never quieter than it was', () => {
  assert.equal(judge(createChange({ level: 1000, cap: 'info' })), 'info');
  assert.equal(judge(createChange({ cap: 'info' }), createChange({ cap: 'critical' })), 'critical');
  const before = { members: [createChange(MILD)], firstSeen: NINE, severity: 'critical' } as const;
  assert.equal(judgeIncident(before, NINE), 'critical');
});

test('a workload is counted over its namespace, each entity once', () => {
  const members = [
    createChange({ entity: 'a', siblings: 4 }),
    createChange({ entity: 'a', start: NINE + MINUTE, siblings: 5 }),
    createChange({ entity: 'b', siblings: 4 }),
    createChange({ entity: 'c', namespace: 'other', siblings: 0 }),
  ];
  assert.deepEqual(listWorkloads(members), [
    { workload: 'payment', affected: 2, of: 5 },
    { workload: 'payment', affected: 1, of: 1 },
  ]);
});

test('an incident of any number of members is judged, and measured', () => {
  const members = Array.from({ length: 200_000 }, (_, i) =>
    createChange({ ...MILD, entity: `p${i}`, level: i }),
  );
  assert.equal(judgeIncident({ members, firstSeen: NINE }, NINE), 'critical');
  assert.deepEqual(measureExtent(members), { level: 199_999, isWide: true, workloads: 1, entities: 200_000 });
});
