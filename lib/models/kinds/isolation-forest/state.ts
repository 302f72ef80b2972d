/** A forest as plain data and back. What comes back is checked, so that a damaged artifact can't be scored with. */
import { ArtifactError } from '../../../base/errors.ts';
import type { JsonValue, ModelState, TypedArray } from '../../framework/contract.ts';
import { type Forest, nodesPerTree, splitsPerTree } from './forest.ts';
import { PARAM_LIMITS } from './params.ts';
import { heightLimit } from './path-length.ts';

/** 2 has windows and extended splits. */
const FOREST_FORMAT_VERSION = 2;
const READABLE: readonly number[] = [1, FOREST_FORMAT_VERSION];
const KIND = 'isolation-forest';

export function saveForest(forest: Forest): ModelState {
  const { columns, trees, sampleSize, window, extension } = forest;
  const { features, thresholds, slopes, points, counts, constants } = forest;
  return {
    kind: KIND,
    formatVersion: FOREST_FORMAT_VERSION,
    json: { columns, trees, sampleSize, window, extension },
    arrays: {
      features: features.slice(),
      thresholds: thresholds.slice(),
      ...(extension > 0 && { slopes: slopes.slice(), points: points.slice() }),
      counts: counts.slice(),
      constants: constants.slice(),
    },
  };
}

/** @throws ArtifactError */
export function loadForest({ kind, formatVersion, json, arrays }: ModelState): Forest {
  if (kind !== KIND) throw invalid(`state is of kind ${JSON.stringify(kind)}, not ${KIND}`);
  if (!READABLE.includes(formatVersion))
    throw invalid(`state has format version ${formatVersion}, this build reads ${READABLE.join(', ')}`);
  const { columns, trees, sampleSize, window, extension } = readSettings(json, formatVersion);
  const depth = heightLimit(sampleSize);
  const terms = trees * splitsPerTree(depth) * (extension + 1);
  const forest: Forest = {
    columns,
    trees,
    depth,
    sampleSize,
    window,
    extension,
    features: take(arrays, 'features', Uint16Array, terms),
    slopes: extension > 0 ? take(arrays, 'slopes', Float64Array, terms) : new Float64Array(0),
    points: extension > 0 ? take(arrays, 'points', Float32Array, terms) : new Float32Array(0),
    thresholds: take(arrays, 'thresholds', Float32Array, trees * splitsPerTree(depth)),
    counts: take(arrays, 'counts', Uint16Array, trees * nodesPerTree(depth)),
    constants: take(arrays, 'constants', Float32Array, columns.length),
  };
  for (const [c, constant] of forest.constants.entries()) {
    if (Math.abs(constant) === Infinity) throw invalid(`constant of column ${columns[c]} is ${constant}`);
  }
  for (let tree = 0; tree < trees; tree++) checkTree(forest, tree);
  return forest;
}

/** A forest of version 1 has no other windows than one row, and splits on single columns. */
function readSettings(
  json: JsonValue,
  version: number,
): Pick<Forest, 'columns' | 'trees' | 'sampleSize' | 'window' | 'extension'> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid(`settings are ${JSON.stringify(json)}, not an object`);
  const { columns, trees, sampleSize, window, extension } = json as {
    readonly [key: string]: JsonValue | undefined;
  };
  if (!Array.isArray(columns) || columns.length === 0 || !columns.every((name) => typeof name === 'string'))
    throw invalid(`columns are ${JSON.stringify(columns)}, not a list of names`);
  return {
    columns,
    trees: within(trees, 'trees', PARAM_LIMITS.trees),
    sampleSize: within(sampleSize, 'sampleSize', PARAM_LIMITS.sampleSize),
    window: version === 1 ? 1 : within(window, 'window', PARAM_LIMITS.window),
    extension: version === 1 ? 0 : within(extension, 'extension', PARAM_LIMITS.extension),
  };
}

function within(
  value: JsonValue | undefined,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`${name} is ${JSON.stringify(value)}, not a whole number from ${min} to ${max}`);
}

function take<T extends TypedArray>(
  arrays: ModelState['arrays'],
  name: string,
  type: new (values: T) => T,
  length: number,
): T {
  const array = arrays[name];
  if (!(array instanceof type)) throw invalid(`array ${name} is missing or not a ${type.name}`);
  if (array.length !== length)
    throw invalid(`array ${name} has ${array.length} elements, expected ${length}`);
  // A copy: the caller may keep and change its own.
  return new type(array);
}

/** Every split reads a column that exists, and its children share out its rows; below a leaf nothing is split. */
function checkTree(forest: Forest, tree: number): void {
  const { depth, sampleSize, columns, window, extension, features, thresholds, counts } = forest;
  const terms = extension + 1;
  const entries = columns.length * window;
  const splits = splitsPerTree(depth);
  const nodes = nodesPerTree(depth);
  const count = (node: number): number => counts[tree * nodes + node]!;
  const isSplit = (node: number): boolean => thresholds[tree * splits + node] !== Infinity;
  if (count(0) !== sampleSize)
    throw invalid(`tree ${tree} starts with ${count(0)} rows, expected ${sampleSize}`);
  for (let node = 0; node < splits; node++) {
    const at = `tree ${tree}, node ${node}`;
    const threshold = thresholds[tree * splits + node]!;
    for (let term = 0; term < terms; term++) {
      const feature = features[(tree * splits + node) * terms + term]!;
      if (feature >= entries) throw invalid(`${at} reads column ${feature} of ${entries}`);
    }
    if (extension > 0) checkHyperplane(forest, (tree * splits + node) * terms, at);
    if (extension > 0 && threshold !== 0 && threshold !== Infinity)
      throw invalid(`${at} has threshold ${threshold}, an extended split 0`);
    if (Number.isNaN(threshold) || threshold === -Infinity) throw invalid(`${at} has threshold ${threshold}`);
    const [left, right] = [count(2 * node + 1), count(2 * node + 2)];
    const sums = isSplit(node) ? left > 0 && right > 0 && left + right === count(node) : left + right === 0;
    if (!sums) throw invalid(`${at} has ${count(node)} rows, its children ${left} and ${right}`);
    if (isSplit(node) && node > 0 && !isSplit((node - 1) >> 1)) throw invalid(`${at} splits below a leaf`);
  }
}

function checkHyperplane({ extension, slopes, points }: Forest, first: number, at: string): void {
  for (let term = first; term <= first + extension; term++) {
    const [slope, point] = [slopes[term]!, points[term]!];
    if (!(Number.isFinite(slope) && Number.isFinite(point)))
      throw invalid(`${at} has slope ${slope} at ${point}`);
  }
}

function invalid(message: string): ArtifactError {
  return new ArtifactError('bad-model', `${KIND}: ${message}`);
}
