/**
 * The kernel at work: its memory, its threads, and one job at a time.
 *
 * Memory from the bottom: control block and constants, programs, weights and moments, packed weights; above them what a
 * job needs, laid out anew for each: a workspace per thread, a gradient per shard, then the batch.
 */
import { ModelError } from '../base/errors.ts';
import type { KernelBuild, NetworkSpec } from './contract.ts';
import * as L from './kernel/layout.ts';
import { instantiate, type Kernel, loadModule, MAX_BYTES, makeMemory, PAGE_BYTES } from './load-kernel.ts';
import type { Placement } from './place-layers.ts';
import { startWorkers, stopWorkers } from './threads.ts';
import { type Program, type ProgramKind, writeProgram } from './write-program.ts';

export interface Job {
  readonly mode: number;
  readonly program: ProgramKind;
  readonly sequences: number;
  readonly inputRows: Float32Array;
  readonly inputStarts: Uint32Array;
  readonly targetRows?: Float32Array | undefined;
  readonly targetStarts?: Uint32Array | undefined;
  readonly mask?: Float32Array | undefined;
  readonly weights?: Float32Array | undefined;
  readonly lossScale?: number | undefined;
  readonly dropoutSeed?: number | undefined;
  /** Floats that the job writes for the caller: outputs, or gradients by the inputs. */
  readonly resultFloats?: number | undefined;
}

export interface Engine {
  /** Each `placement.floats` long; views that live until the next job. */
  viewWeights(): Float32Array;
  viewFirstMoments(): Float32Array;
  viewSecondMoments(): Float32Array;
  /** The shards' gradients of the last job, once `sumGradients` has added them up. */
  viewGradient(): Float32Array;
  /** What the weights' change makes stale. To be called after each change through a view. */
  touchWeights(): void;
  /** @returns a view of the result that lives until the next job */
  run(job: Job): Float32Array;
  /** Sum of the shards' losses, in their order. */
  readLoss(): number;
  /** @returns the squared norm */
  sumGradients(): number;
  adam(rate: number, root: number, scale: number): void;
  close(): void;
}

export interface EngineOptions {
  readonly threads: number;
  readonly build: KernelBuild;
  /** With `train` programs: gradients by the inputs too. */
  readonly inputGradient: boolean;
}

const ALIGNMENT = 128;
/** Tiles read rows in fours: up to three behind the last one. */
const SLACK_ROWS = 4;
/** What the first memory has room for, beside the network itself: shards' gradients, and a batch. */
const SPARE_GRADIENTS = 4;
const SPARE_BYTES = 2 ** 20;

