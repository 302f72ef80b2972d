/**
 * Where each layer's numbers lie. Columns are padded to multiples of 8 with zeros, which stay zeros: kernels read whole
 * vectors, and no gradient comes of padding.
 */
import { ModelError } from '../base/errors.ts';
import type { LayerSpec, NetworkSpec } from './contract.ts';

/** Between two layers. A bidirectional LSTM's output has padding in the middle, too. */
export interface Shape {
  /** 1 where there is no time axis. */
  readonly steps: number;
  readonly timed: boolean;
  /** The same at all steps, stored once: what `repeat` makes. */
  readonly constant: boolean;
  /** Physical column of each column. */
  readonly columns: readonly number[];
  /** Physical columns, a multiple of 8. */
  readonly width: number;
}

/** One weight of a layer: element (row, column) is float `base + rows[row] × stride + columns[column]`. */
export interface PlacedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly base: number;
  readonly stride: number;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly role: 'kernel' | 'recurrent' | 'bias' | 'forget-bias';
}

/** A matrix that the kernel wants in panels, beside its transpose. Offsets in floats. */
export interface PlacedMatrix {
  readonly source: number;
  readonly stride: number;
  readonly depth: number;
  readonly columns: number;
  readonly packed: number;
  readonly packedBack: number;
}

/** An LSTM, one direction of a bidirectional one, a dense layer, or attention's projection. */
export interface PlacedBlock {
  readonly input: PlacedMatrix;
  /** Of an LSTM. */
  readonly recurrent: PlacedMatrix | undefined;
  readonly bias: number;
  /** Of attention, in floats. */
  readonly scorer: number | undefined;
}

export interface PlacedLayer {
  readonly spec: LayerSpec;
  readonly index: number;
  readonly input: Shape;
  readonly output: Shape;
  /** Two for a bidirectional LSTM: forwards, backwards. */
  readonly blocks: readonly PlacedBlock[];
}

export interface Placement {
  readonly layers: readonly PlacedLayer[];
  readonly weights: readonly PlacedWeight[];
  /** Floats of all weights, padding included. */
  readonly floats: number;
  /** Floats of all packed matrices. */
  readonly packedFloats: number;
  /** Without padding. */
  readonly parameters: number;
}

/** What the kernel's memory and its 32-bit addresses leave room for. */
const MAX_WIDTH = 4096;
const MAX_STEPS = 100_000;

interface Cursor {
  floats: number;
  packedFloats: number;
  readonly weights: PlacedWeight[];
}

/** @throws ModelError `network-invalid` */
export function placeLayers(spec: NetworkSpec): Placement {
  checkWhole(spec.steps, MAX_STEPS, 'steps');
  checkWhole(spec.features, MAX_WIDTH, 'features');
  const cursor: Cursor = { floats: 0, packedFloats: 0, weights: [] };
  const layers: PlacedLayer[] = [];
  let shape: Shape = {
    steps: spec.steps,
    timed: true,
    constant: false,
    columns: range(spec.features),
    width: pad(spec.features),
  };
  for (const [index, layer] of spec.layers.entries()) {
    const placed = placeLayer(layer, index, shape, cursor);
    layers.push(placed);
    shape = placed.output;
  }
  return {
    layers,
    weights: cursor.weights,
    floats: cursor.floats,
    packedFloats: cursor.packedFloats,
    parameters: cursor.weights.reduce((sum, { shape: [a, b = 1] }) => sum + a! * b, 0),
  };
}

/** @throws ModelError `network-invalid` where the loss has nothing to compare */
export function checkEnd({ layers, loss }: NetworkSpec): void {
  const last = layers.at(-1);
  if (last?.type !== 'dense') refuse(`the last layer is ${last?.type ?? 'missing'}, not dense`);
  if (loss === 'binary-crossentropy' && last.activation !== 'sigmoid')
    refuse('binary-crossentropy needs a sigmoid at the end');
}

