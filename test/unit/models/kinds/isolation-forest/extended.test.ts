/** Windows of rows and splits on several columns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { attributePath, explainRows } from '../../../../../lib/models/kinds/isolation-forest/explain.ts';
import { fitForest } from '../../../../../lib/models/kinds/isolation-forest/fit.ts';
import {
  type Forest,
  nodesPerTree,
  splitsPerTree,
} from '../../../../../lib/models/kinds/isolation-forest/forest.ts';
import { isolationForest } from '../../../../../lib/models/kinds/isolation-forest/model.ts';
import { parseParams } from '../../../../../lib/models/kinds/isolation-forest/params.ts';
import { compileForest, scoreRows } from '../../../../../lib/models/kinds/isolation-forest/score.ts';
import { loadForest, saveForest } from '../../../../../lib/models/kinds/isolation-forest/state.ts';
import { NO_DEADLINE, normalRows, rocAuc, toMatrix } from '../../../../helpers/feature-matrices.ts';
import { referenceAverage } from './reference-forest.ts';

const RUN = { seed: 5, deadline: NO_DEADLINE };

function fit(rows: readonly (readonly number[])[], params: Readonly<Record<string, number>>): Forest {
  return fitForest(toMatrix(rows), parseParams({ trees: 60, ...params }), RUN);
}

/** Σ slope (entry - point) over the measured entries, as the definition has it, down to the leaf. */
function referenceScore(forest: Forest, vector: readonly number[]): number {
  const { trees, depth, extension, features, slopes, points, thresholds, counts } = forest;
  const splits = splitsPerTree(depth);
  const nodes = nodesPerTree(depth);
  let sum = 0;
  for (let tree = 0; tree < trees; tree++) {
    let [node, edges] = [0, 0];
    while (node < splits && thresholds[tree * splits + node] !== Infinity) {
      let side = 0;
      for (let i = 0; i <= extension; i++) {
        const term = (tree * splits + node) * (extension + 1) + i;
        const value = vector[features[term]!]!;
        if (!Number.isNaN(value)) side += slopes[term]! * (value - points[term]!);
      }
      node = 2 * node + (side >= 0 ? 2 : 1);
      edges++;
    }
    sum += edges + referenceAverage(counts[tree * nodes + node]!);
  }
  return 2 ** (-sum / trees / referenceAverage(forest.sampleSize));
}

test('extended scores are those of the definition, missing values at the split point', () => {
  const forest = fit(normalRows(500, 5, 1), { extension: 2 });
  const rows = [...normalRows(260, 5, 2), [9, 9, 9, 9, 9], [NaN, NaN, NaN, NaN, NaN], [NaN, 4, NaN, 0, 0]];
  const scores = scoreRows(compileForest(forest), toMatrix(rows));
  for (const [row, score] of scores.entries())
    assert.ok(Math.abs(score - referenceScore(forest, toFloats(rows[row]!))) < 1e-12, `row ${row}`);
});

test('each training row goes to the side it was counted on, and no split leaves a side empty', () => {
  // The sample is all rows. One column on a scale of its own, one with few values, gaps.
  const rows = normalRows(64, 3, 3).map(([a, b, c], i) => [
    a! * 1e18,
    Math.round(b!),
    i % 5 === 0 ? NaN : c!,
  ]);
  const forest = fit(rows, { extension: 2, sampleSize: 64 });
  const splits = splitsPerTree(forest.depth);
  const nodes = nodesPerTree(forest.depth);
  for (let tree = 0; tree < forest.trees; tree++) {
    for (let node = 0; node < splits; node++) {
      if (forest.thresholds[tree * splits + node] === Infinity) continue;
      const [left, right] = [1, 2].map((side) => forest.counts[tree * nodes + 2 * node + side]!);
      assert.ok(left! > 0 && right! > 0);
    }
  }
  assert.deepEqual(loadForest(saveForest(forest)), forest);
});

test('a row between two clusters that share no range of one column alone is found by oblique splits', () => {
  // Hariri et al., figure 2: two blobs on a diagonal leave ghosts on the other one, where single columns see nothing odd.
  const blobs = normalRows(1000, 2, 4).map(([a, b], i) => (i % 2 === 0 ? [a!, b! + 10] : [a! + 10, b!]));
  const ghosts = normalRows(200, 2, 5).map(([a, b], i) => (i % 2 === 0 ? [a!, b!] : [a! + 10, b! + 10]));
  const usual = normalRows(200, 2, 6).map(([a, b], i) => (i % 2 === 0 ? [a!, b! + 10] : [a! + 10, b!]));
  const labels = new Uint8Array(400).fill(1, 200);
  const auc = (params: Readonly<Record<string, number>>): number =>
    rocAuc(scoreRows(compileForest(fit(blobs, params)), toMatrix([...usual, ...ghosts])), labels);
  const [single, oblique] = [auc({ extension: 0 }), auc({ extension: 1 })];
  assert.ok(oblique > single, `${oblique} against ${single}`);
  assert.ok(oblique > 0.95, `${oblique}`);
});

