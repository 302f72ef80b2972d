/** Row-wise metrics equal scikit-learn's to 1e-9. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBestF1 } from '../../../../lib/maths/metrics/best-f1.ts';
import {
  accuracy,
  countConfusion,
  f1,
  precision,
  predictAt,
  recall,
} from '../../../../lib/maths/metrics/confusion-matrix.ts';
import { averagePrecision, precisionRecallCurve } from '../../../../lib/maths/metrics/precision-recall.ts';
import { rocAuc, rocCurve } from '../../../../lib/maths/metrics/roc-curve.ts';
import { balanceClasses } from '../../../../lib/models/kinds/neural/plan-samples.ts';
import { assertClose, labelledScores, readReference } from '../../evaluation/reference.ts';

const TOLERANCE = 1e-9;

for (const expected of readReference('sklearn.json').cases) {
  const rows = labelledScores(expected);

  test(`scikit-learn's figures at one threshold: ${expected.name}`, () => {
    const matrix = countConfusion({
      labels: rows.labels,
      predicted: predictAt(rows.scores, expected.threshold),
    });
    assert.deepEqual(
      [
        [matrix.trueNegatives, matrix.falsePositives],
        [matrix.falseNegatives, matrix.truePositives],
      ],
      expected.confusion,
    );
    for (const [name, metric] of Object.entries({ accuracy, precision, recall, f1 }))
      assertClose(metric(matrix), expected[name as 'f1'], TOLERANCE, name);
  });

  test(`scikit-learn's curves: ${expected.name}`, () => {
    const roc = rocCurve(rows);
    assertClose(roc.falsePositiveRate, expected.rocCurve.fpr, TOLERANCE, 'false positive rate');
    assertClose(roc.truePositiveRate, expected.rocCurve.tpr, TOLERANCE, 'true positive rate');
    assertClose(roc.thresholds, [Infinity, ...expected.rocCurve.thresholds], TOLERANCE, 'thresholds');
    assertClose(rocAuc(rows), expected.rocAuc, TOLERANCE, 'area');
    const pr = precisionRecallCurve(rows);
    assertClose(pr.precision.toReversed(), expected.prCurve.precision, TOLERANCE, 'precision');
    assertClose(pr.recall.toReversed(), expected.prCurve.recall, TOLERANCE, 'recall');
    assertClose(
      pr.thresholds.toReversed(),
      [...expected.prCurve.thresholds, Infinity],
      TOLERANCE,
      'thresholds',
    );
    assertClose(averagePrecision(rows), expected.averagePrecision, TOLERANCE, 'average precision');
  });

  test(`the best F1 on scikit-learn's curve: ${expected.name}`, () => {
    const best = findBestF1(rows);
    assertClose(best.f1, expected.bestF1.f1, TOLERANCE, 'F1');
    assert.equal(best.threshold, expected.bestF1.threshold);
    const matrix = countConfusion({
      labels: rows.labels,
      predicted: predictAt(rows.scores, best.threshold),
    });
    assertClose(
      [f1(matrix), precision(matrix), recall(matrix)],
      [best.f1, best.precision, best.recall],
      1e-15,
      'at its threshold',
    );
  });

  test(`scikit-learn's balanced class weights: ${expected.name}`, () => {
    const { normal, anomalous } = balanceClasses(rows.labels);
    assertClose([normal, anomalous], expected.classWeights, TOLERANCE, 'weights');
  });
}
