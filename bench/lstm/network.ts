/** The reference autoencoder: 1,000 sequences of 60 × 16, hidden 64, 2 + 2 LSTM layers, dropout 0.2, batches of 32. */
import { seedRandom } from '../../lib/maths/random.ts';
import type { Network, NetworkSpec, Sequences } from '../../lib/nn/contract.ts';
import { createNetwork } from '../../lib/nn/create-network.ts';

export const SEQUENCES = 1000;
export const STEPS = 60;
export const FEATURES = 16;
export const HIDDEN = 64;
export const BATCH = 32;
export const DROPOUT = 0.2;
export const LEARNING_RATE = 1e-3;

export const SPEC: NetworkSpec = {
  steps: STEPS,
  features: FEATURES,
  layers: [
    { type: 'lstm', units: HIDDEN, returnSequences: true },
    { type: 'dropout', rate: DROPOUT },
    { type: 'lstm', units: HIDDEN, returnSequences: false },
    { type: 'repeat', steps: STEPS },
    { type: 'lstm', units: HIDDEN, returnSequences: true },
    { type: 'dropout', rate: DROPOUT },
    { type: 'lstm', units: HIDDEN, returnSequences: true },
    { type: 'dense', units: FEATURES, activation: 'linear' },
  ],
  loss: 'mse',
};

/**
 * Floating-point operations of the matrix products for one sequence, as the kernel does them: the decoder's constant
 * input is projected once, and the first layer's input gets no gradient.
 */
const GATES = 4 * HIDDEN;
const FORWARD: number = 2 * (STEPS * (GATES * (FEATURES + 6 * HIDDEN) + HIDDEN * FEATURES) + GATES * HIDDEN);
export const SCORE_GFLOP: number = (SEQUENCES * FORWARD) / 1e9;
export const EPOCH_GFLOP: number = (SEQUENCES * (3 * FORWARD - 2 * STEPS * GATES * FEATURES)) / 1e9;

/** Sines with noise, one period a column: every sequence is an own stretch of 60 rows. */
export function drawSequences(): Sequences {
  const random = seedRandom(2026);
  const rows = Float32Array.from({ length: SEQUENCES * STEPS * FEATURES }, (_, i) => {
    const [row, column] = [Math.floor(i / FEATURES), i % FEATURES];
    return Math.sin(row / (5 + column)) + 0.2 * (random.nextFloat() - 0.5);
  });
  return { rows, starts: Uint32Array.from({ length: SEQUENCES }, (_, i) => i * STEPS) };
}

export function startNetwork(threads: number, build?: 'fused' | 'plain'): Network {
  const network = createNetwork(SPEC, { threads, build });
  network.initialize(1);
  return network;
}

/** @param sequences of it, a multiple of the batch or all @returns mean loss */
export function trainEpoch(
  network: Network,
  { rows, starts }: Sequences,
  epoch: number,
  sequences: number = SEQUENCES,
): number {
  let sum = 0;
  for (let from = 0; from < sequences; from += BATCH) {
    // Another order each epoch: a step coprime to the number of sequences.
    const size = Math.min(BATCH, SEQUENCES - from);
    const batch = Uint32Array.from(
      { length: size },
      (_, i) => starts[((from + i) * (7 + 10 * epoch)) % SEQUENCES]!,
    );
    const inputs = { rows, starts: batch };
    const dropoutSeed = epoch * SEQUENCES + from;
    sum += size * network.trainBatch({ inputs, targets: inputs, learningRate: LEARNING_RATE, dropoutSeed });
  }
  return sum / sequences;
}
