/** A network's layers as the list of operations that the kernel runs for each shard. */
import type { LayerSpec, NetworkSpec } from './contract.ts';
import * as L from './kernel/layout.ts';
import type { PlacedBlock, PlacedLayer, Placement } from './place-layers.ts';

/** Byte addresses in the kernel's memory. */
export interface Addresses {
  readonly weights: number;
  readonly packed: number;
}

export interface Program {
  /** OPERATION_BYTES each. */
  readonly operations: Int32Array;
  readonly count: number;
  /** What one thread needs for its tensors. */
  readonly workspaceBytes: number;
}

/** A tensor in a thread's workspace, in bytes, and its gradient. */
interface Tensor {
  readonly at: number;
  readonly gradient: number;
}

interface Writer {
  readonly words: number[][];
  bytes: number;
  scratchBytes: number;
}

/** `train`: keeps what the way back needs, and drops out. `infer`: neither. */
export type ProgramKind = 'train' | 'infer';

/** @param inputGradient somebody wants the gradient by the inputs: with `train` only */
export function writeProgram(
  spec: NetworkSpec,
  { layers }: Placement,
  addresses: Addresses,
  kind: ProgramKind,
  inputGradient: boolean,
): Program {
  const train = kind === 'train';
  const writer: Writer = { words: [], bytes: 0, scratchBytes: 0 };
  const gates = train ? 0 : takeSharedGates(writer, layers);
  const shared = train ? 0 : takeSharedRows(writer, layers[0]!);
  let tensor = addGather(writer, layers[0]!, train);
  let asked = inputGradient;
  for (const layer of layers) {
    const first = layer.index === 0;
    const common = {
      [L.IN]: tensor.at,
      [L.IN_GRADIENT]: tensor.gradient,
      [L.IN_WIDTH]: layer.input.width,
      [L.IN_DEPTH]: first ? spec.features : layer.input.width,
      [L.SHARED]: shared,
      [L.OUT_WIDTH]: layer.output.width,
      [L.OP_STEPS]: layer.output.steps,
    };
    const flags = (train ? L.FLAG_KEEP : 0) | (asked ? L.FLAG_IN_GRADIENT : 0) | (first ? L.FLAG_FIRST : 0);
    const given = { layer, common, flags, addresses };
    switch (layer.spec.type) {
      case 'lstm':
      case 'bidirectional-lstm':
        tensor = addLstm(writer, given, gates);
        break;
      case 'dropout':
        if (train) tensor = addDropout(writer, given, layer.spec.rate);
        break;
      case 'repeat':
        // The LSTM after it reads the one vector.
        break;
      case 'attention':
        tensor = addAttention(writer, given);
        break;
      case 'dense':
        tensor = addDense(writer, given, layer.spec, layer === layers.at(-1) ? lossFlag(spec) : 0);
        break;
    }
    asked = asked || layer.blocks.length > 0;
  }
  addLoss(writer, layers.at(-1)!, tensor, lossFlag(spec));
  return finish(writer);
}

type Fields = Record<number, number>;

/** A layer, and what its operations say whatever its type. */
interface LayerStep {
  readonly layer: PlacedLayer;
  readonly common: Fields;
  readonly flags: number;
  readonly addresses: Addresses;
}

function addGather(writer: Writer, { input }: PlacedLayer, train: boolean): Tensor {
  const out = takeTensor(writer, input.steps, input.width, train);
  add(writer, {
    [L.KIND]: L.KIND_GATHER,
    [L.OUT]: out.at,
    [L.OUT_GRADIENT]: out.gradient,
    [L.OUT_WIDTH]: input.width,
  });
  return out;
}

function addDropout(writer: Writer, { layer, common }: LayerStep, rate: number): Tensor {
  const out = takeTensor(writer, layer.output.steps, layer.output.width, true);
  add(writer, {
    ...common,
    [L.KIND]: L.KIND_DROPOUT,
    [L.OUT]: out.at,
    [L.OUT_GRADIENT]: out.gradient,
    [L.THRESHOLD]: Math.round(rate * 2 ** 32) | 0,
    [L.KEEP_SCALE]: floatBits(1 / (1 - rate)),
    [L.STREAM]: layer.index,
  });
  return out;
}

