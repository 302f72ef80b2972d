/**
 * How far a network's word is usually from what was measured, column by column, over training and validation: a column
 * that can't be foreseen is not odd for being off.
 */
import { quantile } from '../../../maths/quantile.ts';
import { weighDistance } from '../../framework/reconstruction/distance.ts';

export interface ErrorProfile {
  /** Robust standard deviation of the errors, normalized units, > 0; NaN where nothing was measured. */
  readonly scales: Float32Array;
  /** 0.5 % and 99.5 % quantiles of measured minus predicted. */
  readonly lows: Float32Array;
  readonly highs: Float32Array;
}

/** Normalized units. A constant is given back to within about that, which is no reason to call a hair's breadth odd. */
const SMALLEST_SCALE = 0.02;
/** Standard normal: half of all lie within 0.6745, and 99 % within 2.576. */
const HALF = 0.6745;
const MOST = 2.576;

/** @param errors per sequence one row of `width` values: measured minus predicted; NaN where missing */
export function profileErrors(errors: Float32Array, width: number): ErrorProfile {
  const profile = {
    scales: new Float32Array(width).fill(NaN),
    lows: new Float32Array(width).fill(NaN),
    highs: new Float32Array(width).fill(NaN),
  };
  for (let c = 0; c < width; c++) {
    const signed = Float32Array.from({ length: errors.length / width }, (_, i) => errors[i * width + c]!)
      .filter((error) => !Number.isNaN(error))
      .sort();
    if (signed.length === 0) continue;
    const sizes = signed.map(Math.abs).sort();
    profile.scales[c] = Math.max(quantile(sizes, 0.5) / HALF, quantile(sizes, 0.99) / MOST, SMALLEST_SCALE);
    profile.lows[c] = quantile(signed, 0.005);
    profile.highs[c] = quantile(signed, 0.995);
  }
  return profile;
}

/** What an error adds to a row's score; NaN where it has none. */
export function weighError({ scales }: ErrorProfile, error: number, c: number): number {
  return weighDistance(error / scales[c]!);
}
