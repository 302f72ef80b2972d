import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrateBudget, describeRarity } from '../../../lib/decision/calibration.ts';
import type { ScoredRows } from '../../../lib/decision/contract.ts';
import { seedRandom } from '../../../lib/models/random.ts';
import { fitScoreTail, surpriseOf } from '../../../lib/statistics/score-tail.ts';

const STEP = 60_000;
const DAY = 86_400_000;
const RULES = { k: 1, n: 1, resolveAfter: 1, minDeviation: 0 };

/** Exponential scores: one in e^s rows scores s, and each is on its own. */
function drawScores(rows: number, seed: number): Float64Array {
  const random = seedRandom(seed);
  return Float64Array.from({ length: rows }, () => -Math.log(1 - random.nextFloat()));
}

function rowsOf(scores: Float64Array): ScoredRows {
  return {
    entities: [''],
    entityOf: new Uint32Array(scores.length),
    times: Float64Array.from(scores, (_, row) => row * STEP),
    scores,
    deviations: new Float64Array(scores.length),
  };
}

test('a model that knows its own rows too well is put right by rows that it did not know', () => {
  const training = fitScoreTail(drawScores(10_000, 1).map((score) => score / 2));
  // New rows score twice as high as the model's own: by its training, a new row looks as surprising as its square.
  const fresh = drawScores(10_000, 2);
  const { threshold, calibration } = calibrateBudget({
    training,
    heldBack: rowsOf(fresh.map((score) => surpriseOf(training, score))),
    isHeldBack: true,
    labels: undefined,
    rules: RULES,
    step: STEP,
    budget: { count: 10, per: DAY },
  });
  // 10 of 1,440 rows: e^-s = 10 / 1440.
  assert.ok(Math.abs(threshold - Math.log(144)) < 0.6, `${threshold}`);
  assert.ok(Math.abs(surpriseOf(calibration.tail, Math.log(1000)) - 3) < 0.3);
});

test('labelled rows have no part in it', () => {
  const scores = drawScores(10_000, 3);
  const labels = Uint8Array.from(scores, (_, row) => Number(row % 100 === 0));
  const raised = scores.map((score, row) => (labels[row] === 1 ? 30 : score));
  const training = fitScoreTail(scores);
  const find = (given: Float64Array, known: Uint8Array | undefined): number =>
    calibrateBudget({
      training,
      heldBack: rowsOf(given.map((score) => surpriseOf(training, score))),
      isHeldBack: true,
      labels: known,
      rules: RULES,
      step: STEP,
      budget: { count: 4, per: DAY },
    }).threshold;
  assert.ok(Math.abs(find(raised, labels) - find(scores, undefined)) < 0.5);
  assert.ok(find(raised, undefined) > 20);
});

test('without incidents to learn from, single rows bound the threshold', () => {
  const scores = drawScores(2_000, 4);
  const training = fitScoreTail(scores);
  const { threshold, calibration } = calibrateBudget({
    training,
    heldBack: rowsOf(scores.map((score) => surpriseOf(training, score))),
    isHeldBack: false,
    labels: undefined,
    rules: { ...RULES, minDeviation: 5 },
    step: STEP,
    budget: { count: 1, per: 7 * DAY },
  });
  assert.equal(calibration.heldBack, false);
  assert.equal(calibration.budget!.peaks, 0);
  assert.ok(Math.abs(surpriseOf(calibration.tail, threshold) - Math.log10(10_080)) < 0.01);
});

test('how often is said up to ten times beyond the data', () => {
  const calibration = { tail: fitScoreTail(drawScores(10_000, 5)), heldBack: true };
  const thousand = describeRarity(calibration, Math.log(1000));
  assert.ok(thousand.onceIn > 500 && thousand.onceIn < 2000 && !thousand.isBound);
  assert.deepEqual(describeRarity(calibration, 1e6), { onceIn: 100_000, isBound: true, heldBack: true });
  assert.equal(describeRarity(calibration, -5).onceIn, 1);
});