function addAttention(writer: Writer, { layer, common, flags, addresses }: LayerStep): Tensor {
  const { steps, width } = layer.input;
  const out = takeTensor(writer, 1, width, (flags & L.FLAG_KEEP) !== 0);
  const block = layer.blocks[0]!;
  add(writer, {
    ...common,
    ...blockFields(block, addresses),
    [L.KIND]: L.KIND_ATTENTION,
    [L.FLAGS]: flags,
    [L.OP_STEPS]: steps,
    [L.OUT]: out.at,
    [L.OUT_GRADIENT]: out.gradient,
    [L.GATES]: takeBytes(writer, steps * width),
    // Shares and their gradients.
    [L.CELL]: takeBytes(writer, 2 * steps),
    [L.SCORER]: addresses.weights + 4 * block.scorer!,
    [L.SCORER_GRADIENT]: 4 * block.scorer!,
  });
  needScratch(writer, width + width * L.PACK_ROWS);
  return out;
}

function addDense(
  writer: Writer,
  { layer, common, flags, addresses }: LayerStep,
  { units, activation }: Extract<LayerSpec, { type: 'dense' }>,
  loss: number,
): Tensor {
  const out = takeTensor(writer, layer.output.steps, layer.output.width, (flags & L.FLAG_KEEP) !== 0);
  add(writer, {
    ...common,
    ...blockFields(layer.blocks[0]!, addresses),
    [L.KIND]: L.KIND_DENSE,
    [L.FLAGS]: flags | (activation === 'sigmoid' ? L.FLAG_SIGMOID : 0) | loss,
    [L.OUT]: out.at,
    [L.OUT_GRADIENT]: out.gradient,
    [L.LOGICAL]: units,
  });
  needScratch(writer, layer.input.width * (1 + L.PACK_ROWS));
  return out;
}

function addLoss(writer: Writer, { output }: PlacedLayer, tensor: Tensor, loss: number): void {
  add(writer, {
    [L.KIND]: L.KIND_LOSS,
    [L.IN]: tensor.at,
    [L.IN_GRADIENT]: tensor.gradient,
    [L.IN_WIDTH]: output.width,
    [L.OP_STEPS]: output.steps,
    [L.LOGICAL]: output.columns.length,
    [L.FLAGS]: loss,
  });
}

function lossFlag({ loss }: NetworkSpec): number {
  return loss === 'binary-crossentropy' ? L.FLAG_CROSS_ENTROPY : 0;
}

function addLstm(
  writer: Writer,
  { layer, common, flags, addresses }: LayerStep,
  sharedGates: number,
): Tensor {
  const train = (flags & L.FLAG_KEEP) !== 0;
  const two = layer.blocks.length === 2;
  const sequences = layer.output.timed;
  const { steps, width: inWidth } = layer.input;
  const units = layer.output.width / layer.blocks.length;
  const copied = two || !sequences;
  const state = steps * units;
  const ownOut = copied ? takeBytes(writer, layer.output.steps * layer.output.width) : undefined;
  const gradient = train ? takeBytes(writer, layer.output.steps * layer.output.width) : 0;
  let hidden = 0;
  for (const [direction, block] of layer.blocks.entries()) {
    hidden = takeBytes(writer, state);
    add(writer, {
      ...common,
      ...blockFields(block, addresses),
      [L.KIND]: L.KIND_LSTM,
      [L.FLAGS]:
        flags |
        (direction === 1 ? L.FLAG_REVERSE : 0) |
        // On the way back the second direction comes first, and writes.
        (two && direction === 0 ? L.FLAG_ADD_IN_GRADIENT : 0) |
        (sequences ? L.FLAG_SEQUENCES : 0) |
        (layer.input.constant ? L.FLAG_CONSTANT : 0) |
        (copied ? L.FLAG_COPY_OUT : 0),
      [L.OP_STEPS]: steps,
      [L.UNITS]: units,
      [L.OUT]: ownOut ?? hidden,
      [L.OUT_GRADIENT]: gradient,
      [L.OUT_COLUMN]: direction * units,
      [L.HIDDEN]: hidden,
      [L.GATES]: train ? takeBytes(writer, 4 * state) : sharedGates,
      [L.CELL]: takeBytes(writer, train ? state : units),
      [L.CELL_TANH]: train ? takeBytes(writer, state) : 0,
    });
  }
  // The constant input's projection; on the way back two states, a row of zeros, and packed columns.
  const back = 3 * units * L.SHARD + inWidth + (inWidth + units) * L.PACK_ROWS;
  needScratch(writer, Math.max(4 * units * L.SHARD, train ? back : 0));
  return { at: ownOut ?? hidden, gradient };
}

