import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ScoredRows } from '../../../lib/decision/contract.ts';
import { decideWindow } from '../../../lib/decision/decide.ts';
import { findAlerts, replayRows } from '../../../lib/evaluation/find-alerts.ts';

const STEP = 60_000;
const policy = { threshold: 1, minDeviation: 3, k: 2, n: 3, resolveAfter: 2 };

test('an incident starts at its first row, alerts at the k-th and ends a step after its last', () => {
  assert.deepEqual(alertsOf({ a: [0, 1, 0, 1, 1, 0, 0, 0] }), [
    { entity: 'a', start: 1 * STEP, end: 5 * STEP, alertedAt: 3 * STEP },
  ]);
});

test('an incident that is open at the end has lasted until its newest row', () => {
  assert.deepEqual(alertsOf({ a: [0, 1, 1, 0] }), [
    { entity: 'a', start: 1 * STEP, end: 3 * STEP, alertedAt: 2 * STEP },
  ]);
});

test('entities alert by themselves, and nothing opens before the watch', () => {
  assert.deepEqual(alertsOf({ a: [1, 0, 0, 0], b: [1, 1, 0, 0] }), [
    { entity: 'b', start: 0, end: 2 * STEP, alertedAt: STEP },
  ]);
  assert.deepEqual(alertsOf({ a: [1, 1, 1, 1] }, STEP), [
    { entity: 'a', start: STEP, end: 4 * STEP, alertedAt: 2 * STEP },
  ]);
});

test('a replay knows the anomalous rows, and the row at which an incident was resolved', () => {
  const rows = rowsOf({ a: [0, 1, 1, 0, 0, 0], b: [1, 1, 0] });
  const { alerts, anomalous } = replayRows({ rows, policy, step: STEP, watchFrom: 0 });
  assert.deepEqual(
    alerts.map(({ entity, resolvedAt }) => [entity, resolvedAt]),
    [
      ['a', 4 * STEP],
      ['b', undefined],
    ],
  );
  assert.deepEqual([...anomalous], [0, 1, 1, 0, 0, 0, 1, 1, 0]);
});

test('the incidents are those of the decision stage on the whole window', () => {
  const scores = fc.array(fc.constantFrom(0, 1, 2, NaN), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(scores, scores, (a, b) => {
      const rows = rowsOf({ a, b });
      const decided = decideWindow({
        rows,
        policy,
        tracks: {},
        watchFrom: 0,
        step: STEP,
        detector: 'd',
        modelVersion: 'v',
      });
      const last = new Map(decided.transitions.map((transition) => [transition.anomalyId, transition]));
      assert.deepEqual(
        alertsOf({ a, b }).map(({ entity, start, end }) => ({ entity, start, end })),
        [...last.values()].map(({ entity, start, lastAnomalous }) => ({
          entity,
          start,
          end: lastAnomalous + STEP,
        })),
      );
    }),
  );
});

function alertsOf(scores: Readonly<Record<string, readonly number[]>>, watchFrom = 0) {
  return findAlerts({ rows: rowsOf(scores), policy, step: STEP, watchFrom });
}

function rowsOf(scores: Readonly<Record<string, readonly number[]>>): ScoredRows {
  const entities = Object.keys(scores);
  const rows = Object.values(scores).flatMap((of, entity) =>
    of.map((score, row) => ({ score, entity, row })),
  );
  return {
    entities,
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ row }) => row * STEP),
    scores: Float64Array.from(rows, ({ score }) => score),
    deviations: new Float64Array(rows.length).fill(9),
  };
}
