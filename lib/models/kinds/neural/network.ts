/** A fitted network: what is stored of it, and how it is run. */
import { availableParallelism } from 'node:os';
import type { KernelBuild, KernelNetwork, Network, NetworkSpec } from '../../../nn/contract.ts';
import { createNetwork } from '../../../nn/create-network.ts';
import { createTensorFlowNetwork } from '../../../nn/tensorflow/engine.ts';
import { loadTensorFlow } from '../../../nn/tensorflow/load-tensorflow.ts';
import { chunkStarts, layOutSequences } from '../../framework/sequences/lay-out.ts';
import type { Normalizer } from '../../framework/sequences/normalize.ts';
import type { SequenceTable } from '../../framework/sequences/table.ts';
import { type Architecture, buildSpec } from './architecture.ts';
import type { ErrorProfile } from './error-profile.ts';
import type { EngineName } from './params.ts';
import type { Weights } from './train.ts';

export interface FittedNetwork {
  readonly architecture: Architecture;
  /** Columns that it was fitted on, in order. */
  readonly columns: readonly string[];
  /** Of the grid, ms: rows farther apart belong to different sequences. */
  readonly step: number;
  readonly normalizer: Normalizer;
  /** Of the training; a classifier has none. */
  readonly profile: ErrorProfile | undefined;
  readonly weights: Weights;
  /** Of the kernel that scores it: another one gives other last bits. */
  readonly build: KernelBuild;
}

/** Results do not depend on the number of threads. */
export function openNetwork(spec: NetworkSpec, build?: KernelBuild): KernelNetwork {
  return createNetwork(spec, { threads: availableParallelism(), ...(build !== undefined && { build }) });
}

/** What a network is trained by. */
export interface Trainer {
  readonly network: Network;
  /** The network, where our own kernel trains it. */
  readonly kernel: KernelNetwork | undefined;
  /** For the report. */
  readonly notes: readonly string[];
}

/** @param build of the kernel, where it is that of an earlier run @throws ModelError where the engine cannot be had */
export async function openTrainer(
  engine: EngineName | undefined,
  spec: NetworkSpec,
  build: KernelBuild | undefined,
): Promise<Trainer> {
  if (engine !== 'tensorflow') {
    const network = openNetwork(spec, build);
    return { network, kernel: network, notes: [] };
  }
  const tf = await loadTensorFlow();
  return {
    network: createTensorFlowNetwork(tf, spec),
    kernel: undefined,
    notes: [`Trained by TensorFlow.js ${tf.version_core} on its backend ${tf.getBackend()}.`],
  };
}

/** Made when it is first asked for, and kept: a loaded model may never score. */
export function lazyNetwork({ architecture, weights, build }: FittedNetwork): () => Network {
  let network: Network | undefined;
  return () => {
    if (network === undefined) {
      network = openNetwork(buildSpec(architecture, { logits: true }), build);
      network.writeWeights(weights);
    }
    return network;
  };
}

export interface Prediction {
  /** First places of the sequences. */
  readonly starts: Uint32Array;
  /** Per sequence, `size` values: its output. */
  readonly outputs: Float32Array;
  readonly size: number;
}

/** What the network says of each sequence, a chunk at a time. @param starts ascending */
export function* predictSequences(
  network: Network,
  table: SequenceTable,
  starts: Uint32Array,
): Generator<Prediction> {
  const size = network.outputSteps * network.outputWidth;
  for (const chunk of chunkStarts(starts)) {
    const outputs = network.predict(layOutSequences(table, chunk, network.spec.steps));
    yield { starts: chunk, outputs, size };
  }
}
