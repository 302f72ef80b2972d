/** Where the parts of a job lie in the kernel's memory, and how the kernel is told of them. */
import type { NetworkSpec } from './contract.ts';
import type { Job } from './engine.ts';
import * as L from './kernel/layout.ts';
import type { Program } from './write-program.ts';

/** What a job is laid out by. */
interface JobFacts {
  readonly program: Program;
  /** Address of its operations. */
  readonly programAt: number;
  readonly spec: NetworkSpec;
  readonly threads: number;
  /** Of one shard. */
  readonly gradientBytes: number;
}

/** Addresses. */
interface JobPlaces {
  readonly shards: number;
  readonly workspaces: number;
  /** One a shard; 0 where the job makes none. */
  readonly gradients: number;
  readonly losses: number;
  readonly inputs: number;
  readonly starts: number;
  readonly targets: number;
  readonly targetStarts: number;
  readonly mask: number;
  readonly weights: number;
  readonly result: number;
}

/** Tiles read rows in fours: up to three behind the last one. */
const SLACK_ROWS = 4;

/** @param take gives the address of so many bytes, one after the other */
export function placeJob(job: Job, facts: JobFacts, take: (bytes: number) => number): JobPlaces {
  const { program, spec, threads, gradientBytes } = facts;
  const shards = Math.ceil(job.sequences / L.SHARD);
  const hasGradients = job.mode === L.MODE_GRADIENT || job.mode === L.MODE_PULL_BACK;
  return {
    shards,
    workspaces: take(program.workspaceBytes * threads),
    gradients: hasGradients ? take(gradientBytes * shards) : 0,
    losses: take(8 * shards),
    inputs: take(job.inputRows.byteLength + SLACK_ROWS * spec.features * 4),
    starts: take(job.inputStarts.byteLength),
    targets: take(job.targetRows?.byteLength ?? 0),
    targetStarts: take(job.targetStarts?.byteLength ?? 0),
    mask: take(job.mask?.byteLength ?? 0),
    weights: take(job.weights?.byteLength ?? 0),
    result: take((job.resultFloats ?? 0) * 4),
  };
}

export function writeJob(memory: ArrayBufferLike, job: Job, at: JobPlaces): void {
  const floats = (address: number, values: Float32Array | undefined): void => {
    if (values) new Float32Array(memory, address, values.length).set(values);
  };
  const integers = (address: number, values: Uint32Array | undefined): void => {
    if (values) new Uint32Array(memory, address, values.length).set(values);
  };
  floats(at.inputs, job.inputRows);
  integers(at.starts, job.inputStarts);
  floats(at.targets, job.targetRows);
  integers(at.targetStarts, job.targetStarts);
  floats(at.mask, job.mask);
  floats(at.weights, job.weights);
}

export function writeControl(memory: ArrayBufferLike, job: Job, at: JobPlaces & JobFacts): void {
  const { program, spec } = at;
  const control = new Int32Array(memory, 0, L.CONTROL_BYTES / 4);
  control[L.SHARDS / 4] = at.shards;
  control[L.MODE / 4] = job.mode;
  control[L.PROGRAM / 4] = at.programAt;
  control[L.OPERATIONS / 4] = program.count;
  control[L.SEQUENCES / 4] = job.sequences;
  control[L.INPUT_ROWS / 4] = at.inputs;
  control[L.INPUT_STARTS / 4] = at.starts;
  control[L.TARGET_ROWS / 4] = at.targets;
  control[L.TARGET_STARTS / 4] = at.targetStarts;
  control[L.TARGET_MASK / 4] = job.mask === undefined ? 0 : at.mask;
  control[L.SAMPLE_WEIGHTS / 4] = at.weights;
  control[L.OUTPUT / 4] = at.result;
  control[L.INPUT_GRADIENTS / 4] = job.mode === L.MODE_PULL_BACK ? at.result : 0;
  control[L.GRADIENTS / 4] = at.gradients;
  control[L.GRADIENT_BYTES / 4] = at.gradientBytes;
  control[L.LOSSES / 4] = at.losses;
  control[L.DROPOUT_SEED / 4] = job.dropoutSeed ?? 0;
  control[L.WORKSPACES / 4] = at.workspaces;
  control[L.WORKSPACE_BYTES / 4] = program.workspaceBytes;
  control[L.FEATURES / 4] = spec.features;
  control[L.STEPS / 4] = spec.steps;
  new Float32Array(control.buffer)[L.LOSS_SCALE / 4] = job.lossScale ?? 0;
}