function blockFields(block: PlacedBlock, { weights, packed }: Addresses): Fields {
  const { input, recurrent, bias } = block;
  return {
    [L.PACKED_IN]: packed + 4 * input.packed,
    [L.PACKED_IN_BACK]: packed + 4 * input.packedBack,
    [L.PACKED_HIDDEN]: recurrent === undefined ? 0 : packed + 4 * recurrent.packed,
    [L.PACKED_HIDDEN_BACK]: recurrent === undefined ? 0 : packed + 4 * recurrent.packedBack,
    [L.BIAS]: weights + 4 * bias,
    [L.WEIGHT_GRADIENT]: 4 * input.source,
    [L.BIAS_GRADIENT]: 4 * bias,
  };
}

/** Without a way back one chunk of gates serves all LSTMs. */
function takeSharedGates(writer: Writer, layers: readonly PlacedLayer[]): number {
  const units = layers.map(({ output, blocks }) =>
    blocks[0]?.recurrent === undefined ? 0 : output.width / blocks.length,
  );
  return takeBytes(writer, L.CHUNK_STEPS * 4 * Math.max(...units));
}

/** Projected rows under a shard's overlapping sequences; its two directions take turns. */
function takeSharedRows(writer: Writer, { input, output, blocks }: PlacedLayer): number {
  if (blocks[0]?.recurrent === undefined) return 0;
  const rows = L.SHARED_LENGTHS * input.steps + 4;
  return takeBytes(writer, Math.ceil((rows * 4 * (output.width / blocks.length)) / L.SHARD));
}

function takeTensor(writer: Writer, steps: number, width: number, gradient: boolean): Tensor {
  const at = takeBytes(writer, steps * width);
  return { at, gradient: gradient ? takeBytes(writer, steps * width) : 0 };
}

/** Room for so many floats of each of a shard's sequences. */
function takeBytes(writer: Writer, floats: number): number {
  const at = writer.bytes;
  writer.bytes += floats * L.SHARD * 4;
  return at;
}

function needScratch(writer: Writer, floats: number): void {
  writer.scratchBytes = Math.max(writer.scratchBytes, floats * 4);
}

function add(writer: Writer, fields: Fields): void {
  const words = new Array<number>(L.OPERATION_BYTES / 4).fill(0);
  for (const [offset, value] of Object.entries(fields)) words[Number(offset) / 4] = value;
  writer.words.push(words);
}

function finish({ words, bytes, scratchBytes }: Writer): Program {
  const scratch = bytes;
  const panel = scratch + Math.ceil(scratchBytes / 16) * 16;
  for (const operation of words) {
    operation[L.SCRATCH / 4] = scratch;
    operation[L.SCRATCH_PANEL / 4] = panel;
  }
  // Threads do not share cache lines.
  const workspaceBytes = Math.ceil((panel + 8 * L.PACK_ROWS * 4) / 128) * 128;
  return { operations: Int32Array.from(words.flat()), count: words.length, workspaceBytes };
}

function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!;
}
