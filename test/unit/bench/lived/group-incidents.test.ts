import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupAnomalies } from '../../../../bench/lived/group-incidents.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 8);

test('what begins together is one incident, and what begins hours later another', () => {
  const at = (entity: string, from: number, to: number | undefined = from + 20) => ({
    entity,
    start: START + from * MINUTE,
    end: START + (to ?? from + 60) * MINUTE,
    alertedAt: START + (from + 2) * MINUTE,
    resolvedAt: to === undefined ? undefined : START + (to + 5) * MINUTE,
  });
  const anomalies = [at('a', 0), at('a', 600, undefined), at('b', 1), at('c', 601)];
  const grouped = groupAnomalies(anomalies, { detector: 'shop', step: MINUTE });
  assert.deepEqual(
    grouped.map((members) => members.map((anomaly) => anomalies.indexOf(anomaly))),
    [
      [0, 2],
      [1, 3],
    ],
  );
});
