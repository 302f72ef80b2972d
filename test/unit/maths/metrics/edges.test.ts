/** One class, ties, a single row, no row, NaN: as the docs of each metric say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findBestF1 } from '../../../../lib/maths/metrics/best-f1.ts';
import {
  accuracy,
  countConfusion,
  f1,
  precision,
  predictAt,
  recall,
} from '../../../../lib/maths/metrics/confusion-matrix.ts';
import { dropUnscored } from '../../../../lib/maths/metrics/labelled-scores.ts';
import { averagePrecision, precisionRecallCurve } from '../../../../lib/maths/metrics/precision-recall.ts';
import { rocAuc, rocCurve } from '../../../../lib/maths/metrics/roc-curve.ts';
import { volumeUnderSurface } from '../../../../lib/maths/metrics/volume-under-surface.ts';
import { balanceClasses } from '../../../../lib/models/kinds/neural/plan-samples.ts';
import { labelledScores } from '../../evaluation/reference.ts';

const RANKINGS = { rocAuc, rocCurve, averagePrecision, precisionRecallCurve, findBestF1, volumeUnderSurface };

test('no row, other lengths, other labels and scores that are no numbers are errors that name the value', () => {
  for (const [name, metric] of Object.entries(RANKINGS)) {
    const refuses = (labels: number[], scores: number[], message: RegExp): void =>
      assert.throws(
        () => metric(labelledScores({ labels, scores })),
        { name: 'EvaluationError', message },
        name,
      );
    refuses([], [], /^0 rows to evaluate/);
    refuses([0, 1], [1], /^scores: 1 values for 2 rows/);
    refuses([0, 2, 1], [1, 1, 1], /^row 1 has the label 2/);
    refuses([0, 1, 1], [1, 1, NaN], /^row 2 of 3 has the score NaN/);
    refuses([0, 1, 1], [Infinity, 1, 1], /^row 0 of 3 has the score Infinity/);
  }
  assert.throws(() => countConfusion({ labels: new Uint8Array(0), predicted: new Uint8Array(0) }), {
    name: 'EvaluationError',
  });
  assert.throws(() => countConfusion({ labels: Uint8Array.of(0), predicted: Uint8Array.of(3) }), {
    message: /^row 0 has the prediction 3/,
  });
  assert.throws(() => countConfusion({ labels: Uint8Array.of(0), predicted: Uint8Array.of(1, 0) }), {
    message: /^predicted: 2 values for 1 rows/,
  });
});

test('with no anomalous row nothing can be found: NaN, never 0 or 1', () => {
  for (const scores of [[1, 2, 3], [1]]) {
    const rows = labelledScores({ labels: scores.map(() => 0), scores });
    assert.ok(Number.isNaN(rocAuc(rows)));
    assert.ok(Number.isNaN(averagePrecision(rows)));
    assert.ok(rocCurve(rows).truePositiveRate.every(Number.isNaN));
    assert.ok(precisionRecallCurve(rows).recall.every(Number.isNaN));
    assert.ok(Object.values(findBestF1(rows)).every(Number.isNaN));
    assert.deepEqual(volumeUnderSurface(rows), { roc: NaN, pr: NaN });
  }
});

test('with no normal row every alarm is right, and there is no false positive rate', () => {
  for (const scores of [[1, 2, 3], [1]]) {
    const rows = labelledScores({ labels: scores.map(() => 1), scores });
    assert.ok(Number.isNaN(rocAuc(rows)));
    assert.ok(rocCurve(rows).falsePositiveRate.every(Number.isNaN));
    assert.equal(averagePrecision(rows), 1);
    assert.deepEqual(findBestF1(rows), { f1: 1, precision: 1, recall: 1, threshold: 1 });
    const { roc, pr } = volumeUnderSurface(rows, 2);
    assert.ok(Number.isNaN(roc));
    assert.ok(Math.abs(pr - 1) < 1e-12);
  }
});

test('rows with equal scores are called together', () => {
  const rows = labelledScores({ labels: [1, 0, 0, 1], scores: [0.5, 0.5, 0.5, 0.5] });
  assert.equal(rocAuc(rows), 0.5);
  assert.equal(averagePrecision(rows), 0.5);
  assert.deepEqual([...rocCurve(rows).thresholds], [Infinity, 0.5]);
  assert.deepEqual(findBestF1(rows), { f1: 2 / 3, precision: 0.5, recall: 1, threshold: 0.5 });
  // 0 and -0 are one score.
  const zeros = labelledScores({ labels: [1, 0], scores: [-0, 0] });
  assert.equal(rocAuc(zeros), 0.5);
});

test('of thresholds with equal F1 the highest is taken', () => {
  // 2/3 at the top row alone (1 of 1, half found), and again with all four (2 of 4, all found).
  const rows = labelledScores({ labels: [1, 0, 0, 1], scores: [4, 3, 2, 1] });
  assert.deepEqual(findBestF1(rows), { f1: 2 / 3, precision: 1, recall: 0.5, threshold: 4 });
});

test('shares of a confusion matrix are NaN where they have nothing to be a share of', () => {
  const quiet = countConfusion({ labels: Uint8Array.of(0, 0), predicted: Uint8Array.of(0, 0) });
  assert.equal(accuracy(quiet), 1);
  for (const metric of [precision, recall, f1]) assert.ok(Number.isNaN(metric(quiet)));
  const missed = countConfusion({ labels: Uint8Array.of(1), predicted: Uint8Array.of(0) });
  assert.deepEqual([accuracy(missed), recall(missed), f1(missed)], [0, 0, 0]);
  assert.ok(Number.isNaN(precision(missed)));
});

test('a row without a score is never called', () => {
  assert.deepEqual([...predictAt(Float64Array.of(1, NaN, 0.5, 0.49), 0.5)], [1, 0, 1, 0]);
});

test('rows without a score are dropped where the caller sees it', () => {
  const kept = dropUnscored(labelledScores({ labels: [1, 0, 1], scores: [NaN, 2, 3] }));
  assert.deepEqual(kept, {
    labels: Uint8Array.of(0, 1),
    scores: Float64Array.of(2, 3),
    rows: Uint32Array.of(1, 2),
    dropped: 1,
  });
});

test('one class cannot be balanced', () => {
  for (const labels of [Uint8Array.of(0, 0), Uint8Array.of(1)])
    assert.throws(() => balanceClasses(labels), { name: 'EvaluationError', code: 'one-class' });
});

test('metrics of a ranking depend on the order of scores alone, and not on the order of rows', () => {
  const row = fc.record({ label: fc.integer({ min: 0, max: 1 }), score: fc.integer({ min: -5, max: 5 }) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
      const of = (given: typeof rows, scale: (score: number) => number): readonly number[] => {
        const scored = labelledScores({
          labels: given.map(({ label }) => label),
          scores: given.map(({ score }) => scale(score)),
        });
        return [rocAuc(scored), averagePrecision(scored), findBestF1(scored).f1];
      };
      const plain = of(rows, (score) => score);
      assert.deepEqual(
        of(rows, (score) => Math.exp(score) * 3),
        plain,
      );
      assert.deepEqual(
        of(rows.toReversed(), (score) => score),
        plain,
      );
      for (const value of plain) assert.ok(Number.isNaN(value) || (value >= 0 && value <= 1 + 1e-12));
    }),
  );
});

test('ROC AUC is the chance that an anomalous row scores above a normal one, ties half', () => {
  const score = fc.integer({ min: 0, max: 6 });
  const scores = fc.array(score, { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(scores, scores, (anomalous, normal) => {
      let wins = 0;
      for (const a of anomalous) for (const b of normal) wins += a > b ? 1 : a === b ? 0.5 : 0;
      const auc = rocAuc(
        labelledScores({
          labels: [...anomalous.map(() => 1), ...normal.map(() => 0)],
          scores: [...anomalous, ...normal],
        }),
      );
      assert.ok(Math.abs(auc - wins / (anomalous.length * normal.length)) < 1e-12);
    }),
  );
});
