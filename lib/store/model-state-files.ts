/**
 * A fitted model as two files: `model.json` (kind, numbers, and a table of arrays) and `weights.bin` (the arrays, one
 * after the other, little endian, each at a multiple of 8 bytes, zeros between). A network's are what TensorFlow.js
 * loads: its layers around our own part, its weights first. docs/artifact-format.md describes both.
 */
import { endianness } from 'node:os';
import * as z from 'zod';
import { ArtifactError } from '../base/errors.ts';
import { MODEL_KINDS, type ModelKind } from '../config/model-kind.ts';
import type { JsonValue, LayersModel, ModelState, TypedArray } from '../models/framework/contract.ts';
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

const containerSchema: z.ZodType<Container> = z.looseObject({
  formatVersion: z.literal(MODEL_CONTAINER_FORMAT),
  kind: z.enum(MODEL_KINDS),
  stateVersion: z.int().min(0),
  json: jsonValue,
  arrays: z.array(
    z.looseObject({
      name: z.string().min(1),
      dtype: z.enum(Object.keys(DTYPES) as [Dtype, ...Dtype[]]),
      length: z.int().min(0),
      offset: z.int().min(0),
    }),
  ),
});

/** The TensorFlow.js layers format, as far as this writes it. */
interface LayersContainer {
  readonly format: 'layers-model';
  readonly generatedBy: 'tidewatch';
  readonly convertedBy: null;
  readonly modelTopology: JsonValue;
  readonly weightsManifest: readonly [
    {
      readonly paths: readonly ['weights.bin'];
      /** The first arrays of weights.bin, without a gap. */
      readonly weights: readonly {
        readonly name: string;
        readonly shape: readonly number[];
        readonly dtype: 'float32';
      }[];
    },
  ];
  readonly userDefinedMetadata: { readonly tidewatch: Container };
}

const layersSchema: z.ZodType<LayersContainer> = z.looseObject({
  format: z.literal('layers-model'),
  generatedBy: z.literal('tidewatch'),
  convertedBy: z.null(),
  modelTopology: jsonValue,
  weightsManifest: z.tuple([
    z.looseObject({
      paths: z.tuple([z.literal('weights.bin')]),
      weights: z.array(
        z.looseObject({
          name: z.string().min(1),
          shape: z.array(z.int().min(1)).min(1),
          dtype: z.literal('float32'),
        }),
      ),
    }),
  ]),
  userDefinedMetadata: z.looseObject({ tidewatch: containerSchema }),
});

/**
 * The same state gives the same bytes, whatever the order of its members.
 * @throws ArtifactError where `state.json` holds a number that JSON cannot carry (put those into arrays), or an array
 *   is not what the network's layers say
 */
export function encodeModelState(state: ModelState): {
  readonly 'model.json': Uint8Array;
  readonly 'weights.bin': Uint8Array;
} {
  assertLittleEndian();
  const named = orderArrays(state);
  const packed = state.layersModel?.weights.length ?? 0;
  const arrays: ArrayEntry[] = [];
  let end = 0;
  for (const [index, [name, array]] of named.entries()) {
    const offset = placeAfter(end, index < packed);
    arrays.push({ name, dtype: dtypeOf(array), length: array.length, offset });
    end = offset + array.byteLength;
  }
  const weights = new Uint8Array(end);
  for (const [index, [, array]] of named.entries())
    weights.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), arrays[index]!.offset);
  const container: Container = {
    formatVersion: MODEL_CONTAINER_FORMAT,
    kind: state.kind,
    stateVersion: state.formatVersion,
    json: state.json,
    arrays,
  };
  const json = state.layersModel === undefined ? container : wrapLayers(state.layersModel, container);
  return { 'model.json': encodeJson(json), 'weights.bin': weights };
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
  const { container, layersModel } = readContainer(json);
  const arrays = new Map<string, TypedArray>();
  let end = 0;
  for (const [index, { name, dtype, length, offset }] of container.arrays.entries()) {
    const bytes = length * DTYPES[dtype].BYTES_PER_ELEMENT;
    const what = `model.json: array "${name}" (${dtype} × ${length} at byte ${offset})`;
    if (arrays.has(name)) throw new ArtifactError('bad-array-table', `${what} is listed twice`);
    const place = placeAfter(end, index < (layersModel?.weights.length ?? 0));
    if (offset !== place) throw new ArtifactError('bad-array-table', `${what} has to start at byte ${place}`);
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
    ...(layersModel !== undefined && { layersModel }),
  };
}

/** The layers' weights first, in their order; the others by name. */
function orderArrays({ arrays, layersModel }: ModelState): readonly (readonly [string, TypedArray])[] {
  const layers = (layersModel?.weights ?? []).map(({ name, shape }) => {
    const array = arrays[name];
    const length = countElements(shape);
    if (!(array instanceof Float32Array) || array.length !== length)
      throw new ArtifactError(
        'bad-layers',
        `weight "${name}" of the layers is no Float32Array of ${length} (${shape.join(' × ')})`,
      );
    return [name, array] as const;
  });
  const taken = new Set(layers.map(([name]) => name));
  const others = Object.entries(arrays)
    .filter(([name]) => !taken.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [...layers, ...others];
}

function wrapLayers({ topology, weights }: LayersModel, container: Container): LayersContainer {
  return {
    format: 'layers-model',
    generatedBy: 'tidewatch',
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: weights.map(({ name, shape }) => ({ name, shape: [...shape], dtype: 'float32' as const })),
      },
    ],
    userDefinedMetadata: { tidewatch: container },
  };
}

/** @throws ArtifactError where the layers and the table of arrays do not say the same */
function readContainer(json: Uint8Array): {
  readonly container: Container;
  readonly layersModel: LayersModel | undefined;
} {
  const { format } = decodeJson('model.json', json, z.looseObject({ format: z.unknown().optional() }));
  if (format === undefined)
    return { container: decodeJson('model.json', json, containerSchema), layersModel: undefined };
  const { modelTopology, weightsManifest, userDefinedMetadata } = decodeJson(
    'model.json',
    json,
    layersSchema,
  );
  const container = userDefinedMetadata.tidewatch;
  const [{ weights }] = weightsManifest;
  for (const [index, { name, shape }] of weights.entries()) {
    const entry = container.arrays[index];
    if (entry?.name !== name || entry.dtype !== 'float32' || entry.length !== countElements(shape))
      throw new ArtifactError(
        'bad-array-table',
        `model.json: weight "${name}" (${shape.join(' × ')}) of the manifest is not array ${index} of the table`,
      );
  }
  return {
    container,
    layersModel: { topology: modelTopology, weights: weights.map(({ name, shape }) => ({ name, shape })) },
  };
}

function countElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Weights of layers follow each other without a gap, as TensorFlow.js reads them. */
function placeAfter(end: number, packed: boolean): number {
  return packed ? end : align(end);
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
