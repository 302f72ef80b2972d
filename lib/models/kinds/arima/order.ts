/** The order of a model, ARIMA(p,d,q)(P,D,Q)m, and its coefficients. */
import { type Companion, toCompanion } from './covariance.ts';
import { constrain, expandAr, expandMa } from './polynomial.ts';

export interface Order {
  readonly p: number;
  readonly d: number;
  readonly q: number;
  /** P, D and Q; 0 without a season. */
  readonly seasonalP: number;
  readonly seasonalD: number;
  readonly seasonalQ: number;
  /** Rows; 1 without a season. */
  readonly season: number;
  /** A mean of the differenced series: the level where nothing is differenced, a drift where once. */
  readonly constant: boolean;
}

export interface Coefficients {
  readonly ar: Float64Array;
  readonly ma: Float64Array;
  readonly seasonalAr: Float64Array;
  readonly seasonalMa: Float64Array;
}

/** (p,d,q)(P,D,Q)m, with "c" where there is a constant. */
export function describeOrder(order: Order): string {
  const { p, d, q, seasonalP, seasonalD, seasonalQ, season, constant } = order;
  const seasonal = season > 1 ? `(${seasonalP},${seasonalD},${seasonalQ})${season}` : '';
  return `(${p},${d},${q})${seasonal}${constant ? ' with a constant' : ''}`;
}

/** AR and MA coefficients, the mean and the variance not counted. */
export function countCoefficients({ p, q, seasonalP, seasonalQ }: Order): number {
  return p + q + seasonalP + seasonalQ;
}

/**
 * From any real numbers, in the order AR, MA, seasonal AR, seasonal MA: the AR part comes out stationary and the MA part
 * invertible.
 */
export function constrainAll(free: Float64Array, order: Order): Coefficients {
  const negate = (values: Float64Array): Float64Array => values.map((each) => -each);
  const [ar, ma, seasonalAr, seasonalMa] = split(free, order);
  return {
    ar: constrain(ar),
    ma: negate(constrain(ma)),
    seasonalAr: constrain(seasonalAr),
    seasonalMa: negate(constrain(seasonalMa)),
  };
}

/** Cut in the order AR, MA, seasonal AR, seasonal MA. */
export function split(
  values: Float64Array,
  { p, q, seasonalP, seasonalQ }: Order,
): readonly [Float64Array, Float64Array, Float64Array, Float64Array] {
  const ends = [p, p + q, p + q + seasonalP, p + q + seasonalP + seasonalQ] as const;
  return [
    values.slice(0, ends[0]),
    values.slice(ends[0], ends[1]),
    values.slice(ends[1], ends[2]),
    values.slice(ends[2], ends[3]),
  ];
}

/** Of the differenced series. */
export function toArma({ ar, ma, seasonalAr, seasonalMa }: Coefficients, season: number): Companion {
  return toCompanion(expandAr(ar, seasonalAr, season), expandMa(ma, seasonalMa, season));
}