export function startEngine(spec: NetworkSpec, placement: Placement, options: EngineOptions): Engine {
  let end = L.RESERVED_BYTES;
  const take = (size: number): number => {
    const at = end;
    end = align(end + size);
    return at;
  };
  const packings = listPackings(placement);
  const at = {
    weights: take(placement.floats * 4),
    first: take(placement.floats * 4),
    second: take(placement.floats * 4),
    packed: take(placement.packedFloats * 4),
    packings: take(packings.length * L.PACKING_BYTES),
  };
  const programs = {
    train: writeProgram(spec, placement, at, 'train', options.inputGradient),
    infer: writeProgram(spec, placement, at, 'infer', false),
  };
  const programAt = {
    train: take(programs.train.operations.byteLength),
    infer: take(programs.infer.operations.byteLength),
  };
  const fixedEnd = end;
  const gradientBytes = placement.floats * 4;
  const workBytes = options.threads * Math.max(programs.train.workspaceBytes, programs.infer.workspaceBytes);
  // Pages that nobody touches cost nothing; growing does.
  const memory = makeMemory(
    Math.min(fixedEnd + workBytes + SPARE_GRADIENTS * gradientBytes + SPARE_BYTES, MAX_BYTES),
  );
  let bytes = memory.buffer.byteLength;
  const module = loadModule(options.build);
  const kernel: Kernel = instantiate(module, memory);
  let stale = true;
  let working = false;
  let gradientAt = 0;
  let shards = 0;
  let losses = 0;
  let closed = false;

  grow(fixedEnd);
  for (const kind of ['train', 'infer'] as const)
    new Int32Array(memory.buffer, programAt[kind]).set(programs[kind].operations);
  const table = new Int32Array(memory.buffer, at.packings);
  for (const [i, { source, stride, depth, columns, target, transposed }] of packings.entries()) {
    const entry = [];
    entry[L.PACK_SOURCE / 4] = at.weights + source * 4;
    entry[L.PACK_STRIDE / 4] = stride;
    entry[L.PACK_DEPTH / 4] = depth;
    entry[L.PACK_COLUMNS / 4] = columns;
    entry[L.PACK_TARGET / 4] = at.packed + target * 4;
    entry[L.PACK_TRANSPOSED / 4] = transposed;
    table.set(entry, (i * L.PACKING_BYTES) / 4);
  }

  function grow(to: number): void {
    if (to <= bytes) return;
    if (to > MAX_BYTES)
      throw new ModelError(
        'network-too-large',
        `the network and its batch need ${to} bytes; the kernel has ${MAX_BYTES}`,
      );
    memory.grow(Math.ceil((to - bytes) / PAGE_BYTES));
    bytes = memory.buffer.byteLength;
  }

  function floats(address: number, length: number): Float32Array {
    return new Float32Array(memory.buffer, address, length);
  }

  function run(job: Job): Float32Array {
    if (closed) throw new ModelError('network-closed', 'the network was closed');
    const program: Program = programs[job.program];
    shards = Math.ceil(job.sequences / L.SHARD);
    const gradients = job.mode === L.MODE_GRADIENT || job.mode === L.MODE_PULL_BACK;
    const resultFloats = job.resultFloats ?? 0;
    end = fixedEnd;
    const workspaces = take(program.workspaceBytes * options.threads);
    gradientAt = gradients ? take(gradientBytes * shards) : 0;
    losses = take(8 * shards);
    const inputs = take(job.inputRows.byteLength + SLACK_ROWS * spec.features * 4);
    const starts = take(job.inputStarts.byteLength);
    const targets = take(job.targetRows?.byteLength ?? 0);
    const targetStarts = take(job.targetStarts?.byteLength ?? 0);
    const mask = take(job.mask?.byteLength ?? 0);
    const weights = take(job.weights?.byteLength ?? 0);
    const result = take(resultFloats * 4);
    grow(end);

    floats(inputs, job.inputRows.length).set(job.inputRows);
    new Uint32Array(memory.buffer, starts, job.inputStarts.length).set(job.inputStarts);
    if (job.targetRows) floats(targets, job.targetRows.length).set(job.targetRows);
    if (job.targetStarts)
      new Uint32Array(memory.buffer, targetStarts, job.targetStarts.length).set(job.targetStarts);
    if (job.mask) floats(mask, job.mask.length).set(job.mask);
    if (job.weights) floats(weights, job.weights.length).set(job.weights);

    const control = new Int32Array(memory.buffer, 0, L.CONTROL_BYTES / 4);
    control[L.SHARDS / 4] = shards;
    control[L.MODE / 4] = job.mode;
    control[L.PROGRAM / 4] = programAt[job.program];
    control[L.OPERATIONS / 4] = program.count;
    control[L.SEQUENCES / 4] = job.sequences;
    control[L.INPUT_ROWS / 4] = inputs;
    control[L.INPUT_STARTS / 4] = starts;
    control[L.TARGET_ROWS / 4] = targets;
    control[L.TARGET_STARTS / 4] = targetStarts;
    control[L.TARGET_MASK / 4] = job.mask === undefined ? 0 : mask;
    control[L.SAMPLE_WEIGHTS / 4] = weights;
    control[L.OUTPUT / 4] = result;
    control[L.INPUT_GRADIENTS / 4] = job.mode === L.MODE_PULL_BACK ? result : 0;
    control[L.GRADIENTS / 4] = gradientAt;
    control[L.GRADIENT_BYTES / 4] = gradientBytes;
    control[L.LOSSES / 4] = losses;
    control[L.DROPOUT_SEED / 4] = job.dropoutSeed ?? 0;
    control[L.WORKSPACES / 4] = workspaces;
    control[L.WORKSPACE_BYTES / 4] = program.workspaceBytes;
    control[L.FEATURES / 4] = spec.features;
    control[L.STEPS / 4] = spec.steps;
    new Float32Array(control.buffer)[L.LOSS_SCALE / 4] = job.lossScale ?? 0;

    if (stale) kernel.pack(at.packings, packings.length);
    stale = false;
    if (!working && options.threads > 1 && shards > 1) {
      startWorkers(module, memory, options.threads, L.DONE);
      working = true;
    }
    if (kernel.runJob() !== 0) throw new Error('a thread of the network kernel failed');
    return floats(result, resultFloats);
  }

  return {
    viewWeights: () => floats(at.weights, placement.floats),
    viewFirstMoments: () => floats(at.first, placement.floats),
    viewSecondMoments: () => floats(at.second, placement.floats),
    viewGradient: () => floats(gradientAt, placement.floats),
    touchWeights: () => {
      stale = true;
    },
    run,
    readLoss: () => new Float64Array(memory.buffer, losses, shards).reduce((sum, loss) => sum + loss, 0),
    sumGradients: () => kernel.sumGradients(gradientAt, gradientBytes, shards),
    adam: (rate, root, scale) => {
      kernel.adam(at.weights, gradientAt, at.first, at.second, gradientBytes, rate, root, scale);
      stale = true;
    },
    close: () => {
      closed = true;
      if (working) stopWorkers(memory);
      working = false;
    },
  };
}

interface Packing {
  readonly source: number;
  readonly stride: number;
  readonly depth: number;
  readonly columns: number;
  readonly target: number;
  readonly transposed: number;
}

function listPackings({ layers }: Placement): readonly Packing[] {
  return layers
    .flatMap(({ blocks }) => blocks.flatMap(({ input, recurrent }) => [input, recurrent ?? []].flat()))
    .flatMap(({ source, stride, depth, columns, packed, packedBack }) => [
      { source, stride, depth, columns, target: packed, transposed: 0 },
      { source, stride, depth: columns, columns: depth, target: packedBack, transposed: 1 },
    ]);
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
