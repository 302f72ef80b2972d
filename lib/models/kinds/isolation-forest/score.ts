/**
 * The hot loop. Rows go down a tree four at a time: one descent waits for memory at each level, four overlap. Each
 * comparison becomes a number and no branch, since half of all branches would be mispredicted. Float compares on one
 * tree's slice of the arrays were faster here than integer keys or ranks of the thresholds (bench/isolation-forest.ts).
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { type Forest, leafPathLengths, nodesPerTree, splitsPerTree } from './forest.ts';
import { isRightOf } from './grow-extended.ts';
import { copyVector, findLaggedRows, type LaggedRows } from './lagged-rows.ts';
import { anomalyScore, averagePathLengths } from './path-length.ts';

/** A forest with what the loop needs beside it. */
export interface CompiledForest {
  readonly forest: Forest;
  readonly trees: readonly CompiledTree[];
  /** c(ψ). */
  readonly average: number;
  /** Entries of a vector that some tree splits on. */
  readonly splitColumns: readonly number[];
  /** Columns that had one value throughout training. */
  readonly constantColumns: readonly number[];
}

interface CompiledTree {
  readonly features: Uint16Array;
  readonly thresholds: Float32Array;
  /** Of extended splits; empty without them. */
  readonly slopes: Float64Array;
  readonly points: Float32Array;
  /** Per leaf. */
  readonly pathLengths: Float64Array;
  /** Per split: 1 where a row without a value goes right. */
  readonly missingGoRight: Uint8Array;
}

/** Rows that go through all trees before the next block does: their values stay in the cache. */
const BLOCK_ROWS = 256;

export function compileForest(forest: Forest): CompiledForest {
  const { trees, depth, features, thresholds, slopes, points, counts, constants, columns, sampleSize } =
    forest;
  const terms = forest.extension + 1;
  const splits = splitsPerTree(depth);
  const nodes = nodesPerTree(depth);
  const pathLengths = leafPathLengths(forest);
  const splitColumns = new Set(features.filter((_, i) => thresholds[Math.floor(i / terms)] !== Infinity));
  return {
    forest,
    trees: Array.from({ length: trees }, (_, tree) => {
      const treeCounts = counts.subarray(tree * nodes, (tree + 1) * nodes);
      return {
        features: features.subarray(tree * splits * terms, (tree + 1) * splits * terms),
        slopes: slopes.subarray(tree * splits * terms, (tree + 1) * splits * terms),
        points: points.subarray(tree * splits * terms, (tree + 1) * splits * terms),
        thresholds: thresholds.subarray(tree * splits, (tree + 1) * splits),
        pathLengths: pathLengths.subarray(tree * (splits + 1), (tree + 1) * (splits + 1)),
        missingGoRight: Uint8Array.from({ length: splits }, (_, i) =>
          Number(missingGoesRight(treeCounts, i)),
        ),
      };
    }),
    average: averagePathLengths(sampleSize)[sampleSize]!,
    splitColumns: [...splitColumns].sort((a, b) => a - b),
    constantColumns: columns.flatMap((_, c) => (Number.isNaN(constants[c]!) ? [] : [c])),
  };
}

/** A missing value follows the branch that holds more training rows; left where both hold as many. */
export function missingGoesRight(treeCounts: Uint16Array, split: number): boolean {
  return treeCounts[2 * split + 2]! > treeCounts[2 * split + 1]!;
}

/**
 * Per row 2^(-E(h) / c(ψ)), the paper's score. Where a column that was constant in training moved, no tree could split
 * on it: such a row scores at least as one that a single split isolates, 2^(-1 / c(ψ)), and no path is shorter. What its
 * other columns score ranks such rows among each other, in what is left up to 1: a constant that moved for good must not
 * hide everything else.
 *
 * NaN for the first rows of an entity, which make no whole vector, and for those before `from` (epoch ms).
 */
export function scoreRows(
  compiled: CompiledForest,
  x: FeatureMatrix,
  from: number = Number.NEGATIVE_INFINITY,
): Float64Array {
  const { trees, average } = compiled;
  const width = compiled.forest.columns.length;
  const whole = findLaggedRows(x, compiled.forest.window);
  const lagged = { ...whole, rows: whole.rows.filter((row) => x.times[row]! >= from) };
  const scores = sumPathLengths(compiled, x, lagged);
  const isolated = anomalyScore(1, average);
  for (const row of lagged.rows) {
    const score = anomalyScore(scores[row]! / trees.length, average);
    const moved = hasMovedConstant(compiled, x.values, row * width);
    scores[row] = moved ? isolated + (1 - isolated) * score : score;
  }
  return scores;
}

/** Columns that had one value throughout training and have another in this row. A missing value did not move. */
export function movedConstants(
  { forest, constantColumns }: CompiledForest,
  { values }: FeatureMatrix,
  row: number,
): readonly number[] {
  const offset = row * forest.columns.length;
  return constantColumns.filter((c) => hasMoved(values[offset + c]!, forest.constants[c]!));
}

function hasMovedConstant(
  { forest, constantColumns }: CompiledForest,
  values: Float32Array,
  offset: number,
): boolean {
  for (const c of constantColumns) if (hasMoved(values[offset + c]!, forest.constants[c]!)) return true;
  return false;
}

