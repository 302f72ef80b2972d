import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributePath, explainRows } from '../../../../../lib/models/kinds/isolation-forest/explain.ts';
import { fitForest } from '../../../../../lib/models/kinds/isolation-forest/fit.ts';
import { compileForest, scoreRows } from '../../../../../lib/models/kinds/isolation-forest/score.ts';
import { NO_DEADLINE, normalRows, toMatrix } from '../../../../helpers/feature-matrices.ts';
import { referenceAverage } from './reference-forest.ts';

const RUN = { seed: 5, deadline: NO_DEADLINE };
const PARAMS = { trees: 100, sampleSize: 256, window: 1, extension: 0 };

test('the parts of the columns add up to c(ψ) - E(h(x)), which the score is made of', () => {
  const forest = fitForest(toMatrix(normalRows(700, 6, 1)), PARAMS, RUN);
  const rows = [...normalRows(50, 6, 2), [9, 0, 0, 0, 0, 0], [NaN, 0, 0, NaN, 0, 0]];
  const x = toMatrix(rows);
  const scores = scoreRows(compileForest(forest), x);
  const average = referenceAverage(256);
  for (const [row, score] of scores.entries()) {
    const parts = attributePath(forest, Float32Array.from(rows[row]!)).reduce((sum, part) => sum + part, 0);
    const saved = average + Math.log2(score) * average;
    assert.ok(Math.abs(parts - saved) < 1e-9, `row ${row}: ${parts} is not ${saved}`);
  }
});

test('a metric that spikes alone ranks first, in every column and for several forests', () => {
  for (const seed of [1, 2, 3]) {
    const forest = fitForest(toMatrix(normalRows(1000, 16, seed)), PARAMS, { ...RUN, seed });
    const rows = normalRows(16, 16, seed + 50).map((row, c) => row.with(c, c % 2 === 0 ? 8 : -8));
    const explained = explainRows(compileForest(forest), toMatrix(rows), Uint32Array.from(rows.keys()));
    for (const [c, contributions] of explained.entries()) {
      assert.equal(contributions[0]!.feature, `m${c}`);
      assert.ok(contributions[0]!.share > 0.5, `${c}: ${JSON.stringify(contributions)}`);
    }
  }
});

test('two metrics that spike together share the blame', () => {
  const forest = fitForest(toMatrix(normalRows(1000, 6, 3)), PARAMS, RUN);
  const [contributions] = explainRows(
    compileForest(forest),
    toMatrix([[6, 6, 0, 0, 0, 0]]),
    Uint32Array.of(0),
  );
  const first = contributions!.slice(0, 2).map(({ feature }) => feature);
  assert.deepEqual(first.sort(), ['m0', 'm1']);
  assert.ok(contributions![1]!.share > 0.3);
});

test('shares are positive, largest first, and add up to 1', () => {
  const forest = fitForest(toMatrix(normalRows(500, 5, 6)), PARAMS, RUN);
  const rows = normalRows(40, 5, 7);
  for (const contributions of explainRows(
    compileForest(forest),
    toMatrix(rows),
    Uint32Array.from(rows.keys()),
  )) {
    const shares = contributions.map(({ share }) => share);
    assert.ok(shares.every((share) => share > 0));
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => b - a),
    );
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-12);
  }
});

test('a constant that moved is named first', () => {
  const train = normalRows(400, 3, 4).map((row) => [...row, 1]);
  const compiled = compileForest(fitForest(toMatrix(train), PARAMS, RUN));
  const [contributions] = explainRows(compiled, toMatrix([[0.5, -0.5, 1, 0]]), Uint32Array.of(0));
  assert.equal(contributions![0]!.feature, 'm3');
  assert.ok(contributions![0]!.share > 0.5);
});

test('only the rows asked for are explained, in the order asked', () => {
  const forest = fitForest(toMatrix(normalRows(500, 3, 6)), PARAMS, RUN);
  const x = toMatrix([
    [0, 0, 0],
    [9, 0, 0],
    [0, 0, 9],
  ]);
  const explained = explainRows(compileForest(forest), x, Uint32Array.of(2, 1));
  assert.deepEqual(
    explained.map((contributions) => contributions[0]!.feature),
    ['m2', 'm0'],
  );
});

test('where nothing can be split every column has the same share', () => {
  const x = toMatrix(Array.from({ length: 10 }, () => [1, 2]));
  const compiled = compileForest(fitForest(x, PARAMS, RUN));
  assert.deepEqual(explainRows(compiled, x, Uint32Array.of(0)), [
    [
      { feature: 'm0', share: 0.5 },
      { feature: 'm1', share: 0.5 },
    ],
  ]);
});
