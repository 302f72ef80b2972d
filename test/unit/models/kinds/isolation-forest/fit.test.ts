import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { fitForest } from '../../../../../lib/models/kinds/isolation-forest/fit.ts';
import {
  type Forest,
  nodesPerTree,
  splitsPerTree,
} from '../../../../../lib/models/kinds/isolation-forest/forest.ts';
import { NO_DEADLINE, normalRows, toMatrix } from '../../../../helpers/feature-matrices.ts';

const RUN = { seed: 1, deadline: NO_DEADLINE };

test('each training row goes to the side it was counted on', () => {
  // Neighbouring float32 values, huge and tiny ones, repeats and gaps: where rounding of a threshold would show.
  const value = fc.oneof(
    fc.constantFrom(0, -0, 1, Math.fround(1 + 2 ** -23), 3.4e38, -3.4e38, 1e-45, NaN),
    fc.float({ noDefaultInfinity: true }),
  );
  const rows = fc
    .array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 40 })
    .filter((table) => table.flat().some((cell) => !Number.isNaN(cell)));
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: 1000 }), (table, seed) => {
      const x = toMatrix(table);
      // The sample is all rows, so the counts must be those of sending every row down the tree.
      const forest = fitForest(x, { trees: 5, sampleSize: 64, window: 1, extension: 0 }, { ...RUN, seed });
      for (let tree = 0; tree < forest.trees; tree++)
        assert.deepEqual(countRows(forest, tree, x), treeCounts(forest, tree));
    }),
  );
});

test('a split leaves training rows on both sides, and stops at one row, at equal rows or at the height limit', () => {
  const forest = fitForest(
    toMatrix(normalRows(500, 4, 2)),
    { trees: 20, sampleSize: 100, window: 1, extension: 0 },
    RUN,
  );
  assert.equal(forest.depth, 7);
  const splits = splitsPerTree(forest.depth);
  for (let tree = 0; tree < forest.trees; tree++) {
    const counts = treeCounts(forest, tree);
    assert.equal(counts[0], 100);
    for (let node = 0; node < splits; node++) {
      if (forest.thresholds[tree * splits + node] === Infinity) {
        // Normal rows all differ, so that only one row alone can't be split.
        assert.ok(counts[node]! <= 1);
      } else {
        assert.ok(counts[2 * node + 1]! > 0 && counts[2 * node + 2]! > 0);
        assert.equal(counts[2 * node + 1]! + counts[2 * node + 2]!, counts[node]);
      }
    }
  }
});

test('columns are drawn alike, thresholds uniformly between the extremes', () => {
  // Two columns from 0 to 1: the root's split takes each in half of the trees, the threshold's mean is 1/2.
  const grid = Array.from({ length: 256 }, (_, i) => [i / 255, ((i * 101) % 256) / 255]);
  const forest = fitForest(toMatrix(grid), { trees: 1000, sampleSize: 256, window: 1, extension: 0 }, RUN);
  const splits = splitsPerTree(forest.depth);
  const roots = Array.from({ length: 1000 }, (_, tree) => tree * splits);
  const second = roots.filter((at) => forest.features[at] === 1).length;
  assert.ok(Math.abs(second - 500) < 65, `${second} of 1000`);
  const thresholds = roots.map((at) => forest.thresholds[at]!);
  const mean = thresholds.reduce((sum, t) => sum + t, 0) / 1000;
  const spread = Math.sqrt(thresholds.reduce((sum, t) => sum + (t - mean) ** 2, 0) / 1000);
  assert.ok(Math.abs(mean - 0.5) < 0.04, `mean ${mean}`);
  assert.ok(Math.abs(spread - Math.sqrt(1 / 12)) < 0.02, `standard deviation ${spread}`);
});

test('each row is drawn for a tree at most once, and all alike', () => {
  // One column with the row's number: a tree of 8 of 16 rows that are all different ends in 8 leaves of one row.
  const rows = Array.from({ length: 16 }, (_, i) => [i]);
  const forest = fitForest(toMatrix(rows), { trees: 400, sampleSize: 8, window: 1, extension: 0 }, RUN);
  assert.equal(forest.sampleSize, 8);
  const extremes = new Uint32Array(16);
  for (let tree = 0; tree < 400; tree++) {
    const root = forest.thresholds[tree * splitsPerTree(forest.depth)]!;
    extremes[Math.min(15, Math.floor(root))]! += 1;
    assert.equal(treeCounts(forest, tree)[0], 8);
  }
  assert.ok(extremes[0]! > 0 && extremes[14]! > 0, `${extremes}`);
});

