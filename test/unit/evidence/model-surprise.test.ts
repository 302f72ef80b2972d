/** What the model's surprise is no evidence of: an entity's first rows, and changes that do not matter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrateEvidence } from '../../../lib/evidence/calibrate-evidence.ts';
import { type FittedEvidence, gatherEvidence } from '../../../lib/evidence/evidence.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';

const MINUTE = 60_000;
const HOUR = 60;
const LOOKBACK = 20;
/** Of the only metric; 1 is its spread. */
const LEAST = 0.5;

const KNOWN = series('old', 20 * HOUR, (i) => Math.sin(i * 1.7));
const FITTED = fit(KNOWN);

test('a new entity has no evidence in its first hour, and of the model none until that looks back on none of it', () => {
  const x = series('new', 4 * HOUR, (i) => Math.sin(i * 1.7) + 50);
  const { metrics, joint } = gather(x, () => 100);
  // The first row whose stretch lies behind that hour; where it was in it is no level of its own.
  assert.equal(metrics.findIndex(isTold), HOUR + 3);
  assert.ok(metrics.subarray(HOUR + 3, 2 * HOUR).every(isTold));
  assert.equal(joint.findIndex(isTold), HOUR + LOOKBACK + 30);
});

test('an entity that training knew has evidence at once', () => {
  const { metrics, joint } = gather(
    series('old', HOUR, () => 50),
    () => 100,
  );
  assert.equal(metrics.findIndex(isTold), 2);
  assert.equal(joint.findIndex(isTold), 2);
});

test('however surprised the model is, a change that does not matter is no evidence; one that does is', () => {
  const moved = (by: number) =>
    gather(
      series('old', 3 * HOUR, (i) => (i < HOUR ? 0 : by)),
      (i) => (i < HOUR ? 0 : 100),
    ).joint;
  assert.equal(moved(0.9 * LEAST).findIndex(isTold), -1);
  assert.equal(moved(-1.1 * LEAST).findIndex(isTold), HOUR + 1);
});

test('what mattered a moment ago counts while the model may look back on it, and no longer', () => {
  const { joint } = gather(
    series('old', 3 * HOUR, (i) => (i === HOUR ? 2 * LEAST : 0)),
    (i) => (i < HOUR ? 0 : 100),
  );
  assert.equal(joint.findIndex(isTold), HOUR + 1);
  assert.equal(joint[HOUR + 35], 0);
});

function isTold(evidence: number): boolean {
  return evidence >= 1;
}

function gather(x: FeatureMatrix, scoreAt: (i: number) => number) {
  const scores = Float64Array.from(x.times.keys(), scoreAt);
  return gatherEvidence({ x, scores, fitted: FITTED, lookback: LOOKBACK, leastChanges });
}

function fit(x: FeatureMatrix): FittedEvidence {
  const learned = new Uint8Array(x.times.length).fill(1);
  const scores = Float64Array.from(x.times.keys(), (i) => Math.abs(Math.sin(i)));
  return calibrateEvidence({
    whole: { x, learned, scores },
    folds: [],
    settings: {
      step: MINUTE,
      settleAfter: 3 * HOUR * MINUTE,
      budget: { count: 1, per: 7 * 24 * HOUR * MINUTE },
      leastChanges,
      directions: ['both'],
    },
  });
}

function leastChanges(): readonly number[] {
  return [LEAST];
}

function series(entity: string, rows: number, valueAt: (i: number) => number): FeatureMatrix {
  return {
    names: ['cpu'],
    entities: [entity],
    entityOf: new Uint32Array(rows),
    times: Float64Array.from({ length: rows }, (_, i) => Date.UTC(2026, 0, 1) + i * MINUTE),
    values: Float32Array.from({ length: rows }, (_, i) => valueAt(i)),
  };
}
