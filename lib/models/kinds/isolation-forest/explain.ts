/**
 * Which column made a row easy to isolate. A split takes a row from a node of n training rows, where c(n) more steps
 * are expected, to a child of n' rows: it saved c(n) - 1 - c(n') steps, which go to the split's column. Over a path they
 * add up to c(ψ) - h(x), so that the columns' parts of all trees add up to what the row's score is made of.
 *
 * Those parts alone make a poor alert: past the last training value all values end in the same leaf, and 8 standard
 * deviations count no more than 3. A column's share is its part, as far as it is positive, times its distance from
 * the usual centre. On the stressed Sock Shop pods the right metric then ranks first in 5 to 8 rows of 10, in place of
 * 0 to 4.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { Contribution } from '../../framework/contract.ts';
import { type Forest, nodesPerTree, splitsPerTree } from './forest.ts';
import { isRightOf } from './grow-extended.ts';
import { copyVector, findLaggedRows } from './lagged-rows.ts';
import { averagePathLengths } from './path-length.ts';
import { type CompiledForest, missingGoesRight, movedConstants } from './score.ts';

/** Rows without a score get equal shares, as nothing speaks for one column or another. */
export function explainRows(
  compiled: CompiledForest,
  x: FeatureMatrix,
  rows: Uint32Array,
): readonly (readonly Contribution[])[] {
  const { columns, window } = compiled.forest;
  const lagged = findLaggedRows(x, window);
  const scored = new Set(window === 1 ? [] : lagged.rows);
  const vector = new Float32Array(columns.length * window);
  return Array.from(rows, (row) => {
    if (window > 1 && !scored.has(row)) return toShares(new Float64Array(columns.length), columns);
    copyVector(x, lagged, row, vector, 0);
    return toShares(weighColumns(compiled, vector, movedConstants(compiled, x, row)), columns);
  });
}

/**
 * Steps saved per column, averaged over the trees; they add up to c(ψ) - E(h(x)). Negative where a column looks usual.
 * Of an extended split each column has the part that moved the row to its side; earlier rows count for their column.
 * @param vector window × columns values, newest row first
 */
export function attributePath(forest: Forest, vector: Float32Array): Float64Array {
  const { trees, depth, sampleSize, features, thresholds, slopes, points, counts, columns } = forest;
  const average = averagePathLengths(sampleSize);
  const splits = splitsPerTree(depth);
  const nodes = nodesPerTree(depth);
  const terms = forest.extension + 1;
  const saved = new Float64Array(columns.length);
  for (let tree = 0; tree < trees; tree++) {
    const treeCounts = counts.subarray(tree * nodes, (tree + 1) * nodes);
    let node = 0;
    while (node < splits && thresholds[tree * splits + node] !== Infinity) {
      const first = (tree * splits + node) * terms;
      const right =
        terms === 1
          ? goesRight(first, tree * splits + node, treeCounts, node)
          : isRightOf({ features, slopes, points, terms }, first, vector, 0);
      const child = 2 * node + (right ? 2 : 1);
      share(first, (average[treeCounts[node]!]! - 1 - average[treeCounts[child]!]!) / trees);
      node = child;
    }
  }
  return saved;

  function goesRight(feature: number, split: number, treeCounts: Uint16Array, node: number): boolean {
    const value = vector[features[feature]!]!;
    return Number.isNaN(value) ? missingGoesRight(treeCounts, node) : value >= thresholds[split]!;
  }

  function share(first: number, steps: number): void {
    if (terms === 1) {
      saved[features[first]! % columns.length]! += steps;
      return;
    }
    const pulls = Float64Array.from({ length: terms }, (_, i) => {
      const pull = Math.abs(slopes[first + i]! * (vector[features[first + i]!]! - points[first + i]!));
      return Number.isNaN(pull) ? 0 : pull;
    });
    const most = pulls.reduce((a, b) => Math.max(a, b));
    const total = pulls.reduce((sum, pull) => sum + pull / most, 0);
    // A row at the point itself, or without any of the values: the first column stands for all.
    for (let i = 0; i < terms; i++)
      saved[features[first + i]! % columns.length]! +=
        most > 0 ? (steps * pulls[i]!) / most / total : i === 0 ? steps : 0;
  }
}

/**
 * Steps saved times distance, of the row of the window that is farthest. A constant that moved saves all steps but one,
 * and no column is farther from usual.
 */
function weighColumns(
  { forest, average }: CompiledForest,
  vector: Float32Array,
  moved: readonly number[],
): Float64Array {
  const width = forest.columns.length;
  const distances = new Float64Array(width);
  for (const [i, value] of vector.entries())
    if (Math.abs(value) > distances[i % width]!) distances[i % width] = Math.abs(value);
  const farthest = distances.reduce((a, b) => Math.max(a, b));
  const weights = attributePath(forest, vector).map((part, c) => Math.max(part, 0) * distances[c]!);
  for (const c of moved) weights[c] = (average - 1) * (farthest || 1);
  return weights;
}

/** Largest first. Where no column has a part, none stands out, and each gets the same share. */
function toShares(weights: Float64Array, columns: readonly string[]): readonly Contribution[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return columns.map((feature) => ({ feature, share: 1 / columns.length }));
  return columns
    .map((feature, c) => ({ feature, share: weights[c]! / total }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
}
