/** A fitted series, and the record of numbers that it is kept as. */
import { type Companion, toCompanion } from './covariance.ts';
import type { Harmonics } from './curve.ts';
import { createState, type FilterState } from './level-filter.ts';
import { type Coefficients, type Order, split } from './order.ts';
import { expandAr, expandDifferences, expandMa, joinAr } from './polynomial.ts';

export interface SeriesModel {
  readonly order: Order;
  readonly coefficients: Coefficients;
  /** Standard deviation of the innovations, in the values' units. */
  readonly sigma: number;
  /** Milliseconds between rows. */
  readonly step: number;
  /** Epoch ms of the last measured row of training; the state is of the row after it. */
  readonly end: number;
  /** In the values' units: at `end`, taken off before the filter. */
  readonly level: number;
  /** Per row. */
  readonly slope: number;
  readonly curve: readonly Harmonics[];
  /** A pool's: it was fitted on several series, and knows the state of none. */
  readonly isPooled: boolean;
  readonly companion: Companion;
  /** Not to be changed. */
  readonly state: FilterState;
}

/**
 * Longest state whose covariance is kept where it has not settled. Of a longer one, a season's, the covariance of a
 * settled filter is taken.
 */
const MOST_KEPT = 16;
/** Numbers at the start of a record, before its lists. */
const HEAD = 16;
const LIMITS = { order: 5, season: 168, curves: 2, coefficients: 16 } as const;

/** Runs on the series itself: differences are part of the autoregression. */
export function toLevelCompanion(coefficients: Coefficients, order: Order): Companion {
  const { d, seasonalD, season } = order;
  const phi = joinAr(
    expandAr(coefficients.ar, coefficients.seasonalAr, season),
    expandDifferences(d, seasonalD, season),
  );
  return toCompanion(phi, expandMa(coefficients.ma, coefficients.seasonalMa, season));
}

/**
 * Length: 16, 1 + coefficients per curve, those of the model, the state's means, and where the filter has not settled
 * the upper triangle of their covariance.
 */
export function writeRecord(model: SeriesModel): Float64Array {
  const { order, coefficients, sigma, step, end, level, slope, curve, isPooled, state, companion } = model;
  const { size } = companion;
  const keeps = !state.steady && size <= MOST_KEPT;
  const record = [
    ...[order.p, order.d, order.q, order.seasonalP, order.seasonalD, order.seasonalQ, order.season],
    ...[
      Number(order.constant),
      sigma,
      step,
      end,
      level,
      slope,
      Number(isPooled),
      Number(keeps),
      curve.length,
    ],
  ];
  for (const { period, coefficients: each } of curve) record.push(period, each.length, ...each);
  for (const each of Object.values(toLists(coefficients))) record.push(...each);
  record.push(...state.a.subarray(0, size));
  if (keeps)
    for (let i = 0; i < size; i++) for (let j = i; j < size; j++) record.push(state.P[i * size + j]!);
  return Float64Array.from(record);
}

function toLists({ ar, ma, seasonalAr, seasonalMa }: Coefficients): readonly Float64Array[] {
  return [ar, ma, seasonalAr, seasonalMa];
}

/** @param record one that `findRecordFault` finds nothing wrong with */
export function readRecord(record: ArrayLike<number>): SeriesModel {
  let at = 0;
  const next = (): number => record[at++]!;
  const take = (length: number): Float64Array => Float64Array.from({ length }, next);
  const [p, d, q, seasonalP, seasonalD, seasonalQ, season] = [...take(7)] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const order: Order = { p, d, q, seasonalP, seasonalD, seasonalQ, season, constant: next() === 1 };
  const [sigma, step, end, level, slope] = [next(), next(), next(), next(), next()];
  const isPooled = next() === 1;
  const keeps = next() === 1;
  const curve = Array.from({ length: next() }, () => {
    const period = next();
    return { period, coefficients: take(next()) };
  });
  const [ar, ma, seasonalAr, seasonalMa] = split(take(p + q + seasonalP + seasonalQ), order);
  const coefficients = { ar, ma, seasonalAr, seasonalMa };
  const companion = toLevelCompanion(coefficients, order);
  const state = createState(companion);
  state.a.set(take(companion.size));
  state.steady = !keeps;
  if (keeps)
    for (let i = 0; i < companion.size; i++)
      for (let j = i; j < companion.size; j++) state.P[i * companion.size + j] = next();
  return { order, coefficients, sigma, step, end, level, slope, curve, isPooled, companion, state };
}

/** @returns undefined where the record can be read and filtered with */
export function findRecordFault(record: ArrayLike<number>): string | undefined {
  const values = Array.from(record);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) return `number ${odd} of its record is ${values[odd]}`;
  if (values.length < HEAD) return `its record has ${values.length} numbers, at least ${HEAD} are needed`;
  const [p, d, q, seasonalP, seasonalD, seasonalQ, season] = values as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const orders = [p, d, q, seasonalP, seasonalD, seasonalQ];
  if (!orders.every((each) => isWhole(each, 0, LIMITS.order)) || !isWhole(season, 1, LIMITS.season))
    return `its order is ${orders.join(', ')}, season ${season}`;
  const [constant, sigma, step, , , , pooled, keeps, curves] = values.slice(7) as number[];
  if (![constant, pooled, keeps].every((flag) => flag === 0 || flag === 1))
    return `its flags are ${constant}, ${pooled} and ${keeps}, not 0 or 1`;
  if (!(sigma! > 0 && step! > 0)) return `its deviation is ${sigma}, its step ${step} ms: not above 0`;
  if (!isWhole(curves!, 0, LIMITS.curves)) return `it has ${curves} curves, at most ${LIMITS.curves} are`;
  let length = HEAD;
  for (let i = 0; i < curves!; i++) {
    const [period, count] = [values[length] ?? NaN, values[length + 1] ?? NaN];
    if (!(period > 0) || !isWhole(count, 0, LIMITS.coefficients))
      return `its curve ${i} has a period of ${period} ms and ${count} coefficients`;
    length += 2 + count;
  }
  const size = Math.max(p + d + season * (seasonalP + seasonalD), q + season * seasonalQ + 1);
  length += p + q + seasonalP + seasonalQ + size + (keeps === 1 ? (size * (size + 1)) / 2 : 0);
  return values.length === length
    ? undefined
    : `its record has ${values.length} numbers, its order asks for ${length}`;
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
