/** A fitted Prophet in numbers, and what it predicts. */

import type { WaveCounts } from './design.ts';
import type { StanParams } from './stan.ts';

export interface ProphetFit {
  /** Of the trend's t = 0, epoch ms. */
  readonly start: number;
  /** Ms from t = 0 to t = 1, the last value. */
  readonly span: number;
  /** Largest magnitude in training: what k, m, delta and beta are multiples of. */
  readonly scale: number;
  readonly waves: WaveCounts;
  readonly k: number;
  readonly m: number;
  /** Standard deviation of the residuals, in the values' units. */
  readonly sigma: number;
  /** Values of t. */
  readonly changepoints: Float64Array;
  readonly delta: Float64Array;
  readonly beta: Float64Array;
}

const HEAD = 11;

export function packFit(fit: ProphetFit): Float64Array {
  const { start, span, scale, waves, k, m, sigma, changepoints, delta, beta } = fit;
  const { yearly, weekly, daily } = waves;
  const sizes = [changepoints.length, beta.length];
  return Float64Array.of(
    ...[start, span, scale, yearly, weekly, daily, k, m, sigma],
    ...[...sizes, ...changepoints, ...delta, ...beta],
  );
}

export function unpackFit(record: ArrayLike<number>): ProphetFit {
  const all = Float64Array.from(record);
  const [start, span, scale, yearly, weekly, daily, k, m, sigma, changes, betas] = all.subarray(0, HEAD);
  const [c, b] = [changes!, betas!];
  return {
    start: start!,
    span: span!,
    scale: scale!,
    waves: { yearly: yearly!, weekly: weekly!, daily: daily! },
    k: k!,
    m: m!,
    sigma: sigma!,
    changepoints: all.subarray(HEAD, HEAD + c),
    delta: all.subarray(HEAD + c, HEAD + 2 * c),
    beta: all.subarray(HEAD + 2 * c, HEAD + 2 * c + b),
  };
}

/** @param features that a record with those waves has @returns what is wrong; undefined where nothing is */
export function findRecordFault(
  record: ArrayLike<number>,
  features: (waves: WaveCounts) => number,
): string | undefined {
  if (record.length < HEAD) return `it has ${record.length} numbers, at least ${HEAD}`;
  const bad = Array.from(record).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) return `its number ${bad} is ${record[bad]}`;
  const [changes, betas] = [record[9]!, record[10]!];
  const counts = [record[3]!, record[4]!, record[5]!, changes, betas];
  if (!counts.every((count) => Number.isInteger(count) && count >= 0))
    return `its sizes are ${counts.join(', ')}`;
  if (record.length !== HEAD + 2 * changes + betas)
    return `it has ${record.length} numbers for ${counts.join(', ')}`;
  const { waves, span, scale, sigma } = unpackFit(record);
  if (betas !== features(waves)) return `it has ${betas} coefficients, expected ${features(waves)}`;
  if (!(span > 0 && scale >= 0 && sigma > 0))
    return `its span is ${span}, its scale ${scale}, its sigma ${sigma}`;
  return undefined;
}

/** k, m and what comes with them, as Stan found them. */
export type TrendParams = Pick<StanParams, 'k' | 'm' | 'delta'> & { readonly changepoints: Float64Array };

/** Continuous and piecewise linear, at scaled times in ascending order. Multiples of the scale. */
export function trendAt({ k, m, delta, changepoints }: TrendParams, t: Float64Array): Float64Array {
  const trend = new Float64Array(t.length);
  let rate = k;
  let offset = m;
  let next = 0;
  for (let i = 0; i < t.length; i++) {
    for (; next < changepoints.length && changepoints[next]! <= t[i]!; next++) {
      rate += delta[next]!;
      offset -= changepoints[next]! * delta[next]!;
    }
    trend[i] = rate * t[i]! + offset;
  }
  return trend;
}

/**
 * Variance of the trend past t = 1, in squared multiples of the scale: changes come as often as in training (one for each
 * changepoint in a unit of t) and are as large (Laplace of the mean magnitude). Prophet draws such futures; of a change at
 * s, (t - s) times its size is left at t, and the sum over a Poisson process has the variance rate · 2λ² · h³ / 3.
 */
export function trendVariance({ delta }: Pick<TrendParams, 'delta'>, t: number): number {
  const ahead = t - 1;
  if (!(ahead > 0) || delta.length === 0) return 0;
  const size = delta.reduce((sum, change) => sum + Math.abs(change), 0) / delta.length;
  return (delta.length * 2 * size ** 2 * ahead ** 3) / 3;
}
