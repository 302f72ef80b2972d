/**
 * What computes for a network: it holds weights and Adam's moments, laid out by the network's placement, and runs one job
 * at a time over them. The kernel of our own is one (kernel-engine.ts), TensorFlow.js another (tensorflow/engine.ts).
 * What is checked, counted and drawn is the network's business (create-network.ts), and the same for both.
 */
import type { Placement } from './place-layers.ts';
import type { ProgramKind } from './write-program.ts';

export interface Engine {
  /** Each `placement.floats` long; views that live until the next job. */
  viewWeights(): Float32Array;
  viewFirstMoments(): Float32Array;
  viewSecondMoments(): Float32Array;
  /** The gradient of the last job, once `sumGradients` has been called. */
  viewGradient(): Float32Array;
  /** What the weights' change makes stale. To be called after each change through a view. */
  touchWeights(): void;
  /** @returns a view of the result that lives until the next job */
  run(job: Job): Float32Array;
  /** Of the last job, not yet divided by the elements that count. */
  readLoss(): number;
  /** @returns the squared norm */
  sumGradients(): number;
  /** @param rate learning rate / (1 − β₁ᵗ) @param root 1 / √(1 − β₂ᵗ) @param scale of the gradient, for clipping */
  adam(rate: number, root: number, scale: number): void;
  close(): void;
}

export type StartEngine = (placement: Placement) => Engine;

export interface Job {
  /** One of the MODE_ constants. */
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
