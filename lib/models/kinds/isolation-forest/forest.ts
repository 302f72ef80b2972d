/**
 * A fitted forest as flat typed arrays. Every tree is a complete binary heap of the same depth: the children of node i
 * are 2i + 1 and 2i + 2, so that a descent needs no child pointers and can't loop.
 */
import { averagePathLengths } from './path-length.ts';

export interface Forest {
  /** Columns that it was fitted on, in order. */
  readonly columns: readonly string[];
  readonly trees: number;
  /** Levels of splits; the leaves lie below the last one. */
  readonly depth: number;
  /** Rows in the root of each tree. */
  readonly sampleSize: number;
  /** Rows of a vector; entry lag × columns + column. */
  readonly window: number;
  /** Entries that a split looks at, beside the first. */
  readonly extension: number;
  /** Per split: entries of a vector. Length: trees × (2^depth - 1) × (extension + 1). */
  readonly features: Uint16Array;
  /**
   * Per split: rows with value >= threshold go right; Infinity where nothing is split any more. Of an extended one the
   * value is Σ slope × (entry - point), and every threshold is 0 or Infinity.
   */
  readonly thresholds: Float32Array;
  /** As long as `features` where there is an extension, else empty. A slope of 0: the split takes fewer entries. */
  readonly slopes: Float64Array;
  readonly points: Float32Array;
  /** Per node: training rows that reached it. Length: trees × (2^(depth + 1) - 1). */
  readonly counts: Uint16Array;
  /** Per column: the value that all training rows have; NaN where they differ or none has one. */
  readonly constants: Float32Array;
}

export function splitsPerTree(depth: number): number {
  return 2 ** depth - 1;
}

export function nodesPerTree(depth: number): number {
  return 2 ** (depth + 1) - 1;
}

/**
 * h(x) of a row that ends in that leaf: edges up to where its last split was, plus c(rows there).
 * Length: trees × 2^depth.
 */
export function leafPathLengths({ trees, depth, sampleSize, thresholds, counts }: Forest): Float64Array {
  const average = averagePathLengths(sampleSize);
  const splits = splitsPerTree(depth);
  const nodes = nodesPerTree(depth);
  const leaves = splits + 1;
  const lengths = new Float64Array(trees * leaves);
  const fill = (tree: number, node: number, level: number): void => {
    if (node < splits && thresholds[tree * splits + node] !== Infinity) {
      fill(tree, 2 * node + 1, level + 1);
      fill(tree, 2 * node + 2, level + 1);
      return;
    }
    // The leaves below a node at that level are next to each other.
    const below = 2 ** (depth - level);
    const first = tree * leaves + (node + 1) * below - 1 - splits;
    lengths.fill(level + average[counts[tree * nodes + node]!]!, first, first + below);
  };
  for (let tree = 0; tree < trees; tree++) fill(tree, 0, 0);
  return lengths;
}
