import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countScores } from '../../../lib/report/findings/score-histogram.ts';

test('the threshold is an edge: no bin mixes rows of both sides, and every scored row is counted', () => {
  const score = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.constant(Number.NaN),
    fc.constant(0.5),
  );
  fc.assert(
    fc.property(
      fc.array(score, { minLength: 1, maxLength: 200 }),
      fc.double({ min: -10, max: 10, noNaN: true }),
      (values, threshold) => {
        const scores = Float64Array.from(values);
        const labels = Uint8Array.from(values, (_, i) => i % 2);
        const scored = scores.filter(Number.isFinite);
        const histogram = countScores(scores, threshold, labels);
        if (histogram === undefined) return assert.equal(scored.length, 0);
        const { start, width, counts, labelled } = histogram;
        const edge = Math.round((threshold - start) / width);
        const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
        assert.equal(sum(counts), scored.length);
        assert.equal(sum(counts.slice(edge)), scored.filter((one) => one >= threshold).length);
        assert.equal(sum(labelled), scores.filter((one, i) => i % 2 === 1 && Number.isFinite(one)).length);
        assert.ok(counts.length <= 51, `${counts.length} bins`);
      },
    ),
    {
      examples: [
        [[0], Number.MIN_VALUE],
        [[1e6, 1e6 + 2e-10], 1e6],
        [[-4e-323, 96, 0.5], -3.5e-323],
      ],
    },
  );
});
