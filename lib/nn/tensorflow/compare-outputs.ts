/** Outputs beside their targets, as the kernel compares them (kernel/source/shard.ts). */
import type { NetworkSpec } from '../contract.ts';
import type { Job } from '../engine.ts';
import type { Placement } from '../place-layers.ts';

export interface Comparison {
  /** Σ weight × element loss over the elements that are measured. */
  readonly loss: number;
  /**
   * Of loss × `job.lossScale`, by each output; with cross-entropy by what goes into the sigmoid, whose own slope cancels.
   */
  readonly slopes: Float32Array;
}

/** @param outputs sequence after sequence: sequences × steps × width; with cross-entropy those of the sigmoid */
export function compareOutputs(
  { spec, placement }: { readonly spec: NetworkSpec; readonly placement: Placement },
  job: Job,
  outputs: ArrayLike<number>,
): Comparison {
  const { sequences, targetRows, targetStarts, mask, weights, lossScale = 0 } = job;
  if (targetRows === undefined || targetStarts === undefined || weights === undefined)
    throw new RangeError('a job that compares has targets and weights');
  const crossEntropy = spec.loss === 'binary-crossentropy';
  const slopes = new Float32Array(outputs.length);
  const each = outputs.length / sequences;
  const width = placement.layers.at(-1)!.output.columns.length;
  let loss = 0;
  for (let i = 0; i < sequences; i++) {
    const weight = weights[i]!;
    let sum = 0;
    for (let j = 0; j < each; j++) {
      const element = targetStarts[i]! * width + j;
      // Not a product with the mask: what was not measured may be anything.
      if (mask !== undefined && mask[element] === 0) continue;
      const y = outputs[i * each + j]!;
      const target = targetRows[element]!;
      // 32 bits wide, as in the kernel: what is too large there is so here.
      const difference = Math.fround(y - target);
      sum += crossEntropy ? crossEntropyOf(y, target) : difference * difference;
      const slope = crossEntropy ? difference : Math.fround(2 * difference);
      slopes[i * each + j] = Math.fround(slope * weight) * lossScale;
    }
    loss += weight * sum;
  }
  return { loss, slopes };
}

/** Probabilities are kept 1e-7 away from 0 and 1, as Keras does. */
function crossEntropyOf(probability: number, target: number): number {
  const p = Math.min(Math.max(probability, 1e-7), 1 - 1e-7);
  return -(target * Math.log(p) + (1 - target) * Math.log(1 - p));
}
