import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionPolicy, ScoredRows } from '../../../lib/decision/contract.ts';
import { followUsual, judgeRow } from '../../../lib/decision/judge-row.ts';
import { EVIDENCE_POLICY } from './evidence-rows.ts';

function rowOf(evidence: {
  metrics?: number;
  joint?: number;
  anchored?: number;
  column?: number;
  off?: readonly [number, number];
}): ScoredRows {
  const { metrics = 0, joint = 0, anchored = 0, column = -1, off = [0, 0] } = evidence;
  return {
    entities: ['a'],
    entityOf: new Uint32Array(1),
    times: new Float64Array(1),
    scores: Float64Array.of(0.9),
    deviations: Float64Array.of(5),
    evidence: {
      names: ['cpu', 'memory'],
      metrics: Float64Array.of(metrics),
      joint: Float64Array.of(joint),
      anchored: Float64Array.of(anchored),
      off: Int8Array.from(off),
      agree: Uint8Array.from(off, (each) => Number(each % 2 === 0)),
      telling: Int32Array.of(10 * column),
      series: Int32Array.of(column),
      stretch: Uint16Array.of(8),
      sinceOnset: Uint8Array.of(2),
      jointSinceOnset: Uint8Array.of(3),
    },
  };
}

function judge(
  evidence: Parameters<typeof rowOf>[0],
  usual?: { level: number; below: number; modelVersion: string },
) {
  return judgeRow(rowOf(evidence), 0, { policy: EVIDENCE_POLICY, ...(usual && { usual }) });
}

const USUAL = { level: 2, below: 0, modelVersion: 'v1' };

test('1 opens, and what holds is less', () => {
  const judged = (metrics: number) => {
    const { anomalous, holds } = judge({ metrics });
    return [anomalous, holds];
  };
  assert.deepEqual(judged(1), [true, true]);
  assert.deepEqual(judged(0.99), [false, true]);
  assert.deepEqual(judged(0.6), [false, true]);
  assert.deepEqual(judged(0.59), [false, false]);
});

test('the larger of metrics and model counts, and names the cause', () => {
  assert.deepEqual(
    [judge({ metrics: 3, joint: 2, column: 7 }), judge({ metrics: 2, joint: 3, column: 7 })].map(
      ({ level, cause, joint }) => ({ level, cause, joint }),
    ),
    [
      { level: 3, cause: 7, joint: 2 },
      { level: 3, cause: -2, joint: 3 },
    ],
  );
  assert.equal(judge({ metrics: 3, column: -1 }).cause, -1);
});

test('what the model says usually is no news, and what comes on top of it is', () => {
  assert.equal(judge({ joint: 2.5 }, USUAL).level, 0.5);
  assert.equal(judge({ joint: 3.5 }, USUAL).anomalous, true);
  assert.equal(judge({ metrics: 1.5, joint: 2 }, USUAL).level, 1.5);
});

test('a row is away where metrics are off their training, whatever the model says of it', () => {
  assert.equal(judge({ anchored: 0.6 }).isAway, true);
  assert.equal(judge({ anchored: 0.5 }).isAway, false);
  assert.equal(judge({ joint: 1 }, USUAL).isAway, false);
  assert.equal(judge({ joint: 1 }, USUAL).isUsualOfModel, true);
  assert.equal(judge({ joint: 0.9 }, USUAL).isUsualOfModel, false);
  assert.equal(judge({ joint: 1 }).isUsualOfModel, false);
});

test('how far one metric is off is told of its side alone', () => {
  const { offOf } = judge({ off: [24, -8] });
  assert.deepEqual(
    ['cpu above', 'cpu below', 'memory above', 'memory below', 'disk above', 'the model'].map(offOf),
    [1.5, 0, 0, 0.5, 0, 0],
  );
});

test('whether a metric stays where it has been of late is told of each', () => {
  const { staysAt } = judge({ off: [24, -7] });
  assert.deepEqual(['cpu above', 'memory below', 'disk above', 'the model'].map(staysAt), [
    true,
    false,
    false,
    false,
  ]);
});

test('the metric that tells most is named also where the model says more', () => {
  assert.equal(judge({ metrics: 2, joint: 3, column: 1 }).metricReason, 'cpu below');
  assert.equal(judge({ metrics: 2, joint: 3, column: -1 }).metricReason, undefined);
});

test('a usual level is given up after so many rows in a row well below it', () => {
  let usual: ReturnType<typeof followUsual> = USUAL;
  for (const joint of [0, 0, 1, 0, 0]) usual = followUsual(usual, joint, 3);
  assert.deepEqual(usual, { ...USUAL, below: 2 });
  assert.equal(followUsual(usual, 0.99, 3), undefined);
  assert.deepEqual(followUsual(usual, 1, 3), USUAL);
  assert.equal(followUsual(undefined, 5, 3), undefined);
});

test('by a percentile evidence has no part', () => {
  const policy: DecisionPolicy = { threshold: 0.8, minDeviation: 3, k: 1, n: 1, resolveAfter: 3 };
  const { offOf, staysAt, ...judged } = judgeRow(rowOf({ metrics: 0, anchored: 9, off: [99, 0] }), 0, {
    policy,
  });
  assert.equal(offOf('cpu above'), 0);
  assert.equal(staysAt('cpu above'), false);
  assert.deepEqual(judged, {
    level: 0.9,
    anomalous: true,
    holds: true,
    isAway: false,
    off: [],
    isUsualOfModel: false,
    metrics: 0,
    joint: 0,
    cause: -2,
    reason: 'the model',
    metricReason: undefined,
    stretch: 1,
    sinceOnset: 0,
  });
  assert.equal(judgeRow(rowOf({ metrics: 9 }), 0, { policy: { ...policy, threshold: 1 } }).anomalous, false);
});
