/** Grows the trees: the paper's algorithms 1 and 2. */
import { ModelError, RetryLaterError } from '../../errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { FitRun } from '../contract.ts';
import { type Random, seedRandom } from '../random.ts';
import { type Forest, nodesPerTree, splitsPerTree } from './forest.ts';
import type { IsolationForestParams } from './params.ts';
import { heightLimit } from './path-length.ts';

/** Column indexes are kept in 16 bits. */
const MAX_COLUMNS = 65535;

/**
 * Labels are not looked at, and rows known to be anomalous stay in: a forest draws no split beyond the values that it
 * was grown on, so that it separates best what it has seen a little of. Missing values: a split is drawn over the
 * measured values of its node, and a row without one follows the branch that holds more of the node's training rows
 * (left where both hold as many).
 * @throws ModelError where there are fewer than 2 rows, a value is infinite or none was measured
 * @throws RetryLaterError once the deadline has passed
 */
export function fitForest(x: FeatureMatrix, params: IsolationForestParams, run: FitRun): Forest {
  checkInput(x, run);
  const rows = Uint32Array.from(x.times, (_, row) => row);
  const constants = findConstants(x);
  const sampleSize = Math.min(params.sampleSize, rows.length);
  const depth = heightLimit(sampleSize);
  const splits = splitsPerTree(depth);
  const nodes = nodesPerTree(depth);
  const forest = {
    columns: [...x.names],
    trees: params.trees,
    depth,
    sampleSize,
    features: new Uint16Array(params.trees * splits),
    thresholds: new Float32Array(params.trees * splits).fill(Infinity),
    counts: new Uint16Array(params.trees * nodes),
    constants,
  };
  const random = seedRandom(run.seed);
  const sample = new Float32Array(sampleSize * x.names.length);
  for (let tree = 0; tree < params.trees; tree++) {
    if (run.deadline.remaining() <= 0)
      throw new RetryLaterError(
        'deadline',
        `fit stopped after ${tree} of ${params.trees} trees: 0 ms of its time are left`,
      );
    drawSample({ x, rows, sampleSize, random, sample });
    growTree({
      sample,
      width: x.names.length,
      depth,
      random,
      features: forest.features.subarray(tree * splits, (tree + 1) * splits),
      thresholds: forest.thresholds.subarray(tree * splits, (tree + 1) * splits),
      counts: forest.counts.subarray(tree * nodes, (tree + 1) * nodes),
    });
    run.onProgress?.((tree + 1) / params.trees);
  }
  return forest;
}

function checkInput(x: FeatureMatrix, { seed }: FitRun): void {
  const rows = x.times.length;
  if (rows < 2) throw new ModelError('too-few-rows', `${rows} rows, a fit takes at least 2`);
  if (x.names.length === 0 || x.names.length > MAX_COLUMNS)
    throw new ModelError('bad-matrix', `${x.names.length} columns, 1 to ${MAX_COLUMNS} can be fitted`);
  if (x.values.length !== rows * x.names.length)
    throw new ModelError(
      'bad-matrix',
      `${x.values.length} values for ${rows} rows of ${x.names.length} columns`,
    );
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    throw new ModelError('bad-seed', `seed ${seed} is not a whole number from 0 to 4294967295`);
}

/** Per column the one value that its measured rows have; NaN where they differ or none was measured. */
function findConstants({ names, times, values }: FeatureMatrix): Float32Array {
  const width = names.length;
  const low = new Float32Array(width).fill(Infinity);
  const high = new Float32Array(width).fill(-Infinity);
  for (let row = 0; row < times.length; row++) {
    for (let c = 0; c < width; c++) {
      const value = values[row * width + c]!;
      if (Math.abs(value) === Infinity)
        throw new ModelError(
          'infinite-value',
          `${value} in column ${names[c]}, row ${row}; a missing value is NaN`,
        );
      if (value < low[c]!) low[c] = value;
      if (value > high[c]!) high[c] = value;
    }
  }
  if (low.every((value) => value === Infinity))
    throw new ModelError('nothing-measured', `${times.length} rows without a single value`);
  return low.map((value, c) => (value === high[c] ? value : NaN));
}

interface Sampling {
  readonly x: FeatureMatrix;
  /** Shuffled from the front as draws go. */
  readonly rows: Uint32Array;
  readonly sampleSize: number;
  readonly random: Random;
  /** Filled row by row. */
  readonly sample: Float32Array;
}

/** Without replacement: the first steps of a Fisher-Yates shuffle, from whatever order the last draw left. */
function drawSample({ x, rows, sampleSize, random, sample }: Sampling): void {
  const width = x.names.length;
  for (let i = 0; i < sampleSize; i++) {
    const other = i + random.nextBelow(rows.length - i);
    const row = rows[other]!;
    rows[other] = rows[i]!;
    rows[i] = row;
    sample.set(x.values.subarray(row * width, (row + 1) * width), i * width);
  }
}

interface Growth {
  readonly sample: Float32Array;
  readonly width: number;
  readonly depth: number;
  readonly random: Random;
  /** This tree's part of the forest's arrays. */
  readonly features: Uint16Array;
  readonly thresholds: Float32Array;
  readonly counts: Uint16Array;
}

function growTree({ sample, width, depth, random, features, thresholds, counts }: Growth): void {
  const members = Uint32Array.from({ length: sample.length / width }, (_, i) => i);
  const candidates = Uint32Array.from({ length: width }, (_, c) => c);

  function grow(node: number, level: number, from: number, to: number): void {
    counts[node] = to - from;
    if (level === depth || to - from < 2) return;
    const split = drawSplit(from, to);
    if (split === undefined) return;
    features[node] = split.feature;
    thresholds[node] = split.threshold;
    const middle = partition(split, from, to);
    grow(2 * node + 1, level + 1, from, middle);
    grow(2 * node + 2, level + 1, middle, to);
  }

  /** A column that varies among the members, each equally likely, and a threshold between its extremes. */
  function drawSplit(from: number, to: number): Split | undefined {
    for (let left = width; left > 0; left--) {
      const at = random.nextBelow(left);
      const feature = candidates[at]!;
      candidates[at] = candidates[left - 1]!;
      candidates[left - 1] = feature;
      let low = Infinity;
      let high = -Infinity;
      for (let i = from; i < to; i++) {
        const value = sample[members[i]! * width + feature]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (low < high) return { feature, threshold: drawThreshold(low, high, random) };
    }
    return undefined;
  }

  /** Members below the threshold first. @returns where those at or above it start */
  function partition({ feature, threshold }: Split, from: number, to: number): number {
    let left = 0;
    let right = 0;
    for (let i = from; i < to; i++) {
      const value = sample[members[i]! * width + feature]!;
      if (value < threshold) left++;
      else if (value >= threshold) right++;
    }
    const missingGoRight = right > left;
    let middle = from;
    for (let i = from; i < to; i++) {
      const member = members[i]!;
      const value = sample[member * width + feature]!;
      if (missingGoRight ? !(value < threshold) : value >= threshold) continue;
      members[i] = members[middle]!;
      members[middle++] = member;
    }
    return middle;
  }

  grow(0, 0, 0, members.length);
}

interface Split {
  readonly feature: number;
  readonly threshold: number;
}

/** Above `low` and at most `high`, so that both sides get a row; a float32, so that storing it moves no row. */
function drawThreshold(low: number, high: number, random: Random): number {
  const threshold = Math.fround(low + random.nextFloat() * (high - low));
  return threshold > low && threshold <= high ? threshold : high;
}
