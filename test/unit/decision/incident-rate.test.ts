import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScoredRows } from '../../../lib/decision/contract.ts';
import { findPeaks, levelRows, type RowLevels } from '../../../lib/decision/incident-peaks.ts';
import { findBudgetThreshold } from '../../../lib/decision/incident-rate.ts';
import { seedRandom } from '../../../lib/models/random.ts';

const STEP = 60_000;
const DAY = 86_400_000;
const RULES = { k: 4, n: 5, resolveAfter: 10, minDeviation: 3 };

/** Surprises with a memory: an autoregressive normal level, as -log10 of its upper tail. Two entities. */
function drawRows(days: number, seed: number, memory: number): ScoredRows {
  const random = seedRandom(seed);
  const perEntity = days * 1440;
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.nextFloat())) * Math.cos(2 * Math.PI * random.nextFloat());
  const scores = new Float64Array(2 * perEntity);
  let level = 0;
  for (const row of scores.keys()) {
    level = memory * level + Math.sqrt(1 - memory ** 2) * normal();
    scores[row] = Math.max(0, level) ** 2 / (2 * Math.LN10);
  }
  return {
    entities: ['a', 'b'],
    entityOf: Uint32Array.from(scores, (_, row) => Math.floor(row / perEntity)),
    times: Float64Array.from(scores, (_, row) => (row % perEntity) * STEP),
    scores,
    deviations: new Float64Array(scores.length).fill(9),
  };
}

function levelsOf(rows: ScoredRows): RowLevels {
  return levelRows({ rows, labels: undefined, rules: RULES, step: STEP });
}

test('new data opens as many incidents as the budget allows, however its scores cluster', () => {
  for (const memory of [0, 0.8, 0.97]) {
    const known = levelsOf(drawRows(21, 1, memory));
    const fresh = levelsOf(drawRows(70, 2, memory));
    for (const count of [0.5, 1, 4]) {
      const { threshold, expected: daily } = findBudgetThreshold(known, { count, per: DAY })!;
      const opened = findPeaks(fresh, threshold).length;
      assert.ok(daily <= count);
      const expected = 70 * daily;
      assert.ok(
        opened > expected / 2 && opened < expected * 2,
        `memory ${memory}: ${opened} in place of ${expected}`,
      );
    }
  }
});

test('rarer than history can show is said to be extrapolated', () => {
  const known = levelsOf(drawRows(3, 1, 0.9));
  const week = findBudgetThreshold(known, { count: 1, per: 7 * DAY })!;
  assert.equal(week.exposure, 3 * DAY);
  assert.ok(Math.abs(week.beyond - 7 / 3) < 1e-9);
  const day = findBudgetThreshold(known, { count: 10, per: DAY })!;
  assert.ok(day.beyond < 1 && day.threshold < week.threshold);
});

test('a smaller budget never has a lower threshold', () => {
  const known = levelsOf(drawRows(5, 3, 0.9));
  const thresholds = [0.01, 0.1, 1, 3, 10].map(
    (count) => findBudgetThreshold(known, { count, per: DAY })!.threshold,
  );
  assert.deepEqual(
    thresholds,
    thresholds.toSorted((a, b) => b - a),
  );
});

test('a budget that is never used up takes the threshold that opens most, and says what to expect', () => {
  const known = levelsOf(drawRows(2, 4, 0.9));
  const { expected } = findBudgetThreshold(known, { count: 100_000, per: DAY })!;
  assert.ok(expected < 1000, `${expected}`);
});

test('too few incidents tell nothing, unless more are allowed than there are', () => {
  const quiet = drawRows(1, 5, 0.5);
  const near = levelsOf({ ...quiet, deviations: quiet.deviations.map(() => 0) });
  for (const levels of [levelsOf({ ...quiet, scores: quiet.scores.map(() => 1) }), near])
    assert.equal(findBudgetThreshold(levels, { count: 0.5, per: DAY }), undefined);
  const ample = findBudgetThreshold(near, { count: 2, per: DAY })!;
  assert.deepEqual([ample.peaks, ample.expected], [0, 1]);
  assert.ok(ample.threshold > 0);
});
