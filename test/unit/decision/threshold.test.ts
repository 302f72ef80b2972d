import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ModelError } from '../../../lib/base/errors.ts';
import { rowsForPercentile } from '../../../lib/config/percentile.ts';
import { calibrateThreshold } from '../../../lib/decision/threshold.ts';

test('the percentile is that of NumPy', () => {
  // numpy.percentile([.3, .1, .4, .15, .9, .2, .6, .5, .35, .8], [50, 75, 90])
  const scores = Float64Array.of(0.3, 0.1, 0.4, 0.15, 0.9, 0.2, 0.6, 0.5, 0.35, 0.8);
  assert.equal(calibrateThreshold(scores, 50).threshold, 0.375);
  assert.ok(Math.abs(calibrateThreshold(scores, 75).threshold - 0.575) < 1e-12);
  assert.ok(Math.abs(calibrateThreshold(scores, 90).threshold - 0.81) < 1e-12);
});

test('rows without a score take no part and are counted', () => {
  const scores = Float64Array.of(Number.NaN, 3, 1, Number.NaN, 2);
  assert.deepEqual(calibrateThreshold(scores, 50), { threshold: 2, scored: 3, ignored: 2, atOrAbove: 2 });
  assert.equal(Number.isNaN(scores[0]), true, 'the input stays as it is');
  assert.equal(scores[1], 3);
});

test('tied scores are counted for what they are', () => {
  assert.deepEqual(calibrateThreshold(new Float64Array(200).fill(0.5), 99.5), {
    threshold: 0.5,
    scored: 200,
    ignored: 0,
    atOrAbove: 200,
  });
});

test('too few scores for the percentile are refused, with both numbers', () => {
  const rows: [percentile: number, rows: number][] = [
    [50, 2],
    [99, 100],
    [99.5, 200],
    [99.9, 1000],
    [99.99, 10_000],
    [99.999, 100_000],
  ];
  for (const [percentile, needed] of rows) assert.equal(rowsForPercentile(percentile), needed);
  const scores = new Float64Array(210).map((_, row) => (row < 199 ? row : Number.NaN));
  assert.throws(
    () => calibrateThreshold(scores, 99.5),
    (error) =>
      error instanceof ModelError &&
      error.message === '199 of 210 training rows have a score; percentile 99.5 needs at least 200',
  );
  assert.throws(() => calibrateThreshold(new Float64Array(0), 50), ModelError);
});

test('infinite scores and percentiles out of range are refused', () => {
  for (const bad of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    assert.throws(() => calibrateThreshold(Float64Array.of(1, bad, 2), 50), ModelError);
  for (const percentile of [0, 100, -1, Number.NaN])
    assert.throws(() => calibrateThreshold(new Float64Array(100_000), percentile), ModelError);
});

test('about as many rows as the percentile says lie above the threshold', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(), { minLength: 100, maxLength: 300 }),
      fc.constantFrom(50, 90, 95, 99),
      (scores, percentile) => {
        const { threshold, scored, atOrAbove } = calibrateThreshold(Float64Array.from(scores), percentile);
        assert.equal(atOrAbove, scores.filter((score) => score >= threshold).length);
        const expected = (scored * (100 - percentile)) / 100;
        assert.ok(Math.abs(atOrAbove - expected) <= 1, `${atOrAbove} of ${scored} at ${percentile}`);
      },
    ),
    // Shrinking arrays of this length takes minutes and tells nothing.
    { endOnFailure: true },
  );
});
