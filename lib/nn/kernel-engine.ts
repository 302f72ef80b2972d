/**
 * The kernel at work: its memory, its threads, and one job at a time.
 *
 * Memory from the bottom: control block and constants, programs, weights and moments, packed weights; above them what a
 * job needs, laid out anew for each: a workspace per thread, a gradient per shard, then the batch.
 */
import { ModelError } from '../base/errors.ts';
import type { KernelBuild, NetworkSpec } from './contract.ts';
import type { Engine, Job } from './engine.ts';
import * as L from './kernel/layout.ts';
import { instantiate, type Kernel, loadModule, MAX_BYTES, makeMemory, PAGE_BYTES } from './load-kernel.ts';
import { listPackings, writePackings } from './packings.ts';
import { placeJob, writeControl, writeJob } from './place-job.ts';
import type { Placement } from './place-layers.ts';
import { startWorkers, stopWorkers } from './threads.ts';
import { type Program, writeProgram } from './write-program.ts';

export interface KernelOptions {
  readonly threads: number;
  readonly build: KernelBuild;
  /** With `train` programs: gradients by the inputs too. */
  readonly inputGradient: boolean;
}

const ALIGNMENT = 128;
/** What the first memory has room for, beside the network itself: shards' gradients, and a batch. */
const SPARE_GRADIENTS = 4;
const SPARE_BYTES = 2 ** 20;

export function startKernelEngine(spec: NetworkSpec, placement: Placement, options: KernelOptions): Engine {
  let end = L.RESERVED_BYTES;
  const take = (size: number): number => {
    const at = end;
    end = align(end + size);
    return at;
  };
  const { packings, at, programs, programAt } = placeNetwork(spec, placement, options, take);
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
  writePackings(new Int32Array(memory.buffer, at.packings), packings, at);

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
    end = fixedEnd;
    const facts = {
      program,
      programAt: programAt[job.program],
      spec,
      threads: options.threads,
      gradientBytes,
    };
    const places = placeJob(job, facts, take);
    ({ shards, gradients: gradientAt, losses } = places);
    grow(end);
    writeJob(memory.buffer, job, places);
    writeControl(memory.buffer, job, { ...places, ...facts });

    if (stale) kernel.pack(at.packings, packings.length);
    stale = false;
    if (!working && options.threads > 1 && shards > 1) {
      startWorkers(module, memory, options.threads, L.DONE);
      working = true;
    }
    if (kernel.runJob() !== 0) throw new Error('a thread of the network kernel failed');
    return floats(places.result, job.resultFloats ?? 0);
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
    // In the order of the shards.
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

/** What stays where it is from job to job. @param take gives the address of so many bytes, one after the other */
function placeNetwork(
  spec: NetworkSpec,
  placement: Placement,
  { inputGradient }: KernelOptions,
  take: (bytes: number) => number,
) {
  const packings = listPackings(placement);
  const at = {
    weights: take(placement.floats * 4),
    first: take(placement.floats * 4),
    second: take(placement.floats * 4),
    packed: take(placement.packedFloats * 4),
    packings: take(packings.length * L.PACKING_BYTES),
  };
  const programs = {
    train: writeProgram(spec, placement, at, 'train', inputGradient),
    infer: writeProgram(spec, placement, at, 'infer', false),
  };
  const programAt = {
    train: take(programs.train.operations.byteLength),
    infer: take(programs.infer.operations.byteLength),
  };
  return { packings, at, programs, programAt };
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