function hasMoved(value: number, constant: number): boolean {
  return value !== constant && !Number.isNaN(value);
}

function lacksValue(columns: readonly number[], values: Float32Array, offset: number): boolean {
  for (const c of columns) if (Number.isNaN(values[offset + c]!)) return true;
  return false;
}

/** Per row over all trees; NaN without a vector. */
function sumPathLengths(
  { forest, trees, splitColumns }: CompiledForest,
  x: FeatureMatrix,
  lagged: LaggedRows,
): Float64Array {
  const { rows } = lagged;
  const width = forest.columns.length * forest.window;
  const sums = new Float64Array(x.times.length).fill(NaN);
  const isMatrix = forest.window === 1 && rows.length === x.times.length;
  const buffer = new Float32Array(isMatrix ? 0 : BLOCK_ROWS * width);
  const blockSums = new Float64Array(BLOCK_ROWS);
  for (let start = 0; start < rows.length; start += BLOCK_ROWS) {
    const end = Math.min(start + BLOCK_ROWS, rows.length);
    const values = takeVectors(start, end);
    const block = { values, width, depth: forest.depth, sums: blockSums.subarray(0, end - start).fill(0) };
    for (const tree of trees) {
      if (forest.extension === 0) addPathLengths(tree, block);
      else addExtendedPathLengths(tree, block, forest.extension + 1);
    }
    if (forest.extension === 0) sumRestAgain(block);
    for (let i = start; i < end; i++) sums[rows[i]!] = blockSums[i - start]!;
  }
  return sums;

  /** Of a window of one row, and of all rows, they lie in the matrix already. */
  function takeVectors(start: number, end: number): Float32Array {
    if (isMatrix) return x.values.subarray(start * width, end * width);
    for (let i = start; i < end; i++) copyVector(x, lagged, rows[i]!, buffer, (i - start) * width);
    return buffer;
  }

  /** The last one to three vectors, and those that lack a value. */
  function sumRestAgain(block: Block): void {
    for (let row = 0; row < block.sums.length; row++) {
      const isTail = row >= (block.sums.length & ~3);
      const offset = row * width;
      if (!isTail && !lacksValue(splitColumns, block.values, offset)) continue;
      block.sums[row] = 0;
      for (const tree of trees) block.sums[row]! += tree.pathLengths[descend(tree, block.values, offset)]!;
    }
  }
}

interface Block {
  /** Row-major. */
  readonly values: Float32Array;
  readonly width: number;
  readonly depth: number;
  /** Added to, one per row; a last one to three rows that make no four are left alone. */
  readonly sums: Float64Array;
}

/** Takes missing values to the left, wherever they belong: the caller sums such rows again. */
function addPathLengths({ features, thresholds, pathLengths }: CompiledTree, block: Block): void {
  const { values, width, depth, sums } = block;
  const splits = features.length;
  for (let row = 0; row + 3 < sums.length; row += 4) {
    const offset0 = row * width;
    const offset1 = offset0 + width;
    const offset2 = offset1 + width;
    const offset3 = offset2 + width;
    let node0 = 0;
    let node1 = 0;
    let node2 = 0;
    let node3 = 0;
    for (let level = 0; level < depth; level++) {
      node0 = 2 * node0 + 1 + Number(values[offset0 + features[node0]!]! >= thresholds[node0]!);
      node1 = 2 * node1 + 1 + Number(values[offset1 + features[node1]!]! >= thresholds[node1]!);
      node2 = 2 * node2 + 1 + Number(values[offset2 + features[node2]!]! >= thresholds[node2]!);
      node3 = 2 * node3 + 1 + Number(values[offset3 + features[node3]!]! >= thresholds[node3]!);
    }
    sums[row]! += pathLengths[node0 - splits]!;
    sums[row + 1]! += pathLengths[node1 - splits]!;
    sums[row + 2]! += pathLengths[node2 - splits]!;
    sums[row + 3]! += pathLengths[node3 - splits]!;
  }
}

/** Missing values need no care: they lie at the split's point. */
function addExtendedPathLengths(tree: CompiledTree, { values, width, sums }: Block, terms: number): void {
  const { features, slopes, points, thresholds, pathLengths } = tree;
  const planes = { features, slopes, points, terms };
  const splits = thresholds.length;
  for (let row = 0; row < sums.length; row++) {
    let node = 0;
    while (node < splits) {
      // Below a leaf all goes left, to the first of the heap's leaves that share its path length.
      const right =
        thresholds[node] !== Infinity && isRightOf(planes, node * terms, values, row * width) ? 1 : 0;
      node = 2 * node + 1 + right;
    }
    sums[row]! += pathLengths[node - splits]!;
  }
}

/** One row down one tree, missing values as the paper's trees would have split them. @returns the leaf's index */
function descend(
  { features, thresholds, missingGoRight }: CompiledTree,
  values: Float32Array,
  offset: number,
): number {
  let node = 0;
  while (node < features.length) {
    const value = values[offset + features[node]!]!;
    const right = Number.isNaN(value) ? missingGoRight[node]! : Number(value >= thresholds[node]!);
    node = 2 * node + 1 + right;
  }
  return node - features.length;
}
