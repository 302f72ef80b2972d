import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rangeAuc, volumeUnderSurface } from '../../../../lib/evaluation/metrics/volume-under-surface.ts';
import { assertClose, labelledScores, readReference } from '../reference.ts';

for (const { name, maxBuffer, volumes, lastSlice, ...rows } of readReference('tsb-ad.json').cases)
  test(`TSB-AD's volumes: ${name}`, () => {
    const ours = volumeUnderSurface(labelledScores(rows), maxBuffer);
    for (const version of ['opt', 'opt_mem'] as const) {
      assertClose(ours.roc, volumes[version].roc, 1e-6, `VUS-ROC, ${version}`);
      assertClose(ours.pr, volumes[version].pr, 1e-6, `VUS-PR, ${version}`);
    }
    const slice = rangeAuc(labelledScores(rows), maxBuffer);
    assertClose([slice.roc, slice.pr], [lastSlice.roc, lastSlice.pr], 1e-6, 'at the longest buffer');
  });

test('without a buffer and with no more rows than thresholds, areas are those of the plain curves of the calls', () => {
  // Two of two found at the top: everything is right.
  const rows = labelledScores({ labels: [0, 1, 1, 0, 0], scores: [0, 3, 2, 0, 0] });
  assertClose(rangeAuc(rows, 0).roc, 1, 1e-12, 'ROC');
  assertClose(rangeAuc(rows, 0).pr, 1, 1e-12, 'PR');
});

test('an alarm just beside a range counts in part within the buffer, and not at all without', () => {
  const labels = Uint8Array.from({ length: 100 }, (_, row) => (row === 50 ? 1 : 0));
  const early = Float64Array.from({ length: 100 }, (_, row) => (row === 48 ? 1 : 0));
  const far = Float64Array.from({ length: 100 }, (_, row) => (row === 20 ? 1 : 0));
  const buffer = 10;
  assert.ok(
    rangeAuc({ labels, scores: early }, buffer).pr > 2 * rangeAuc({ labels, scores: far }, buffer).pr,
  );
  assert.equal(rangeAuc({ labels, scores: early }, 0).pr, rangeAuc({ labels, scores: far }, 0).pr);
});

test('no buffer reaches into another entity', () => {
  // The range ends the first entity; the alarm is on the first row of the second.
  const labels = Uint8Array.from({ length: 40 }, (_, row) => (row === 19 ? 1 : 0));
  const scores = Float64Array.from({ length: 40 }, (_, row) => (row === 20 ? 1 : 0));
  const entityOf = Uint32Array.from({ length: 40 }, (_, row) => (row < 20 ? 0 : 1));
  const apart = rangeAuc({ labels, scores, entityOf }, 10);
  assert.ok(apart.pr < 0.2, `${apart.pr}`);
  assert.ok(rangeAuc({ labels, scores }, 10).pr > 0.5);
  assert.throws(() => rangeAuc({ labels, scores, entityOf: new Uint32Array(3) }, 10), {
    message: /^entityOf: 3 values for 40 rows/,
  });
});

test('labelled ranges on both sides of a border between entities stay two', () => {
  const labels = Uint8Array.of(0, 0, 1, 1, 0, 0);
  const scores = Float64Array.of(0, 0, 1, 0, 0, 0);
  const one = rangeAuc({ labels, scores }, 0);
  const two = rangeAuc({ labels, scores, entityOf: Uint32Array.of(0, 0, 0, 1, 1, 1) }, 0);
  assert.ok(two.roc < one.roc, 'only one of two ranges was touched');
});

test('the buffer is a whole number of rows', () => {
  const rows = labelledScores({ labels: [0, 1], scores: [0, 1] });
  for (const buffer of [-1, 2.5, NaN, Infinity])
    assert.throws(() => volumeUnderSurface(rows, buffer), {
      name: 'EvaluationError',
      message: new RegExp(`a buffer of ${buffer} rows`),
    });
});

test('the volume is the mean of its slices, at most 1, and the same whatever the scale of scores', () => {
  const row = fc.record({ label: fc.integer({ min: 0, max: 1 }), score: fc.integer({ min: -4, max: 4 }) });
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 0, max: 12 }),
      (given, maxBuffer) => {
        const rows = labelledScores({
          labels: given.map(({ label }) => label),
          scores: given.map(({ score }) => score),
        });
        const volume = volumeUnderSurface(rows, maxBuffer);
        const slices = Array.from({ length: maxBuffer + 1 }, (_, buffer) => rangeAuc(rows, buffer));
        for (const area of ['roc', 'pr'] as const) {
          const mean = slices.reduce((sum, slice) => sum + slice[area], 0) / slices.length;
          assertClose(volume[area], mean, 1e-12, area);
          assert.ok(Number.isNaN(mean) || (mean >= -1e-12 && mean <= 1 + 1e-9), `${area} ${mean}`);
        }
        const scaled = { ...rows, scores: rows.scores.map((score) => score * 7 - 3) };
        assert.deepEqual(volumeUnderSurface(scaled, maxBuffer), volume);
      },
    ),
  );
});
