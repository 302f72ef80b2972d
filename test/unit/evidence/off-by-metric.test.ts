/** How far each metric is off what training predicts: the same that `anchored` is the largest of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type FittedEvidence,
  gatherEvidence,
  OFF_UNITS,
  pickEvidence,
  sliceEvidence,
} from '../../../lib/evidence/evidence.ts';
import { countComponents, planScan } from '../../../lib/evidence/statistics.ts';
import { fitScoreTail } from '../../../lib/maths/score-tail.ts';
import { inputOf, STEP } from './scan-series.ts';

const ROWS = 60;
const FROM = 40;
const PLAN = planScan(STEP, 180 * STEP);

/** From row 40 on the first metric is four spreads higher, the second two lower; two spreads are what alerts. */
function gather() {
  const columns = [4, -2, 0].map((off) =>
    Float64Array.from({ length: ROWS }, (_, i) => (i >= FROM ? off : 0)),
  );
  const { x, expectation, leastChanges } = inputOf(columns, { plan: PLAN });
  const fitted: FittedEvidence = {
    plan: PLAN,
    expectation,
    tail: fitScoreTail(Float64Array.from({ length: 100 }, (_, i) => i)),
    reach: new Float64Array(countComponents(3, PLAN)).fill(2),
    pooledReach: new Float64Array(),
    starts: new Map(),
  };
  return gatherEvidence({
    x,
    scores: new Float64Array(ROWS).fill(Number.NaN),
    fitted,
    lookback: 0,
    leastChanges,
  });
}

test('each metric by itself, with the side to which it is off', () => {
  const { off, anchored } = gather();
  const last = off.subarray((ROWS - 1) * 3);
  assert.deepEqual([...last], [2 * OFF_UNITS, -OFF_UNITS, 0]);
  assert.deepEqual([...off.subarray(0, FROM * 3)], new Array(FROM * 3).fill(0));
  for (let row = 0; row < ROWS; row++) {
    const largest = Math.max(...off.subarray(row * 3, row * 3 + 3).map(Math.abs)) / OFF_UNITS;
    assert.ok(Math.abs(largest - anchored[row]!) <= 0.5 / OFF_UNITS, `row ${row}`);
  }
});

test('it stays with its rows where some of them are taken', () => {
  const evidence = { ...gather(), agree: Uint8Array.from({ length: ROWS * 3 }, (_, at) => at % 2) };
  const rows = Uint32Array.of(ROWS - 1, 4, FROM + 9);
  const picked = pickEvidence(evidence, rows);
  for (const [at, row] of rows.entries()) {
    const own = [...evidence.off.subarray(row * 3, row * 3 + 3)];
    assert.deepEqual([...picked.off.subarray(at * 3, at * 3 + 3)], own);
    assert.deepEqual([...sliceEvidence(evidence, row, row + 1).off], own);
    const agree = [...evidence.agree.subarray(row * 3, row * 3 + 3)];
    assert.deepEqual([...picked.agree.subarray(at * 3, at * 3 + 3)], agree);
    assert.deepEqual([...sliceEvidence(evidence, row, row + 1).agree], agree);
  }
});