test('a window sees what single rows do not: a wave that stops within its range', () => {
  const wave = Array.from({ length: 2000 }, (_, i) => [Math.sin(i / 4), Math.cos(i / 4)]);
  const stuck = wave.slice(0, 200).map((row, i) => (i >= 100 && i < 110 ? wave[100]! : row));
  const labels = new Uint8Array(200).fill(1, 103, 113);
  const auc = (window: number): number => {
    const scores = scoreRows(compileForest(fit(wave, { window, extension: 3 })), toMatrix(stuck));
    assert.ok(scores.subarray(0, window - 1).every(Number.isNaN));
    return rocAuc(scores.subarray(window - 1), labels.subarray(window - 1));
  };
  assert.ok(auc(6) > 0.9, `${auc(6)}`);
  assert.ok(auc(6) > auc(1) + 0.2, `${auc(6)} against ${auc(1)}`);
});

test('a window of rows scores as one wide row, and stays within its entity', () => {
  const rows = normalRows(300, 2, 7);
  const wide = rows.slice(1).map((row, i) => [...row, ...rows[i]!]);
  const params = { window: 2, trees: 20 };
  const scores = scoreRows(compileForest(fit(rows, params)), toMatrix(rows));
  const expected = scoreRows(compileForest(fit(wide, { trees: 20 })), toMatrix(wide));
  assert.ok(Number.isNaN(scores[0]!));
  assert.deepEqual(scores.slice(1), expected);

  const turns: FeatureMatrix = {
    ...toMatrix(rows.flatMap((row) => [row, row])),
    entities: ['a', 'b'],
    entityOf: Uint32Array.from({ length: 600 }, (_, row) => row % 2),
  };
  const together = scoreRows(compileForest(fit(rows, params)), turns);
  for (const [row, score] of together.entries()) assert.ok(Object.is(score, scores[Math.floor(row / 2)]));
});

test('the parts of the columns add up to c(ψ) - E(h(x)) with windows and oblique splits, too', () => {
  const forest = fit(normalRows(700, 4, 1), { window: 2, extension: 2 });
  const rows = [...normalRows(30, 4, 2), [9, 0, 0, 0], [NaN, 0, 0, NaN], [NaN, NaN, NaN, NaN]];
  const scores = scoreRows(compileForest(forest), toMatrix(rows));
  const average = referenceAverage(256);
  for (const [row, score] of scores.entries()) {
    if (row === 0) continue;
    const vector = Float32Array.from([...rows[row]!, ...rows[row - 1]!]);
    const parts = attributePath(forest, vector).reduce((sum, part) => sum + part, 0);
    assert.ok(Math.abs(parts - average - Math.log2(score) * average) < 1e-9, `row ${row}`);
  }
  const odd = toMatrix([
    [0, 0, 0, 0],
    [0, 0, 9, 0],
  ]);
  const [first, second] = explainRows(compileForest(forest), odd, Uint32Array.of(0, 1));
  assert.deepEqual(
    first!.map(({ share }) => share),
    [0.25, 0.25, 0.25, 0.25],
  );
  assert.equal(second![0]!.feature, 'm2');
});

test('the model asks for the rows that its window looks back on', async () => {
  const fitted = await isolationForest.fit(
    toMatrix(normalRows(100, 2, 1)),
    parseParams({ window: 5, trees: 5 }),
    RUN,
  );
  assert.equal(fitted.contextRows, 4);
  assert.throws(() => fit(normalRows(5, 1, 1), { window: 5 }), {
    name: 'ModelError',
    message: /1 of 5 rows have 4 before them, a fit takes at least 2/,
  });
});

test('damaged windows and hyperplanes are refused, and named', () => {
  const state = saveForest(fit(normalRows(60, 2, 1), { window: 2, extension: 1, sampleSize: 16, trees: 3 }));
  const json = { columns: ['m0', 'm1'], trees: 3, sampleSize: 16, window: 2, extension: 1 };
  const { slopes, features } = state.arrays;
  for (const [damaged, message] of [
    [{ json: { ...json, window: 0 } }, /window is 0/],
    [{ json: { ...json, extension: 2 } }, /features has 90 elements, expected 135/],
    [{ json: { ...json, extension: undefined } }, /extension is undefined/],
    [{ arrays: { ...state.arrays, slopes: (slopes as Float64Array).with(0, NaN) } }, /slope NaN/],
    [{ arrays: { ...state.arrays, features: (features as Uint16Array).with(1, 4) } }, /column 4 of 4/],
    [
      { arrays: { ...state.arrays, thresholds: new Float32Array(45).fill(1) } },
      /threshold 1, an extended split 0/,
    ],
  ] as const)
    assert.throws(() => loadForest({ ...state, ...damaged } as typeof state), {
      name: 'ArtifactError',
      message,
    });
});

function toFloats(row: readonly number[]): number[] {
  return row.map(Math.fround);
}
