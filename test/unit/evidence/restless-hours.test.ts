/** Backups that burst every night at some minute between two and three o'clock, and the same transmission at noon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrateEvidence } from '../../../lib/evidence/calibrate-evidence.ts';
import { gatherEvidence } from '../../../lib/evidence/evidence.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

const STEP = 60_000;
const DAY_ROWS = 1440;
const DAYS = 8;
const TRAINED = (DAYS - 1) * DAY_ROWS;
const NOON = TRAINED + 12 * 60;
const LEAST_CHANGES = () => new Float64Array(1);

/** @param noon what a quarter of an hour of the last day's noon is raised by; a night by 40 */
function draw(noon: number): FeatureMatrix {
  const random = seedRandom(3);
  const begins = Array.from({ length: DAYS }, (_, day) => day * DAY_ROWS + 120 + random.nextBelow(45));
  const values = Float32Array.from({ length: DAYS * DAY_ROWS }, (_, row) => {
    const isBackup = begins.some((begin) => row >= begin && row < begin + 15);
    const isNoon = row >= NOON && row < NOON + 15;
    return 2 * random.nextFloat() - 1 + (isBackup ? 40 : 0) + (isNoon ? noon : 0);
  });
  return {
    names: ['sent'],
    entities: ['web'],
    entityOf: new Uint32Array(values.length),
    times: Float64Array.from(values, (_, row) => row * STEP),
    values,
  };
}

test('what a backup sends every night is an anomaly at noon, and none at night', () => {
  const x = draw(20);
  const learned = Uint8Array.from(x.times, (_, row) => Number(row < TRAINED));
  const scores = Float64Array.from(x.times, (_, row) => (row * 7919) % 97);
  const blockOf = (row: number): number => Math.floor((4 * row) / TRAINED);
  const folds = [0, 1, 2, 3].map((block) => ({
    x,
    scores,
    leastChanges: LEAST_CHANGES,
    learned: learned.map((is, row) => (blockOf(row) === block ? 0 : is)),
    judged: learned.map((is, row) => (blockOf(row) === block ? is : 0)),
  }));
  const fitted = calibrateEvidence({
    whole: { x, scores, learned },
    folds,
    settings: {
      step: STEP,
      settleAfter: 3 * 3_600_000,
      budget: { count: 1, per: 7 * 86_400_000 },
      leastChanges: LEAST_CHANGES,
      directions: ['both'],
    },
  });
  assert.ok(fitted.expectation.entities.get('web')![0]!.season.scatter.length > 0);
  const { metrics } = gatherEvidence({ x, scores, fitted, lookback: 0, leastChanges: LEAST_CHANGES });
  const most = (from: number, to: number): number => Math.max(...metrics.subarray(from, to));
  assert.ok(most(NOON, NOON + 15) > 1.5, `noon ${most(NOON, NOON + 15)}`);
  assert.ok(most(TRAINED, TRAINED + 300) < 1, `night ${most(TRAINED, TRAINED + 300)}`);
});
