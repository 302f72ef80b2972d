/**
 * Sequence networks, trained and run by an engine (engine.ts): a kernel of our own, whose whole training step (forward,
 * loss, backward, Adam) runs in WebAssembly, or TensorFlow.js. This file holds their types; `createNetwork` is in
 * create-network.ts.
 *
 * Everything is synchronous. Results of the kernel depend on the spec, the seed, the batches and the kernel's build
 * (`KernelNetwork.build`) alone: not on the number of threads, the machine or its architecture. See docs/decisions/0013.
 * Those of TensorFlow.js are the same within rounding. See docs/decisions/0023.
 */

/** Layers as Keras defines them; weights in Keras' layout and gate order (input, forget, cell, output). */
export type LayerSpec =
  /** tanh on cell and output, sigmoid on the gates; states start at 0. Without `returnSequences`, the last output. */
  | { readonly type: 'lstm'; readonly units: number; readonly returnSequences: boolean }
  /** Two of them, the second one reading backwards; outputs concatenated, 2 × units wide, aligned in time. */
  | { readonly type: 'bidirectional-lstm'; readonly units: number; readonly returnSequences: boolean }
  /** Inverted dropout, in training only: an element is 0 with probability `rate` in [0, 1), else divided by 1 − rate. */
  | { readonly type: 'dropout'; readonly rate: number }
  /** RepeatVector: the same vector at each of `steps` steps. An LSTM right after it projects it once. */
  | { readonly type: 'repeat'; readonly steps: number }
  /**
   * Σ_t a_t h_t with a = softmax over t of v · tanh(W h_t + b), W square. In plain Keras layers: Dense(width, tanh) →
   * Dense(1, no bias) → Flatten → Softmax, then Dot(axes 1) with h.
   */
  | { readonly type: 'attention' }
  /** On the last axis: at each step where there is a time axis. */
  | { readonly type: 'dense'; readonly units: number; readonly activation: 'linear' | 'sigmoid' };

export interface NetworkSpec {
  /** Rows of one input sequence, ≥ 1. */
  readonly steps: number;
  /** Columns of the input, ≥ 1. */
  readonly features: number;
  /** The last one is dense. */
  readonly layers: readonly LayerSpec[];
  /** Cross-entropy wants a sigmoid at the end and targets in [0, 1]. */
  readonly loss: 'mse' | 'binary-crossentropy';
}

/**
 * Sequences inside one table of rows: they may overlap, and nothing is copied by the caller. A dense batch is
 * `{ rows: inputs, starts: [0, steps, 2 × steps, …] }`.
 */
export interface Sequences {
  /** Row-major, rows × width, all finite. */
  readonly rows: Float32Array;
  /** First row of each sequence: its steps are rows `start` to `start + steps − 1`. */
  readonly starts: Uint32Array;
}

export interface Batch {
  /** Width `spec.features`, length `spec.steps`. */
  readonly inputs: Sequences;
  /**
   * Width `outputWidth`, length `outputSteps`; as many as there are inputs. An autoencoder passes its inputs; a
   * forecaster the same rows with later starts.
   */
  readonly targets: Sequences;
  /** One number ≥ 0 per sequence; 1 by default. */
  readonly sampleWeights?: Float32Array | undefined;
  /** As many elements as `targets.rows`: 0 where not measured, else 1. The loss leaves the former out. */
  readonly mask?: Float32Array | undefined;
}

export interface TrainBatch extends Batch {
  /** > 0 */
  readonly learningRate: number;
  /** 32 bits. The same seed drops the same elements, on any number of threads. Not needed without dropout. */
  readonly dropoutSeed?: number | undefined;
  /** Scales the whole gradient down to this Euclidean norm where it is longer. Not clipped by default. */
  readonly clipNorm?: number | undefined;
}

/** Shape and values in Keras' layout: kernel [in, 4u], recurrent_kernel [u, 4u], bias [4u]; dense kernel [in, out]. */
export interface NamedArray {
  /**
   * `<type>_<index in spec.layers>/<weight>`: `lstm_0/kernel`, `lstm_0/recurrent_kernel`, `lstm_0/bias`;
   * `bidirectional-lstm_0/forward/kernel` and so on, then `…/backward/…`; `dense_4/kernel`, `dense_4/bias`;
   * `attention_2/kernel` [w, w], `attention_2/bias` [w], `attention_2/scorer` [w, 1].
   */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Adam's state. With the weights, all that a checkpoint of the network needs. */
export interface OptimizerState {
  /** Steps taken so far. */
  readonly step: number;
  /** First moments, named and shaped as the weights. */
  readonly first: readonly NamedArray[];
  readonly second: readonly NamedArray[];
}

export interface Network {
  readonly spec: NetworkSpec;
  /** Number of trainable numbers. */
  readonly parameters: number;
  /** Steps of the output; 1 where it has no time axis. */
  readonly outputSteps: number;
  readonly outputWidth: number;

  /**
   * Fresh weights and a fresh optimizer. Keras' defaults: Glorot uniform kernels, orthogonal recurrent kernels (each
   * [u, 4u] has orthonormal rows), biases 0 but 1 on the forget gates.
   */
  initialize(seed: number): void;
  /** Copies, in the order of the layers. */
  readWeights(): readonly NamedArray[];
  /** @throws ModelError `weights-mismatch` if a name or a shape is missing, unknown or different, or a value not finite */
  writeWeights(weights: readonly NamedArray[]): void;
  readOptimizer(): OptimizerState;
  /** Training goes on as if it had never stopped, bit for bit. @throws ModelError `weights-mismatch` */
  writeOptimizer(state: OptimizerState): void;

  /**
   * One step of Adam (β₁ 0.9, β₂ 0.999, ε 1e-7 outside the root).
   *
   * The loss is Σ weight × mask × element loss / Σ mask: Keras' mean, over the measured elements.
   *
   * @returns the loss before the step, under dropout. Where it or the gradient is not finite, no step is taken and the
   *   result is not finite: NaN, or Infinity.
   * @throws ModelError `batch-mismatch` if sizes or starts do not fit, or nothing is measured
   */
  trainBatch(batch: TrainBatch): number;
  /** The loss without dropout; nothing changes. @throws ModelError `batch-mismatch` */
  evaluateBatch(batch: Batch): number;
  /** The gradient of the loss that `trainBatch` would follow, unclipped; nothing changes. For tests. */
  readGradient(batch: Omit<TrainBatch, 'learningRate'>): {
    readonly loss: number;
    readonly gradient: readonly NamedArray[];
  };
  /**
   * Any number of sequences at once. Where they overlap, the first layer projects each row once; a sequence's output
   * has the same bits whatever else is in the call.
   *
   * @returns sequences × outputSteps × outputWidth
   * @throws ModelError `batch-mismatch`
   */
  predict(inputs: Sequences): Float32Array;
  /** Ends the threads. Any later call throws ModelError `network-closed`. */
  close(): void;
}

/** A network over our own kernel. */
export interface KernelNetwork extends Network {
  /** `fused` rounds once per multiply-add, `plain` twice. Another build gives other last bits: keep it beside a model. */
  readonly build: KernelBuild;
}

export type KernelBuild = 'fused' | 'plain';

export interface NetworkOptions {
  /** Cores to use, ≥ 1, this thread included: 1 starts no worker. Workers start with the first batch worth sharing. */
  readonly threads: number;
  /** By default `fused` where the engine has relaxed SIMD and the processor fuses, else `plain`. */
  readonly build?: KernelBuild | undefined;
}