test('a constant column is never split on, and its value is kept', () => {
  const rows = normalRows(100, 2, 3).map(([a, b]) => [a!, 5, b!, NaN]);
  const forest = fitForest(toMatrix(rows), { trees: 30, sampleSize: 64, window: 1, extension: 0 }, RUN);
  assert.deepEqual(Array.from(forest.constants), [NaN, 5, NaN, NaN]);
  const split = forest.features.filter((_, i) => forest.thresholds[i] !== Infinity);
  assert.deepEqual([...new Set(split)].sort(), [0, 2]);
});

test('it stops at the deadline and says how far it came', () => {
  let left = 3;
  const deadline = { remaining: (): number => left-- };
  assert.throws(
    () =>
      fitForest(
        toMatrix(normalRows(50, 2, 1)),
        { trees: 100, sampleSize: 32, window: 1, extension: 0 },
        { seed: 1, deadline },
      ),
    {
      name: 'RetryLaterError',
      message: /stopped after 3 of 100 trees: 0 ms/,
    },
  );
});

test('progress goes up to 1', () => {
  const seen: number[] = [];
  fitForest(
    toMatrix(normalRows(10, 1, 1)),
    { trees: 4, sampleSize: 8, window: 1, extension: 0 },
    { ...RUN, onProgress: (done) => seen.push(done) },
  );
  assert.deepEqual(seen, [0.25, 0.5, 0.75, 1]);
});

test('data that cannot carry a fit is refused with the reason', () => {
  const params = { trees: 2, sampleSize: 8, window: 1, extension: 0 };
  const bad: readonly [FeatureMatrix, RegExp][] = [
    [toMatrix([]), /0 rows, a fit takes at least 2/],
    [toMatrix([[1]]), /1 rows, a fit takes at least 2/],
    [toMatrix([[], []]), /0 columns/],
    [toMatrix([[NaN], [NaN]]), /2 rows without a single value/],
    [toMatrix([[1], [Infinity]]), /Infinity in column m0, row 1/],
    [{ ...toMatrix([[1], [2]]), values: new Float32Array(3) }, /3 values for 2 rows of 1 columns/],
  ];
  for (const [x, message] of bad)
    assert.throws(() => fitForest(x, params, RUN), { name: 'ModelError', message });
  for (const seed of [-1, 0.5, 2 ** 32])
    assert.throws(() => fitForest(toMatrix([[1], [2]]), params, { ...RUN, seed }), {
      name: 'ModelError',
      message: /seed .* is not a whole number/,
    });
});

function treeCounts({ counts, depth }: Forest, tree: number): number[] {
  return Array.from(counts.subarray(tree * nodesPerTree(depth), (tree + 1) * nodesPerTree(depth)));
}

/** Rows that reach each node, missing values to the side with more of the others. */
function countRows(forest: Forest, tree: number, x: FeatureMatrix): number[] {
  const splits = splitsPerTree(forest.depth);
  const result: number[] = new Array(nodesPerTree(forest.depth)).fill(0);
  const walk = (node: number, rows: readonly number[]): void => {
    result[node] = rows.length;
    const threshold = forest.thresholds[tree * splits + node];
    if (node >= splits || threshold === undefined || threshold === Infinity) return;
    const value = (row: number): number =>
      x.values[row * x.names.length + forest.features[tree * splits + node]!]!;
    const left = rows.filter((row) => value(row) < threshold);
    const right = rows.filter((row) => value(row) >= threshold);
    const missing = rows.filter((row) => Number.isNaN(value(row)));
    (right.length > left.length ? right : left).push(...missing);
    walk(2 * node + 1, left);
    walk(2 * node + 2, right);
  };
  walk(
    0,
    Array.from(x.times, (_, row) => row),
  );
  return result;
}
