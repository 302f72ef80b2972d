import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideWindow } from '../../../lib/decision/decide.ts';
import { findPeaks, levelRows } from '../../../lib/decision/incident-peaks.ts';

const STEP = 60_000;

test('as many incidents as the decision stage opens, at any threshold', () => {
  const row = fc.record({
    score: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 6 }) }, fc.constant(Number.NaN)),
    deviation: fc.constantFrom(0, 5, 5, 5, Number.POSITIVE_INFINITY),
    pause: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 4 })),
    isNew: fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, fc.constant(true)),
  });
  const rules = fc
    .record({
      k: fc.integer({ min: 1, max: 3 }),
      extra: fc.integer({ min: 0, max: 3 }),
      resolveAfter: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ k, extra, resolveAfter }) => ({ k, n: k + extra, resolveAfter, minDeviation: 3 }));
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 120 }),
      rules,
      fc.integer({ min: 1, max: 6 }),
      (given, policy, threshold) => {
        let time = 0;
        let entity = 0;
        const times = Float64Array.from(given, ({ pause }) => (time += pause * STEP));
        const entityOf = Uint32Array.from(given, ({ isNew }) => (entity += Number(isNew)));
        const rows = {
          entities: Array.from({ length: entity + 1 }, (_, i) => `e${String(i).padStart(3, '0')}`),
          entityOf,
          times,
          scores: Float64Array.from(given, ({ score }) => score),
          deviations: Float64Array.from(given, ({ deviation }) => deviation),
        };
        const { transitions } = decideWindow({
          rows,
          policy: { ...policy, threshold },
          tracks: {},
          watchFrom: Number.NEGATIVE_INFINITY,
          step: STEP,
          detector: 'd',
          modelVersion: 'v',
        });
        const peaks = findPeaks(levelRows({ rows, labels: undefined, rules: policy, step: STEP }), threshold);
        assert.equal(peaks.length, transitions.filter(({ state }) => state === 'opened').length);
        assert.ok(peaks.every((peak) => peak >= threshold));
      },
    ),
    { numRuns: 500 },
  );
});

test('a peak is the level that k of n rows reached together, and labelled rows reach none', () => {
  const scores = Float64Array.of(0, 5, 9, 4, 0, 0, 0, 7, 7, 0);
  const rows = {
    entities: [''],
    entityOf: new Uint32Array(10),
    times: Float64Array.from(scores, (_, i) => i * STEP),
    scores,
    deviations: new Float64Array(10).fill(9),
  };
  const rules = { k: 2, n: 3, resolveAfter: 2, minDeviation: 3 };
  const find = (labels: Uint8Array | undefined, threshold: number): number[] =>
    findPeaks(levelRows({ rows, labels, rules, step: STEP }), threshold);
  assert.deepEqual(find(undefined, 4), [5, 7]);
  assert.deepEqual(find(undefined, 6), [7]);
  assert.deepEqual(find(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 1, 0), 4), [5]);
});
