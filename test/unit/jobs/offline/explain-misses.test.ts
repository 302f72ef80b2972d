import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionPolicy, ScoredRows } from '../../../../lib/decision/contract.ts';
import { countComponents, planScan } from '../../../../lib/evidence/statistics.ts';
import { explainMiss, type Miss, nearestMiss } from '../../../../lib/jobs/offline/explain-misses.ts';

const STEP = 60_000;
const ROWS = 200;
const EVENT = { entity: 'web', start: 100 * STEP, end: 130 * STEP };
const BY_EVIDENCE: DecisionPolicy = {
  by: 'evidence',
  threshold: 1,
  holdAbove: 0.6,
  minDeviation: 0,
  k: 1,
  n: 1,
  resolveAfter: 5,
};
const BY_SCORE: DecisionPolicy = { threshold: 0.5, minDeviation: 3, k: 4, n: 5, resolveAfter: 10 };
const PLAN = planScan(STEP, 180 * STEP);
/** Of the second column, below, over 120 rows; the last of the metrics' statistics. */
const LONG_BELOW = countComponents(2, PLAN) - PLAN.jointLengths.length - 1;

test('how near the evidence came, and by what', () => {
  const cases: [given: Parameters<typeof rowsOf>[0], said: string][] = [
    [
      { metrics: { 120: 0.81 }, telling: LONG_BELOW },
      'reached 81 % of the threshold, by memory below what was expected, mean over 2h',
    ],
    [
      { metrics: { 101: 0.5 }, telling: 0 },
      'reached 50 % of the threshold, by cpu above what was expected, in 3 of 4 rows',
    ],
    [
      { metrics: { 101: 0.5 }, telling: -1 },
      'reached 50 % of the threshold, by several metrics, each a little',
    ],
    [
      { metrics: { 101: 0.5 }, joint: 0.934, telling: 0 },
      'reached 93 % of the threshold, by all metrics together',
    ],
    // Outside of it, whatever it is.
    [
      { metrics: { 90: 0.9, 130: 0.9, 129: 0.25 }, telling: 0 },
      'reached 25 % of the threshold, by cpu above what was expected, in 3 of 4 rows',
    ],
    [
      { metrics: { 120: 1.5 }, telling: 0 },
      'reached 150 % of the threshold, by cpu above what was expected, in 3 of 4 rows; the same had been told of or had settled before, or had come at this hour of two days of the week before',
    ],
  ];
  for (const [given, said] of cases) assert.equal(explain(given).said, said);
  const { why, reached, by } = explain({ metrics: { 120: 0.81 }, telling: LONG_BELOW });
  assert.deepEqual([why, reached], ['below', 0.81]);
  assert.deepEqual(by, { kind: 'metric', metric: 'memory', side: 'below', over: 120 * STEP });
});

test('what kept it from being judged', () => {
  const near = { metrics: { 120: 0.9 }, telling: 0 };
  assert.equal(explain(near, { watchFrom: EVENT.end }).why, 'unwatched');
  assert.equal(explain({ ...near, entity: 'other' }).why, 'no-score');
  // All rows of the event lie within the first hour of an entity that training did not know.
  assert.equal(explain({ metrics: {} }, { known: ['db'], firstRow: 95 }).why, 'young');
  // Of its workload it is known how pods start: it was judged.
  assert.equal(explain(near, { known: ['db'], firstRow: 95 }).why, 'below');
  assert.equal(explain(near, { known: ['db'] }).why, 'below');
});

test('by score: too brief, or no metric far enough off', () => {
  const far = { scores: { 101: 0.6, 102: 0.6 }, deviation: 5 };
  assert.equal(
    explain(far, { policy: BY_SCORE }).said,
    'reached 120 % of the threshold, in fewer than 4 of 5 rows',
  );
  assert.equal(
    explain({ ...far, deviation: 2 }, { policy: BY_SCORE }).said,
    'reached 120 % of the threshold, but no metric was 3 robust standard deviations off',
  );
  assert.equal(
    explain({ scores: { 101: 0.4 }, deviation: 5 }, { policy: BY_SCORE }).said,
    'reached 80 % of the threshold',
  );
});

test('of several versions the one that came nearest speaks', () => {
  const near = explain({ metrics: { 120: 0.9 }, telling: 0 });
  const far = explain({ metrics: { 120: 0.2 }, telling: 0 });
  const unwatched = explain({}, { watchFrom: 130 * STEP });
  assert.equal(nearestMiss([unwatched, far, near]), near);
});

interface Given {
  /** Row → evidence. */
  readonly metrics?: Readonly<Record<number, number>>;
  readonly joint?: number;
  readonly telling?: number;
  readonly scores?: Readonly<Record<number, number>>;
  readonly deviation?: number;
  readonly entity?: string;
}

function rowsOf(given: Given, firstRow: number, policy: DecisionPolicy): ScoredRows {
  const { metrics = {}, joint = 0, telling = -1, scores = {}, deviation = 0, entity = 'web' } = given;
  const of = (values: Readonly<Record<number, number>>): Float64Array =>
    Float64Array.from({ length: ROWS - firstRow }, (_, i) => values[firstRow + i] ?? 0);
  const length = ROWS - firstRow;
  return {
    entities: [entity],
    entityOf: new Uint32Array(length),
    times: Float64Array.from({ length }, (_, i) => (firstRow + i) * STEP),
    scores: of(scores),
    deviations: new Float64Array(length).fill(deviation),
    ...(policy.by === 'evidence' && {
      evidence: {
        names: ['cpu'],
        metrics: of(metrics),
        joint: new Float64Array(length).fill(joint),
        telling: new Int32Array(length).fill(telling),
        series: new Int32Array(length).fill(-1),
        stretch: new Uint16Array(length),
        sinceOnset: new Uint8Array(length),
        jointSinceOnset: new Uint8Array(length),
        anchored: new Float64Array(length),
        off: new Int8Array(length),
        agree: new Uint8Array(length),
      },
    }),
  };
}

function explain(
  given: Given,
  how: {
    readonly watchFrom?: number;
    readonly known?: readonly string[];
    readonly firstRow?: number;
    readonly policy?: DecisionPolicy;
  } = {},
): Miss {
  const { watchFrom = Number.NEGATIVE_INFINITY, known = ['web'], firstRow = 0, policy = BY_EVIDENCE } = how;
  return explainMiss({
    event: EVENT,
    rows: rowsOf(given, firstRow, policy),
    fitted: {
      plan: { columns: [{ name: 'cpu' }, { name: 'memory' }] },
      manifest: { policy, step: STEP },
      evidence:
        policy.by === 'evidence'
          ? { plan: PLAN, expectation: { entities: new Map(known.map((name) => [name, []])) } }
          : undefined,
    } as unknown as Parameters<typeof explainMiss>[0]['fitted'],
    watchFrom,
  });
}
