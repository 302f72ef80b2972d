import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitForest } from '../../../../../lib/models/kinds/isolation-forest/fit.ts';
import { compileForest, scoreRows } from '../../../../../lib/models/kinds/isolation-forest/score.ts';
import { NO_DEADLINE, normalRows, toMatrix } from '../../../../helpers/feature-matrices.ts';
import { referenceAverage, referenceScore } from './reference-forest.ts';

const RUN = { seed: 5, deadline: NO_DEADLINE };

test('two rows are isolated by one split: 2^(-1 / c(2)) = 1/2', () => {
  const x = toMatrix([[0], [1]]);
  const scores = scoreRows(
    compileForest(fitForest(x, { trees: 10, sampleSize: 256, window: 1, extension: 0 }, RUN)),
    x,
  );
  assert.deepEqual(Array.from(scores), [0.5, 0.5]);
});

test('three rows, worked out by hand', () => {
  // 0, 1 and 1,000: the first split isolates 1,000 unless its threshold falls into the thousandth between 0 and 1.
  // Then 1,000 has path length 1, the others 2. c(3) = 5/3.
  const x = toMatrix([[0], [1], [1000]]);
  const scores = scoreRows(
    compileForest(fitForest(x, { trees: 20, sampleSize: 3, window: 1, extension: 0 }, RUN)),
    x,
  );
  const expected = [2, 2, 1].map((path) => 2 ** (-path / (5 / 3)));
  for (const [row, score] of scores.entries()) assert.ok(Math.abs(score - expected[row]!) < 1e-12);
});

test('rows that are all the same cannot be split: 2^(-c(n) / c(n)) = 1/2', () => {
  const x = toMatrix(Array.from({ length: 40 }, () => [3, 4]));
  const scores = scoreRows(
    compileForest(fitForest(x, { trees: 10, sampleSize: 32, window: 1, extension: 0 }, RUN)),
    x,
  );
  assert.ok(scores.every((score) => Math.abs(score - 0.5) < 1e-12));
});

for (const sampleSize of [2, 5, 256]) {
  test(`scores are the paper's for trees of ${sampleSize} rows, missing values included`, () => {
    const train = normalRows(600, 5, 8);
    // 259 rows: whole blocks, groups of four, and a rest of three.
    const rows = [...normalRows(256, 5, 9), [50, 0, 0, 0, 0], [NaN, NaN, NaN, NaN, NaN], [0, 0, 0, 0, 0]];
    for (const [i, row] of rows.entries()) if (i % 7 === 0) row[i % 5] = NaN;
    const x = toMatrix(rows);
    const forest = fitForest(toMatrix(train), { trees: 30, sampleSize, window: 1, extension: 0 }, RUN);
    const scores = scoreRows(compileForest(forest), x);
    for (const [row, score] of scores.entries())
      assert.ok(Math.abs(score - referenceScore(forest, x, row)) < 1e-12, `row ${row}`);
  });
}

test('a row scores the same alone, among others, and at any place', () => {
  const forest = fitForest(
    toMatrix(normalRows(300, 3, 1)),
    { trees: 50, sampleSize: 128, window: 1, extension: 0 },
    RUN,
  );
  const rows = normalRows(1030, 3, 2);
  const compiled = compileForest(forest);
  const together = scoreRows(compiled, toMatrix(rows));
  const reversed = scoreRows(compiled, toMatrix([...rows].reverse())).reverse();
  assert.deepEqual(reversed, together);
  for (const row of [0, 1, 255, 256, 1023, 1029])
    assert.equal(scoreRows(compiled, toMatrix([rows[row]!]))[0], together[row]);
});

test('a constant that moved scores at least as isolated by one split; the rest as the paper has it', () => {
  const train = normalRows(400, 3, 4).map((row) => [...row, 1]);
  const forest = fitForest(toMatrix(train), { trees: 50, sampleSize: 256, window: 1, extension: 0 }, RUN);
  const x = toMatrix([
    [0, 0, 0, 1],
    [0, 0, 0, 0],
    [0, 0, 0, 1.0001],
    [0, 0, 0, NaN],
    [9, -9, 9, 0],
  ]);
  const scores = scoreRows(compileForest(forest), x);
  const isolated = 2 ** (-1 / referenceAverage(256));
  const paper = Array.from(scores, (_, row) => referenceScore(forest, x, row));
  assert.ok(Math.abs(scores[0]! - paper[0]!) < 1e-12);
  // One split isolates it; what the other columns score is the rest of the way to 1.
  const ranked = (row: number): number => isolated + (1 - isolated) * paper[row]!;
  assert.ok(Math.abs(scores[1]! - ranked(1)) < 1e-12);
  assert.ok(Math.abs(scores[2]! - ranked(2)) < 1e-12);
  assert.ok(Math.abs(scores[3]! - paper[3]!) < 1e-12, 'a missing constant did not move');
  assert.ok(Math.abs(scores[4]! - ranked(4)) < 1e-12);
  assert.ok(scores[4]! > scores[1]!, 'more stands out in it');
  assert.ok(paper.every((score) => score < isolated));
});
