import type { Random } from '../maths/random.ts';

/** Standard normal, by Box and Muller (1958). */
export function drawNormal(random: Random): number {
  // 1 - u: the logarithm of 0 is none.
  const radius = Math.sqrt(-2 * Math.log(1 - random.nextFloat()));
  return radius * Math.cos(2 * Math.PI * random.nextFloat());
}

export interface DriftOptions {
  readonly random: Random;
  /** Milliseconds between values. */
  readonly step: number;
  /** Milliseconds after which a deviation has fallen to 1/e: how long a value remembers. */
  readonly memory: number;
  /** Standard deviation of the values, whatever the step. */
  readonly deviation: number;
}

/** Noise around 0 in which neighbours are alike: AR(1), started in its stationary distribution. */
export function createDrift({ random, step, memory, deviation }: DriftOptions): () => number {
  const kept = Math.exp(-step / memory);
  const added = deviation * Math.sqrt(1 - kept * kept);
  let value = deviation * drawNormal(random);
  return () => {
    const now = value;
    value = kept * value + added * drawNormal(random);
    return now;
  };
}
