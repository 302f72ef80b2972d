/**
 * What a network is fed with: columns of mean 0 and deviation 1 over training, and no value so far out that it alone
 * decides a gradient. Scaled features reach 10^18, and ±200 where a constant moved; a network needs to know that such
 * a value is far, and farther than another, not by how many orders of magnitude.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';

/** Up to here a value passes as it is; beyond, it grows with its logarithm. 10^18 becomes 323. */
const LINEAR_TO = 8;
/** A deviation below that is rounding of a constant. */
const SMALLEST_DEVIATION = 1e-6;

export interface Normalizer {
  /** Of the compressed values, per column; NaN where training held none: such a column is never looked at. */
  readonly means: Float32Array;
  /** > 0; 1 for a constant. */
  readonly deviations: Float32Array;
}

/** Odd, strictly increasing; value and slope meet at LINEAR_TO. */
export function compress(value: number): number {
  const size = Math.abs(value);
  return size <= LINEAR_TO ? value : Math.sign(value) * LINEAR_TO * (1 + Math.log(size / LINEAR_TO));
}

/** The inverse of `compress`, up to the end of float64. */
export function expand(value: number): number {
  const size = Math.abs(value);
  if (size <= LINEAR_TO) return value;
  return Math.sign(value) * Math.min(LINEAR_TO * Math.exp(size / LINEAR_TO - 1), Number.MAX_VALUE);
}

/** @param rows those to learn from */
export function learnNormalizer({ names, values }: FeatureMatrix, rows: Uint32Array): Normalizer {
  const width = names.length;
  const means = new Float32Array(width).fill(NaN);
  const deviations = new Float32Array(width).fill(1);
  for (let c = 0; c < width; c++) {
    let count = 0;
    let mean = 0;
    let squares = 0;
    for (const row of rows) {
      const value = compress(values[row * width + c]!);
      if (Number.isNaN(value)) continue;
      count++;
      // Welford: a large level does not eat the deviation's digits.
      const off = value - mean;
      mean += off / count;
      squares += off * (value - mean);
    }
    if (count === 0) continue;
    means[c] = mean;
    const deviation = Math.sqrt(squares / count);
    if (deviation > SMALLEST_DEVIATION * Math.max(1, Math.abs(mean))) deviations[c] = deviation;
  }
  return { means, deviations };
}

/** Compressed again: a column that hardly varied in training may leave its range by thousands of deviations. */
export function normalizeValue({ means, deviations }: Normalizer, value: number, c: number): number {
  return compress((compress(value) - means[c]!) / deviations[c]!);
}

/** Back to the unit of the matrix. */
export function restoreValue({ means, deviations }: Normalizer, value: number, c: number): number {
  return expand(expand(value) * deviations[c]! + means[c]!);
}
