import { seedRandom } from '../../../lib/maths/random.ts';
import type { Batch, NamedArray, Network, NetworkSpec } from '../../../lib/nn/contract.ts';
import type { ReferenceBatch } from './reference-network.ts';

/** Uniform in ±1, the same for a seed. */
export function drawFloats(length: number, seed: number): Float32Array {
  const random = seedRandom(seed);
  return Float32Array.from({ length }, () => 2 * random.nextFloat() - 1);
}

/** A dense batch of random numbers, targets within [0, 1], every weight and mask element used. */
export function drawBatch(
  spec: NetworkSpec,
  network: Pick<Network, 'outputSteps' | 'outputWidth'>,
  count: number,
  seed: number,
): Required<Batch> {
  const { outputSteps, outputWidth } = network;
  const elements = count * outputSteps * outputWidth;
  const mask = drawFloats(elements, seed + 3).map((v) => (v > -0.6 ? 1 : 0));
  mask[0] = 1;
  return {
    inputs: {
      rows: drawFloats(count * spec.steps * spec.features, seed),
      starts: Uint32Array.from({ length: count }, (_, i) => i * spec.steps),
    },
    targets: {
      rows: drawFloats(elements, seed + 1).map((v) => (v + 1) / 2),
      starts: Uint32Array.from({ length: count }, (_, i) => i * outputSteps),
    },
    sampleWeights: drawFloats(count, seed + 2).map((v) => v + 1.5),
    mask,
  };
}

/** The same batch as nested arrays. */
export function nestBatch(
  spec: NetworkSpec,
  network: Pick<Network, 'outputSteps' | 'outputWidth'>,
  { inputs, targets, sampleWeights, mask }: Batch,
): ReferenceBatch {
  const cut = (rows: Float32Array, start: number, steps: number, width: number): number[][] =>
    Array.from({ length: steps }, (_, t) => [...rows.subarray((start + t) * width, (start + t + 1) * width)]);
  const { outputSteps, outputWidth } = network;
  const ones = new Float32Array(targets.rows.length).fill(1);
  return {
    inputs: [...inputs.starts].map((start) => cut(inputs.rows, start, spec.steps, spec.features)),
    targets: [...targets.starts].map((start) => cut(targets.rows, start, outputSteps, outputWidth)),
    mask: [...targets.starts].map((start) => cut(mask ?? ones, start, outputSteps, outputWidth)),
    weights: [...(sampleWeights ?? new Float32Array(inputs.starts.length).fill(1))],
  };
}

/** Larger biases and scorers than the initial ones, so that each weight matters. */
export function drawWeights(network: Network, seed: number, size = 0.5): readonly NamedArray[] {
  return network.readWeights().map((array, i) => ({
    ...array,
    values: drawFloats(array.values.length, seed + i).map((v) => v * size),
  }));
}

/** Largest difference, relative to the largest magnitude of `b`; at least `floor` is taken for that. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>, floor = 0): number {
  if (a.length !== b.length) return Infinity;
  let largest = floor;
  let apart = 0;
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs(b[i]!));
    const d = Math.abs(a[i]! - b[i]!);
    if (!(d <= apart)) apart = d;
  }
  return apart === 0 ? 0 : apart / largest;
}
