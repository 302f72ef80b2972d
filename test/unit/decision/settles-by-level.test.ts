/** From a metric's values to the end of its anomaly: what settles and what stays open, on several seeds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionPolicy } from '../../../lib/decision/contract.ts';
import { decideWindow } from '../../../lib/decision/decide.ts';
import { isStillMoving } from '../../../lib/decision/settling.ts';
import { gatherEvidence } from '../../../lib/evidence/evidence.ts';
import {
  countComponents,
  countSettleRows,
  describeComponent,
  planScan,
} from '../../../lib/evidence/statistics.ts';
import { fitScoreTail } from '../../../lib/maths/score-tail.ts';
import { normalRows } from '../../helpers/feature-matrices.ts';
import { inputOf, STEP } from '../evidence/scan-series.ts';

const HOUR = 60;
const ONSET = 8 * HOUR;
const PLAN = planScan(STEP, 3 * HOUR * STEP);
/** What means of so many rows go by themselves. */
const REACH: Readonly<Record<number, number>> = { 0: 4.5, 8: 3, 30: 2, 60: 1.5, 120: 1.2 };
const POLICY: DecisionPolicy = {
  by: 'evidence',
  threshold: 1,
  holdAbove: 0.6,
  settleRows: countSettleRows(PLAN),
  minDeviation: 0,
  k: 1,
  n: 1,
  resolveAfter: 5,
};

/** When the first anomaly from ONSET on was over, in hours after that, and how it ended; undefined while it is open. */
function firstEnd(
  seed: number,
  hours: number,
  valueAt: (i: number, noise: number) => number,
): { readonly state: string; readonly after: number } | undefined {
  const noise = normalRows(ONSET + hours * HOUR, 1, seed);
  const values = Float64Array.from(noise, ([own], i) => (i < ONSET ? own! : valueAt(i - ONSET, own!)));
  const { x, expectation, leastChanges } = inputOf([values], { plan: PLAN });
  const scores = new Float64Array(values.length).fill(Number.NaN);
  const reach = Float64Array.from({ length: countComponents(1, PLAN) }, (_, component) => {
    const { column, length } = describeComponent(component, { columns: 1, plan: PLAN });
    return column < 0 ? 9 : REACH[length]!;
  });
  const tail = fitScoreTail(Float64Array.from({ length: 100 }, (_, i) => i));
  const fitted = { plan: PLAN, expectation, tail, reach, pooledReach: new Float64Array(), starts: new Map() };
  const evidence = gatherEvidence({ x, scores, fitted, lookback: 0, leastChanges });
  const { transitions } = decideWindow({
    rows: { ...x, scores, deviations: new Float64Array(values.length), evidence },
    policy: POLICY,
    tracks: {},
    watchFrom: ONSET * STEP,
    step: STEP,
    detector: 'shop',
    modelVersion: 'v1',
  });
  assert.equal(transitions[0]?.state, 'opened', `seed ${seed}`);
  const ended = transitions.find(({ end }) => end !== undefined);
  return ended && { state: ended.state, after: (ended.end! / STEP - ONSET) / HOUR };
}

const SEEDS = [1, 2, 3, 4, 5];

test('a level that moved and stays settles after some hours, also with twice and three times the noise', () => {
  for (const seed of SEEDS)
    for (const [level, wider] of [
      [6, 1],
      [-10, 2],
      [20, 3],
      [300, 20],
    ] as const) {
      const end = firstEnd(seed, 8, (_, noise) => level + wider * noise);
      assert.equal(end?.state, 'settled', `seed ${seed}, to ${level}`);
      assert.ok(end.after > 2.9 && end.after < 5, `seed ${seed}, to ${level}: ${end.after}`);
    }
});

test('what climbs on for a day stays open until it stands still, and what comes back has resolved', () => {
  for (const seed of SEEDS) {
    const climb = (i: number): number => (2 * Math.min(i, 24 * HOUR)) / HOUR;
    const stands = firstEnd(seed, 30, (i, noise) => climb(i) + noise);
    assert.equal(stands?.state, 'settled', `seed ${seed}`);
    assert.ok(stands.after > 24, `seed ${seed}: ${stands.after}`);
    const back = firstEnd(seed, 12, (i, noise) => (i < 10 * HOUR ? climb(i) : 0) + noise);
    assert.equal(back?.state, 'resolved', `seed ${seed}`);
    assert.ok(Math.abs(back.after - 10) < 0.3, `seed ${seed}: ${back.after}`);
  }
});

test('what goes to and fro between two levels stays open, for a day at most', () => {
  for (const seed of SEEDS)
    for (const rows of [5, 30]) {
      const end = firstEnd(seed, 30, (i, noise) => (Math.floor(i / rows) % 2 === 0 ? 40 : 10) + noise);
      assert.equal(end?.state, 'settled', `seed ${seed}, each ${rows} minutes`);
      assert.ok(end.after > 23.5 && end.after < 28, `seed ${seed}, each ${rows} minutes: ${end.after}`);
    }
});

test('where a level takes longer than half a day to settle, what does not stay is open for twice as long as that', () => {
  const row = { offOf: () => 2, staysAt: () => false };
  const isOpenAfter = (hours: number, step: number): boolean =>
    isStillMoving(
      {
        id: 'a',
        start: 0,
        lastAnomalous: hours * HOUR * STEP,
        quietRows: 0,
        peakScore: 2,
        modelVersion: 'v',
        toldScore: 2,
        sequence: 1,
        byMetrics: true,
        levels: { 'cpu above': { rows: 0, sum: 0 } },
      },
      row,
      { policy: { ...POLICY, settleRows: 24 }, step },
    );
  assert.deepEqual(
    [23, 24].map((hours) => isOpenAfter(hours, STEP)),
    [true, false],
  );
  assert.deepEqual(
    [24, 47, 48].map((hours) => isOpenAfter(hours, HOUR * STEP)),
    [true, true, false],
  );
});
