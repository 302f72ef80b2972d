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
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { Contribution } from '../contract.ts';
import { type Forest, nodesPerTree, splitsPerTree } from './forest.ts';
import { averagePathLengths } from './path-length.ts';
import { type CompiledForest, missingGoesRight, movedConstants } from './score.ts';

export function explainRows(
  compiled: CompiledForest,
  x: FeatureMatrix,
  rows: Uint32Array,
): readonly (readonly Contribution[])[] {
  return Array.from(rows, (row) => toShares(weighColumns(compiled, x, row), compiled.forest.columns));
}

/** Steps saved per column, averaged over the trees; they add up to c(ψ) - E(h(x)). Negative where a column looks usual. */
export function attributePath(forest: Forest, { values }: FeatureMatrix, row: number): Float64Array {
  const { trees, depth, sampleSize, features, thresholds, counts, columns } = forest;
  const average = averagePathLengths(sampleSize);
  const splits = splitsPerTree(depth);
  const nodes = nodesPerTree(depth);
  const saved = new Float64Array(columns.length);
  for (let tree = 0; tree < trees; tree++) {
    const treeCounts = counts.subarray(tree * nodes, (tree + 1) * nodes);
    let node = 0;
    while (node < splits && thresholds[tree * splits + node] !== Infinity) {
      const feature = features[tree * splits + node]!;
      const value = values[row * columns.length + feature]!;
      const right = Number.isNaN(value)
        ? missingGoesRight(treeCounts, node)
        : value >= thresholds[tree * splits + node]!;
      const child = 2 * node + (right ? 2 : 1);
      saved[feature]! += (average[treeCounts[node]!]! - 1 - average[treeCounts[child]!]!) / trees;
      node = child;
    }
  }
  return saved;
}

/** Steps saved times distance. A constant that moved saves all steps but one, and no column is farther from usual. */
function weighColumns(compiled: CompiledForest, x: FeatureMatrix, row: number): Float64Array {
  const width = compiled.forest.columns.length;
  const distances = Float64Array.from(x.values.subarray(row * width, (row + 1) * width), (value) =>
    Number.isNaN(value) ? 0 : Math.abs(value),
  );
  const farthest = distances.reduce((a, b) => Math.max(a, b));
  const weights = attributePath(compiled.forest, x, row).map((part, c) => Math.max(part, 0) * distances[c]!);
  for (const c of movedConstants(compiled, x, row)) weights[c] = (compiled.average - 1) * (farthest || 1);
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
