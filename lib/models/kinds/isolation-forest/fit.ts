/** Grows the trees: the paper's algorithms 1 and 2. */
import { ModelError, RetryLaterError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { type Random, seedRandom } from '../../../maths/random.ts';
import type { FitRun } from '../../framework/contract.ts';
import { type Forest, nodesPerTree, splitsPerTree } from './forest.ts';
import { growTree } from './grow.ts';
import { growExtendedTree } from './grow-extended.ts';
import { copyVector, findLaggedRows, type LaggedRows } from './lagged-rows.ts';
import type { IsolationForestParams } from './params.ts';
import { heightLimit } from './path-length.ts';

/** Entries of a vector are counted in 16 bits. */
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
  checkInput(x, params, run);
  const lagged = findLaggedRows(x, params.window);
  const { rows } = lagged;
  if (rows.length < 2)
    throw new ModelError(
      'too-few-rows',
      `${rows.length} of ${x.times.length} rows have ${params.window - 1} before them, a fit takes at least 2`,
    );
  const width = x.names.length * params.window;
  const terms = params.extension + 1;
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
    window: params.window,
    extension: params.extension,
    features: new Uint16Array(params.trees * splits * terms),
    slopes: new Float64Array(params.extension === 0 ? 0 : params.trees * splits * terms),
    points: new Float32Array(params.extension === 0 ? 0 : params.trees * splits * terms),
    thresholds: new Float32Array(params.trees * splits).fill(Infinity),
    counts: new Uint16Array(params.trees * nodes),
    constants,
  };
  const random = seedRandom(run.seed);
  const sample = new Float32Array(sampleSize * width);
  // Shuffled as draws go.
  const pool = rows.slice();
  for (let tree = 0; tree < params.trees; tree++) {
    if (run.deadline.remaining() <= 0)
      throw new RetryLaterError(
        'deadline',
        `fit stopped after ${tree} of ${params.trees} trees: 0 ms of its time are left`,
      );
    drawSample({ x, lagged, pool, sampleSize, random, sample });
    const [from, to] = [tree * splits, (tree + 1) * splits];
    const growth = {
      sample,
      width,
      depth,
      random,
      features: forest.features.subarray(from * terms, to * terms),
      thresholds: forest.thresholds.subarray(from, to),
      counts: forest.counts.subarray(tree * nodes, (tree + 1) * nodes),
    };
    if (params.extension === 0) growTree(growth);
    else
      growExtendedTree({
        ...growth,
        terms,
        slopes: forest.slopes.subarray(from * terms, to * terms),
        points: forest.points.subarray(from * terms, to * terms),
      });
    run.onProgress?.((tree + 1) / params.trees);
  }
  return forest;
}

function checkInput(x: FeatureMatrix, { window }: IsolationForestParams, { seed }: FitRun): void {
  const rows = x.times.length;
  if (rows < 2) throw new ModelError('too-few-rows', `${rows} rows, a fit takes at least 2`);
  if (x.names.length === 0 || x.names.length * window > MAX_COLUMNS)
    throw new ModelError(
      'bad-matrix',
      `${x.names.length} columns × ${window} rows, 1 to ${MAX_COLUMNS} entries can be fitted`,
    );
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
  readonly lagged: LaggedRows;
  /** Rows to draw from, shuffled from the front as draws go. */
  readonly pool: Uint32Array;
  readonly sampleSize: number;
  readonly random: Random;
  /** Filled vector by vector. */
  readonly sample: Float32Array;
}

/** Without replacement: the first steps of a Fisher-Yates shuffle, from whatever order the last draw left. */
function drawSample({ x, lagged, pool, sampleSize, random, sample }: Sampling): void {
  const width = sample.length / sampleSize;
  for (let i = 0; i < sampleSize; i++) {
    const other = i + random.nextBelow(pool.length - i);
    const row = pool[other]!;
    pool[other] = pool[i]!;
    pool[i] = row;
    copyVector(x, lagged, row, sample, i * width);
  }
}
