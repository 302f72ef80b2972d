/** A fitted network: what is stored of it, and how it is run. */
import { availableParallelism } from 'node:os';
import type { Network, NetworkSpec } from '../../../nn/contract.ts';
import { createNetwork } from '../../../nn/create-network.ts';
import { chunkStarts, layOutSequences } from '../../framework/sequences/lay-out.ts';
import type { Normalizer } from '../../framework/sequences/normalize.ts';
import type { SequenceTable } from '../../framework/sequences/table.ts';
import { type Architecture, buildSpec } from './architecture.ts';
import type { ErrorProfile } from './error-profile.ts';
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
  /** Of the kernel that it was trained with: another one gives other last bits. */
  readonly build: Network['build'];
}

/** Results do not depend on the number of threads. */
export function openNetwork(spec: NetworkSpec, build?: Network['build']): Network {
  return createNetwork(spec, { threads: availableParallelism(), ...(build !== undefined && { build }) });
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
