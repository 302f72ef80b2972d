import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRarity } from '../../../lib/decision/calibration.ts';
import { seedRandom } from '../../../lib/maths/random.ts';
import { fitScoreTail } from '../../../lib/maths/score-tail.ts';

/** Exponential scores: one in e^s rows scores s, and each is on its own. */
function drawScores(rows: number, seed: number): Float64Array {
  const random = seedRandom(seed);
  return Float64Array.from({ length: rows }, () => -Math.log(1 - random.nextFloat()));
}

test('how often is said up to ten times beyond the data', () => {
  const calibration = { tail: fitScoreTail(drawScores(10_000, 5)), heldBack: true };
  const thousand = describeRarity(calibration, Math.log(1000));
  assert.ok(thousand.onceIn > 500 && thousand.onceIn < 2000 && !thousand.isBound);
  assert.deepEqual(describeRarity(calibration, 1e6), { onceIn: 100_000, isBound: true, heldBack: true });
  assert.equal(describeRarity(calibration, -5).onceIn, 1);
});
