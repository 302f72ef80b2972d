/** The paper's algorithm 3 as it is written there, to check the fast loop against. */
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import type { Forest } from '../../../../../lib/models/kinds/isolation-forest/forest.ts';

/** 2 H(n - 1) - 2 (n - 1) / n, summed from the small end. */
export function referenceAverage(n: number): number {
  if (n < 2) return 0;
  let harmonic = 0;
  for (let i = n - 1; i >= 1; i--) harmonic += 1 / i;
  return 2 * harmonic - (2 * (n - 1)) / n;
}

export function referenceScore(forest: Forest, x: FeatureMatrix, row: number): number {
  let sum = 0;
  for (let tree = 0; tree < forest.trees; tree++) sum += pathLength(forest, tree, 0, 0, x, row);
  return 2 ** (-sum / forest.trees / referenceAverage(forest.sampleSize));
}

function pathLength(
  forest: Forest,
  tree: number,
  node: number,
  edges: number,
  x: FeatureMatrix,
  row: number,
): number {
  const splits = 2 ** forest.depth - 1;
  const nodes = 2 ** (forest.depth + 1) - 1;
  const rows = (at: number): number => forest.counts[tree * nodes + at]!;
  const threshold = node < splits ? forest.thresholds[tree * splits + node]! : Infinity;
  if (threshold === Infinity) return edges + referenceAverage(rows(node));
  const value = x.values[row * forest.columns.length + forest.features[tree * splits + node]!]!;
  const [left, right] = [2 * node + 1, 2 * node + 2];
  const next = Number.isNaN(value)
    ? rows(right) > rows(left)
      ? right
      : left
    : value >= threshold
      ? right
      : left;
  return pathLength(forest, tree, next, edges + 1, x, row);
}