function placeLayer(spec: LayerSpec, index: number, input: Shape, cursor: Cursor): PlacedLayer {
  const what = `layer ${index} (${spec.type})`;
  const name = `${spec.type}_${index}`;
  const recurrent = spec.type === 'lstm' || spec.type === 'bidirectional-lstm';
  if (input.constant && !recurrent) refuse(`${what} follows a repeat: only an LSTM may`);
  if ((recurrent || spec.type === 'attention') && !input.timed) refuse(`${what} wants a time axis`);
  const place = (output: Shape, blocks: readonly PlacedBlock[]): PlacedLayer => {
    return { spec, index, input, output, blocks };
  };
  switch (spec.type) {
    case 'lstm':
    case 'bidirectional-lstm': {
      checkWhole(spec.units, MAX_WIDTH, `${what}: units`);
      const names = spec.type === 'lstm' ? [name] : [`${name}/forward`, `${name}/backward`];
      const blocks = names.map((each) => placeLstm(each, spec.units, input, cursor));
      const units = pad(spec.units);
      const columns = names.flatMap((_, i) => range(spec.units).map((column) => column + i * units));
      const steps = spec.returnSequences ? input.steps : 1;
      const width = units * names.length;
      return place({ steps, timed: spec.returnSequences, constant: false, columns, width }, blocks);
    }
    case 'dropout':
      if (!(spec.rate >= 0 && spec.rate < 1)) refuse(`${what}: rate ${spec.rate} is outside [0, 1)`);
      return place(input, []);
    case 'repeat':
      checkWhole(spec.steps, MAX_STEPS, `${what}: steps`);
      if (input.timed) refuse(`${what} wants an input without time axis`);
      return place({ ...input, steps: spec.steps, timed: true, constant: true }, []);
    case 'attention': {
      const block = placeDense(name, input, input.columns, input.width, cursor);
      const scorer = take(cursor, 1, input.width, {
        name: `${name}/scorer`,
        shape: [input.columns.length, 1],
        rows: input.columns,
        columns: [0],
        stride: 1,
        role: 'kernel',
      });
      return place({ ...input, steps: 1, timed: false }, [{ ...block, scorer }]);
    }
    case 'dense': {
      checkWhole(spec.units, MAX_WIDTH, `${what}: units`);
      const columns = range(spec.units);
      const width = pad(spec.units);
      return place({ ...input, columns, width }, [placeDense(name, input, columns, width, cursor)]);
    }
  }
}

/** Input rows over hidden rows in one matrix, whose gradient is then one product. */
function placeLstm(name: string, units: number, input: Shape, cursor: Cursor): PlacedBlock {
  const physical = pad(units);
  const wide = 4 * physical;
  const gates = [0, 1, 2, 3].flatMap((gate) => range(units).map((unit) => gate * physical + unit));
  const base = take(cursor, input.width, wide, {
    name: `${name}/kernel`,
    shape: [input.columns.length, 4 * units],
    rows: input.columns,
    columns: gates,
    stride: wide,
    role: 'kernel',
  });
  const recurrent = take(cursor, physical, wide, {
    name: `${name}/recurrent_kernel`,
    shape: [units, 4 * units],
    rows: range(units),
    columns: gates,
    stride: wide,
    role: 'recurrent',
  });
  const bias = take(cursor, 1, wide, {
    name: `${name}/bias`,
    shape: [4 * units],
    rows: [0],
    columns: gates,
    stride: wide,
    role: 'forget-bias',
  });
  return {
    input: packMatrix(base, input.width, wide, cursor),
    recurrent: packMatrix(recurrent, physical, wide, cursor),
    bias,
    scorer: undefined,
  };
}

function placeDense(
  name: string,
  input: Shape,
  columns: readonly number[],
  width: number,
  cursor: Cursor,
): PlacedBlock {
  const base = take(cursor, input.width, width, {
    name: `${name}/kernel`,
    shape: [input.columns.length, columns.length],
    rows: input.columns,
    columns,
    stride: width,
    role: 'kernel',
  });
  const bias = take(cursor, 1, width, {
    name: `${name}/bias`,
    shape: [columns.length],
    rows: [0],
    columns,
    stride: width,
    role: 'bias',
  });
  return {
    input: packMatrix(base, input.width, width, cursor),
    recurrent: undefined,
    bias,
    scorer: undefined,
  };
}

function take(cursor: Cursor, rows: number, columns: number, weight: Omit<PlacedWeight, 'base'>): number {
  const base = cursor.floats;
  cursor.floats += rows * columns;
  cursor.weights.push({ ...weight, base });
  return base;
}

function packMatrix(source: number, depth: number, columns: number, cursor: Cursor): PlacedMatrix {
  const packed = cursor.packedFloats;
  cursor.packedFloats += 2 * depth * columns;
  return { source, stride: columns, depth, columns, packed, packedBack: packed + depth * columns };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function pad(columns: number): number {
  return Math.ceil(columns / 8) * 8;
}

function checkWhole(value: number, limit: number, what: string): void {
  if (!Number.isInteger(value) || value < 1 || value > limit)
    refuse(`${what} is ${value}, not a whole number from 1 to ${limit}`);
}

function refuse(reason: string): never {
  throw new ModelError('network-invalid', `the network cannot be built: ${reason}`);
}
