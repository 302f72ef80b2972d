/** Series and what statsmodels made of them: test/fixtures/statsmodels/arima.json, scripts/reference/arima.py. */
import { readFileSync } from 'node:fs';
import { difference } from '../../../../../lib/models/kinds/arima/difference.ts';
import { type Coefficients, type Order, split } from '../../../../../lib/models/kinds/arima/order.ts';
import { expandAr, sumAr } from '../../../../../lib/models/kinds/arima/polynomial.ts';

interface StoredCase {
  readonly name: string;
  readonly order: readonly [number, number, number];
  readonly seasonalOrder: readonly [number, number, number];
  readonly season: number;
  readonly constant: boolean;
  readonly y: readonly (number | null)[];
  readonly names: readonly string[];
  readonly params: readonly number[];
  readonly llf: number;
  readonly kpss: number | null;
  readonly fixed: {
    readonly params: readonly number[];
    readonly llf: number;
    readonly innovations: readonly (number | null)[];
  };
  readonly forecast: {
    readonly mean: readonly number[];
    readonly se: readonly number[];
    readonly interval95: readonly (readonly [number, number])[];
  };
}

export interface ReferenceCase extends Omit<StoredCase, 'order' | 'y'> {
  readonly order: Order;
  readonly y: Float64Array;
  /** Differenced as the order asks. */
  readonly w: Float64Array;
}

export interface ReferenceParams {
  readonly coefficients: Coefficients;
  /** Of the differenced series. */
  readonly mean: number;
  readonly variance: number;
}

export function readReferenceCases(): readonly ReferenceCase[] {
  const file = new URL('../../../../fixtures/statsmodels/arima.json', import.meta.url);
  const { cases }: { cases: readonly StoredCase[] } = JSON.parse(readFileSync(file, 'utf8'));
  return cases.map((each) => {
    const [p, d, q] = each.order;
    const [seasonalP, seasonalD, seasonalQ] = each.seasonalOrder;
    const season = Math.max(each.season, 1);
    const order = { p, d, q, seasonalP, seasonalD, seasonalQ, season, constant: each.constant };
    const y = Float64Array.from(each.y, (value) => value ?? NaN);
    return { ...each, order, y, w: difference(y, order) };
  });
}

/** In statsmodels' order: intercept, AR, MA, seasonal AR, seasonal MA, σ². The intercept is φ(1) times the mean. */
export function readParams(params: readonly number[], order: Order): ReferenceParams {
  const rest = order.constant ? params.slice(1) : params;
  const [ar, ma, seasonalAr, seasonalMa] = split(Float64Array.from(rest), order);
  const coefficients = { ar, ma, seasonalAr, seasonalMa };
  const mean = order.constant ? params[0]! / sumAr(expandAr(ar, seasonalAr, order.season)) : 0;
  return { coefficients, mean, variance: params.at(-1)! };
}

export function writeParams(
  { coefficients, mean, variance }: ReferenceParams,
  order: Order,
): readonly number[] {
  const { ar, ma, seasonalAr, seasonalMa } = coefficients;
  const intercept = order.constant ? [mean * sumAr(expandAr(ar, seasonalAr, order.season))] : [];
  return [...intercept, ...ar, ...ma, ...seasonalAr, ...seasonalMa, variance];
}
