/**
 * A fitted model as two files: `model.json` (kind, numbers, and a table of arrays) and `weights.bin` (the arrays, one
 * after the other, little endian, each at a multiple of 8 bytes, zeros between). docs/artifact-format.md describes it.
 */
import { endianness } from 'node:os';
import { z } from 'zod';
import { MODEL_KINDS, type ModelKind } from '../config/model-kind.ts';
import { ArtifactError } from '../errors.ts';
import type { JsonValue, ModelState, TypedArray } from '../models/contract.ts';
import { decodeJson, encodeJson, jsonValue } from './json.ts';

/** Of the container. The state inside has a format version of its own, which its model checks. */
export const MODEL_CONTAINER_FORMAT = 1;
const ALIGNMENT = 8;

const DTYPES = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
} as const;
type Dtype = keyof typeof DTYPES;

interface ArrayEntry {
  readonly name: string;
  readonly dtype: Dtype;
  /** Elements. */
  readonly length: number;
  /** Bytes from the start of weights.bin. */
  readonly offset: number;
}

interface Container {
  readonly formatVersion: typeof MODEL_CONTAINER_FORMAT;
  readonly kind: ModelKind;
  readonly stateVersion: number;
  readonly json: JsonValue;
  /** In the order of their offsets. */
  readonly arrays: readonly ArrayEntry[];
}

const containerSchema: z.ZodType<Container> = z.strictObject({
  formatVersion: z.literal(MODEL_CONTAINER_FORMAT),
  kind: z.enum(MODEL_KINDS),
  stateVersion: z.int().min(0),
  json: jsonValue,
  arrays: z.array(
    z.strictObject({
      name: z.string().min(1),
      dtype: z.enum(Object.keys(DTYPES) as [Dtype, ...Dtype[]]),
      length: z.int().min(0),
      offset: z.int().min(0),
    }),
  ),
});

/**
 * The same state gives the same bytes, whatever the order of its members.
 * @throws ArtifactError where `state.json` holds a number that JSON cannot carry: put those into arrays
 */
export function encodeModelState(state: ModelState): {
  readonly 'model.json': Uint8Array;
  readonly 'weights.bin': Uint8Array;
} {
  assertLittleEndian();
  const arrays: ArrayEntry[] = [];
  let end = 0;
  const sorted = Object.entries(state.arrays).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, array] of sorted) {
    const offset = align(end);
    arrays.push({ name, dtype: dtypeOf(array), length: array.length, offset });
    end = offset + array.byteLength;
  }
  const weights = new Uint8Array(end);
  for (const [index, [, array]] of sorted.entries())
    weights.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), arrays[index]!.offset);
  const container: Container = {
    formatVersion: MODEL_CONTAINER_FORMAT,
    kind: state.kind,
    stateVersion: state.formatVersion,
    json: state.json,
    arrays,
  };
  return { 'model.json': encodeJson(container), 'weights.bin': weights };
}

/**
 * The arrays are copies. The table is not trusted: it has to describe every byte of weights.bin exactly once, so that
 * no length in it can make this allocate more than the file holds.
 * @param files of one version; others than the two are ignored
 * @throws ArtifactError naming the file and the entry
 */
export function decodeModelState(files: Readonly<Record<string, Uint8Array>>): ModelState {
  assertLittleEndian();
  const { 'model.json': json, 'weights.bin': weights } = files;
  if (json === undefined || weights === undefined)
    throw new ArtifactError(
      'missing-file',
      `${json === undefined ? 'model.json' : 'weights.bin'} is missing from the model's files`,
    );
  const container = decodeJson('model.json', json, containerSchema);
  const arrays = new Map<string, TypedArray>();
  let end = 0;
  for (const { name, dtype, length, offset } of container.arrays) {
    const bytes = length * DTYPES[dtype].BYTES_PER_ELEMENT;
    const what = `model.json: array "${name}" (${dtype} × ${length} at byte ${offset})`;
    if (arrays.has(name)) throw new ArtifactError('bad-array-table', `${what} is listed twice`);
    if (offset !== align(end))
      throw new ArtifactError('bad-array-table', `${what} has to start at byte ${align(end)}`);
    if (offset + bytes > weights.length)
      throw new ArtifactError(
        'bad-array-table',
        `${what} ends at byte ${offset + bytes}, weights.bin has ${weights.length}`,
      );
    arrays.set(name, copyArray(weights, { dtype, offset, bytes }));
    end = offset + bytes;
  }
  if (end !== weights.length)
    throw new ArtifactError(
      'bad-array-table',
      `weights.bin has ${weights.length} bytes, the arrays of model.json end at byte ${end}`,
    );
  return {
    kind: container.kind,
    formatVersion: container.stateVersion,
    json: container.json,
    arrays: Object.fromEntries(arrays),
  };
}

function copyArray(
  weights: Uint8Array,
  { dtype, offset, bytes }: { dtype: Dtype; offset: number; bytes: number },
): TypedArray {
  const copy = new Uint8Array(bytes);
  copy.set(weights.subarray(offset, offset + bytes));
  return new DTYPES[dtype](copy.buffer);
}

function dtypeOf(array: TypedArray): Dtype {
  for (const [dtype, type] of Object.entries(DTYPES)) if (array instanceof type) return dtype as Dtype;
  throw new ArtifactError(
    'bad-dtype',
    `cannot store an array of type ${Object.prototype.toString.call(array)}`,
  );
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

/** Typed arrays have the machine's byte order; every platform that Lambda and Node's builds run on has this one. */
function assertLittleEndian(): void {
  if (endianness() !== 'LE')
    throw new ArtifactError('big-endian', 'weights.bin is little endian, this machine is not');
}
