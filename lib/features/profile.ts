/** What one column of one entity usually looks like, and how its values are scaled for a model. */
import type { ScalerKind } from '../config/feature-settings.ts';
import { NORMAL_IQR, NORMAL_TAIL_RANGE } from '../maths/normal-ranges.ts';
import { quantile } from '../maths/quantile.ts';

/** How a column behaved in training; the number is what the artifact stores. */
export const SHAPES = { varies: 0, constant: 1, unmeasured: 2 } as const;
export type Shape = keyof typeof SHAPES;

/** Raw units throughout. Every number is NaN where the column was never measured. */
export interface Profile {
  readonly shape: Shape;
  /** Median. */
  readonly center: number;
  /** Robust standard deviation: above 0, or 0 where the column is constant. */
  readonly scale: number;
  /** 0.5 % and 99.5 % quantiles. */
  readonly low: number;
  readonly high: number;
  /** Of a column that varies a model sees (value - offset) / divisor. */
  readonly offset: number;
  readonly divisor: number;
}

/** Values within this share of the largest magnitude are the same value: rates carry rounding noise. */
export const CONSTANT_TOLERANCE = 1e-9;

export const UNMEASURED: Profile = {
  shape: 'unmeasured',
  center: NaN,
  scale: NaN,
  low: NaN,
  high: NaN,
  offset: NaN,
  divisor: NaN,
};

/** Of a sine or cosine: on its scale already, and no value of it is unusual because training has not seen it. */
export const CIRCULAR: Profile = {
  shape: 'varies',
  center: 0,
  scale: 1,
  low: -1,
  high: 1,
  offset: 0,
  divisor: 1,
};

/**
 * @param sorted finite values, ascending
 * @param how.kind `robust`: scaled by centre and scale; `minmax`: to 0 for the least value and 1 for the largest;
 *   `standard`: by mean and population standard deviation
 * @param how.wide for values of several entities: the scale then also covers the 0.5 % to 99.5 % range, so that a level
 *   at which a minority of entities runs is no outlier
 *
 * The scale is IQR / 1.349. Where at least half of the values are the same and the IQR is 0 (mostly 0, with spikes),
 * it is the 0.5 % to 99.5 % range / 5.152, and where that is 0 too the standard deviation: three estimates of the
 * same figure for normal data, each seeing more of the tails.
 */
export function profileValues(
  sorted: Float64Array,
  { kind = 'robust', wide = false }: { readonly kind?: ScalerKind; readonly wide?: boolean } = {},
): Profile {
  if (sorted.length === 0) return UNMEASURED;
  const min = sorted[0]!;
  const max = sorted[sorted.length - 1]!;
  const center = quantile(sorted, 0.5);
  const low = quantile(sorted, 0.005);
  const high = quantile(sorted, 0.995);
  const size = Math.max(Math.abs(min), Math.abs(max));
  if (max - min <= CONSTANT_TOLERANCE * size)
    return { shape: 'constant', center, scale: 0, low, high, offset: center, divisor: 0 };
  const byQuartiles = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / NORMAL_IQR;
  const byTails = (high - low) / NORMAL_TAIL_RANGE;
  const byRanges = wide ? Math.max(byQuartiles, byTails) : byQuartiles || byTails;
  const scale = tellable(byRanges || standardDeviation(sorted, size));
  const usual = { shape: 'varies', center, scale, low, high } as const;
  switch (kind) {
    case 'robust':
      return { ...usual, offset: center, divisor: scale };
    case 'minmax':
      return { ...usual, offset: min, divisor: tellable(max - min) };
    case 'standard':
      return {
        ...usual,
        offset: mean(sorted, size) * size,
        divisor: tellable(standardDeviation(sorted, size)),
      };
  }
}

/** Values of ±1e308 are further apart than a number can tell, and some of 5e-324 less than one can. */
function tellable(distance: number): number {
  return Math.min(Math.max(distance, Number.MIN_VALUE), Number.MAX_VALUE);
}

/** In units of `size`, the largest magnitude: sums then do not overflow. */
function mean(values: Float64Array, size: number): number {
  let sum = 0;
  for (const value of values) sum += value / size / values.length;
  return sum;
}

/** @param size largest magnitude: squares of value / size neither overflow nor vanish */
function standardDeviation(values: Float64Array, size: number): number {
  const center = mean(values, size);
  let variance = 0;
  for (const value of values) variance += (value / size - center) ** 2 / values.length;
  return Math.sqrt(variance) * size;
}
