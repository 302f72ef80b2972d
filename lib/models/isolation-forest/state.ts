/** A forest as plain data and back. What comes back is checked, so that a damaged artifact can't be scored with. */
import { ArtifactError } from '../../errors.ts';
import type { JsonValue, ModelState, TypedArray } from '../contract.ts';
import { type Forest, nodesPerTree, splitsPerTree } from './forest.ts';
import { PARAM_LIMITS } from './params.ts';
import { heightLimit } from './path-length.ts';

export const FOREST_FORMAT_VERSION = 1;
const KIND = 'isolation-forest';

export function saveForest(forest: Forest): ModelState {
  const { columns, trees, sampleSize, features, thresholds, counts, constants } = forest;
  return {
    kind: KIND,
    formatVersion: FOREST_FORMAT_VERSION,
    json: { columns, trees, sampleSize },
    arrays: {
      features: features.slice(),
      thresholds: thresholds.slice(),
      counts: counts.slice(),
      constants: constants.slice(),
    },
  };
}

/** @throws ArtifactError */
export function loadForest({ kind, formatVersion, json, arrays }: ModelState): Forest {
  if (kind !== KIND) throw invalid(`state is of kind ${JSON.stringify(kind)}, not ${KIND}`);
  if (formatVersion !== FOREST_FORMAT_VERSION)
    throw invalid(`state has format version ${formatVersion}, this build reads ${FOREST_FORMAT_VERSION}`);
  const { columns, trees, sampleSize } = readSettings(json);
  const depth = heightLimit(sampleSize);
  const forest: Forest = {
    columns,
    trees,
    depth,
    sampleSize,
    features: take(arrays, 'features', Uint16Array, trees * splitsPerTree(depth)),
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

function readSettings(json: JsonValue): Pick<Forest, 'columns' | 'trees' | 'sampleSize'> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid(`settings are ${JSON.stringify(json)}, not an object`);
  const { columns, trees, sampleSize } = json as { readonly [key: string]: JsonValue | undefined };
  if (!Array.isArray(columns) || columns.length === 0 || !columns.every((name) => typeof name === 'string'))
    throw invalid(`columns are ${JSON.stringify(columns)}, not a list of names`);
  return {
    columns,
    trees: within(trees, 'trees', PARAM_LIMITS.trees),
    sampleSize: within(sampleSize, 'sampleSize', PARAM_LIMITS.sampleSize),
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
function checkTree({ depth, sampleSize, columns, features, thresholds, counts }: Forest, tree: number): void {
  const splits = splitsPerTree(depth);
  const nodes = nodesPerTree(depth);
  const count = (node: number): number => counts[tree * nodes + node]!;
  const isSplit = (node: number): boolean => thresholds[tree * splits + node] !== Infinity;
  if (count(0) !== sampleSize)
    throw invalid(`tree ${tree} starts with ${count(0)} rows, expected ${sampleSize}`);
  for (let node = 0; node < splits; node++) {
    const at = `tree ${tree}, node ${node}`;
    const feature = features[tree * splits + node]!;
    const threshold = thresholds[tree * splits + node]!;
    if (feature >= columns.length) throw invalid(`${at} reads column ${feature} of ${columns.length}`);
    if (Number.isNaN(threshold) || threshold === -Infinity) throw invalid(`${at} has threshold ${threshold}`);
    const [left, right] = [count(2 * node + 1), count(2 * node + 2)];
    const sums = isSplit(node) ? left > 0 && right > 0 && left + right === count(node) : left + right === 0;
    if (!sums) throw invalid(`${at} has ${count(node)} rows, its children ${left} and ${right}`);
    if (isSplit(node) && node > 0 && !isSplit((node - 1) >> 1)) throw invalid(`${at} splits below a leaf`);
  }
}

function invalid(message: string): ArtifactError {
  return new ArtifactError('bad-model', `${KIND}: ${message}`);
}
