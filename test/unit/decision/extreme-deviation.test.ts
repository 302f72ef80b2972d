import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrateExtreme, EXTREME_FACTOR, LEAST_EXTREME } from '../../../lib/decision/extreme-deviation.ts';
import { decide, line, POLICY, type Row, STEP } from './decide-rows.ts';

/** One entity, a row a step. */
function calibrate(deviations: readonly number[], labels?: readonly number[]): number {
  return calibrateExtreme({
    rows: {
      entityOf: new Uint32Array(deviations.length),
      times: Float64Array.from(deviations, (_, row) => row * STEP),
      deviations: Float64Array.from(deviations),
    },
    labels: labels && Uint8Array.from(labels),
    policy: { k: 2, n: 3 },
    step: STEP,
  });
}

test('what k of n rows of training reached together is what counts, not a single spike', () => {
  assert.equal(calibrate([1, 1, 900, 1, 1, 1]), LEAST_EXTREME);
  assert.equal(calibrate([1, 20, 1, 30, 1, 1]), 20 * EXTREME_FACTOR);
  assert.equal(calibrate([1, 40, 50, 60, 1]), 50 * EXTREME_FACTOR);
});

test('rows more than n apart, labelled rows and moved constants do not count', () => {
  assert.equal(calibrate([20, 1, 1, 30]), LEAST_EXTREME);
  assert.equal(calibrate([20, 30, 40], [0, 1, 1]), LEAST_EXTREME);
  assert.equal(calibrate([20, Infinity, Infinity]), LEAST_EXTREME);
});

test('a gap and another entity end a run', () => {
  const rows = {
    deviations: Float64Array.of(20, 30),
    entityOf: Uint32Array.of(0, 0),
    times: Float64Array.of(0, 2 * STEP),
  };
  const given = { labels: undefined, policy: { k: 2, n: 3 }, step: STEP };
  assert.equal(calibrateExtreme({ ...given, rows }), LEAST_EXTREME);
  const apart = { ...rows, entityOf: Uint32Array.of(0, 1), times: Float64Array.of(0, STEP) };
  assert.equal(calibrateExtreme({ ...given, rows: apart }), LEAST_EXTREME);
});

test('one metric far out opens an incident though the score stays low, and a moved constant does not', () => {
  const policy = { ...POLICY, extremeDeviation: 50 };
  const far = (deviation: number): Row[] =>
    line('.####.').map(([at, score]) => [at, score / 2, score > 0.5 ? deviation : 1]);
  assert.deepEqual(
    decide({ a: far(80) }, { policy }).transitions.map(({ state }) => state),
    ['opened'],
  );
  assert.deepEqual(decide({ a: far(49) }, { policy }).transitions, []);
  assert.deepEqual(decide({ a: far(Infinity) }, { policy }).transitions, []);
  assert.deepEqual(decide({ a: far(80) }).transitions, [], 'a policy without the rule');
});

test('a new model does not make an open incident worse by scoring on another scale', () => {
  const opened = decide({ a: line('.####') });
  const higher = (from: number, score: number): Row[] => [0, 1, 2].map((at) => [from + at, score]);
  const same = decide({ a: higher(5, 0.999) }, { tracks: opened.tracks });
  const other = decide({ a: higher(5, 0.999) }, { tracks: opened.tracks, modelVersion: 'v2' });
  assert.deepEqual(other.transitions, []);
  assert.equal(other.tracks['a']?.open?.toldScore, 0.999);
  assert.equal(other.tracks['a']?.open?.id, opened.tracks['a']?.open?.id);
  // Under one model the same rise is one to tell of.
  const risen = decide({ a: higher(5, 1.3) }, { tracks: opened.tracks });
  assert.deepEqual(
    risen.transitions.map(({ state }) => state),
    ['updated'],
  );
  assert.ok(same.transitions.length <= 1);
});
