/** Fits one series from beginning to end: season, order, coefficients, outliers, and the state at the end. */

import { medianOf } from '../../../maths/median.ts';
import { seasonalStrength } from '../../../maths/seasonal-strength.ts';
import type { Series } from '../../framework/univariate/contract.ts';
import { chooseOrder } from './choose-order.ts';
import { DAY, findCurve, fitPeriod, type Grid, type Harmonics, withoutCurve } from './curve.ts';
import { countMeasured, difference } from './difference.ts';
import { type Estimate, estimateArma } from './estimate.ts';
import { filterSeries } from './filter-series.ts';
import { findStep, layOut, newest } from './grid.ts';
import type { Order } from './order.ts';
import type { ArimaParams } from './params.ts';
import { type SeriesModel, toLevelCompanion } from './series-model.ts';
import { measureMoments, startValues } from './start-values.ts';
import { countDifferences } from './unit-root.ts';

/** Most rows that a season is looked for in: a quarter at 5 min. */
const MOST_SEASON_ROWS = 26_000;
/** Of a season in rows that is found by itself: Hyndman's strength above which it is modelled. */
const SEASONAL_ABOVE = 0.3;
const LEAST_SEASONS = 4;
/** Standard deviations beyond which a value of training is left out of the fit, and how many may be. */
const LEFT_OUT_BEYOND = 6;
const MOST_LEFT_OUT = 0.02;
/** Share of the deviation with all values that leaving some out may lower it to. */
const LEAST_OF_DEVIATION = 0.1;
/** Of the largest value: 16 times what a float32 can tell apart. */
const RESOLUTION = 1e-6;

/** @param series has at least one measured value */
export function fitSeries(series: Series, params: ArimaParams): SeriesModel {
  const step = findStep(series.times);
  const whole = layOut(series, step, Math.max(params.maxPoints, MOST_SEASON_ROWS));
  const { season, curve } = findSeason(whole, params);
  const rest = withoutCurve(whole, curve);
  return fitGrid(
    { y: newest(rest, params.maxPoints), end: whole.end, step },
    { season, curve, params, isPooled: false },
  );
}

/** Rows between two series that are put one after the other: nothing of one is left in the other. */
const APART = 32;

/**
 * One model of several series: the newest rows of each, one after the other. Their levels have nothing in common, so the
 * series are differenced; nor need their seasons.
 */
export function fitPool(series: readonly Series[], params: ArimaParams): SeriesModel {
  const step = medianOf(Float64Array.from(series, ({ times }) => findStep(times)));
  const share = Math.max(20, Math.floor(params.maxPoints / series.length) - APART);
  const parts: number[] = [];
  for (const each of series) {
    parts.push(...layOut(each, findStep(each.times), share).y, ...new Array<number>(APART).fill(NaN));
    if (parts.length >= params.maxPoints) break;
  }
  const y = Float64Array.from(parts);
  return fitGrid(
    { y, end: series[0]!.times.at(-1)!, step },
    { season: 1, curve: [], params, isPooled: true },
  );
}

/** A season of few rows is for the model's seasonal terms, one of many for a curve. */
function findSeason(
  grid: Grid,
  { season, maxSeason, maxPoints }: ArimaParams,
): { readonly season: number; readonly curve: readonly Harmonics[] } {
  const none = { season: 1, curve: [] };
  if (season === 0) return none;
  if (season !== 'auto')
    return season <= maxSeason
      ? { season, curve: [] }
      : { season: 1, curve: fitPeriod(grid, season * grid.step) };
  const day = DAY / grid.step;
  if (day > maxSeason || day < 4 || !Number.isInteger(day)) return { season: 1, curve: findCurve(grid) };
  const y = newest(grid.y, maxPoints);
  const isSeasonal = y.length >= LEAST_SEASONS * day && seasonalStrength(y, day) > SEASONAL_ABOVE;
  return isSeasonal ? { season: day, curve: [] } : none;
}

interface Plan {
  readonly season: number;
  readonly curve: readonly Harmonics[];
  readonly params: ArimaParams;
  readonly isPooled: boolean;
}

/** Centred and scaled while it is fitted, so that thresholds and steps mean the same for every series. */
function fitGrid(grid: Grid, plan: Plan): SeriesModel {
  const centre = medianOf(grid.y);
  const scale = spreadOf(grid.y, centre);
  const y = grid.y.map((value) => (value - centre) / scale);
  return assembleModel({ ...plan, grid, y, centre, scale, found: fitScaled(y, plan) });
}

export interface Assembly {
  readonly grid: Grid;
  /** Its values less `centre`, over `scale`: what the model was fitted on. */
  readonly y: Float64Array;
  readonly centre: number;
  readonly scale: number;
  readonly found: ScaledFit;
  readonly curve: readonly Harmonics[];
  readonly isPooled: boolean;
  readonly params: Pick<ArimaParams, 'outlier' | 'outlierRows'>;
}

/** In the units of the values, with the state that the filter has reached at the end. */
export function assembleModel({
  grid,
  y,
  centre,
  scale,
  found,
  curve,
  isPooled,
  params,
}: Assembly): SeriesModel {
  const { order } = found;
  const largest = largestOf(grid.y);
  const slope = order.d + order.seasonalD === 1 ? found.mean / (order.seasonalD === 1 ? order.season : 1) : 0;
  const level = order.d + order.seasonalD === 0 ? found.mean : 0;
  const companion = toLevelCompanion(found.coefficients, order);
  const centred = y.map((value, i) => value - level - slope * (i - y.length + 1));
  const { outlier, outlierRows } = params;
  const { state } = filterSeries(centred, { companion, deviation: found.deviation, outlier, outlierRows });
  for (let i = 0; i < companion.size; i++) state.a[i]! *= scale;
  return {
    order,
    coefficients: found.coefficients,
    sigma: Math.max(found.deviation * scale, RESOLUTION * largest) || 1,
    step: grid.step,
    end: grid.end,
    level: centre + level * scale,
    slope: slope * scale,
    curve,
    isPooled,
    companion,
    state,
  };
}

export interface ScaledFit extends Pick<Estimate, 'order' | 'coefficients' | 'mean'> {
  readonly deviation: number;
}

/** Outliers are told by a first model of low order, and are missing for all that follows. */
function fitScaled(given: Float64Array, plan: Plan): ScaledFit {
  const first = estimateGiven(given, { ...NO_ORDER, p: 1, d: countDifferences(given, 1), q: 1 }, 'rough');
  const { y, deviation: usual } = leaveOutliersOut(given, first, plan.params);
  const order = chooseOrder(y, plan);
  const found = order && estimateGiven(y, order, 'full');
  if (found === undefined) return describePlain(given);
  return { ...found, deviation: Math.max(Math.sqrt(found.variance), LEAST_OF_DEVIATION * usual) };
}

const NO_ORDER: Order = {
  p: 0,
  d: 0,
  q: 0,
  seasonalP: 0,
  seasonalD: 0,
  seasonalQ: 0,
  season: 1,
  constant: false,
};
const LEAST_FITTED = 8;

function estimateGiven(y: Float64Array, order: Order, effort: 'rough' | 'full'): Estimate | undefined {
  const w = difference(y, order);
  if (countMeasured(w) < LEAST_FITTED) return undefined;
  const start = startValues(measureMoments(w, Math.max(order.p, order.q)), order);
  return estimateArma(w, order, { start, effort });
}

/** A level and nothing else: of series too short, or too constant, for anything more. */
function describePlain(y: Float64Array): ScaledFit {
  const count = countMeasured(y);
  let [mean, squares] = [0, 0];
  for (const value of y) if (!Number.isNaN(value)) mean += value / count;
  for (const value of y) if (!Number.isNaN(value)) squares += (value - mean) ** 2 / count;
  const none = new Float64Array(0);
  return {
    order: { ...NO_ORDER, constant: true },
    coefficients: { ar: none, ma: none, seasonalAr: none, seasonalMa: none },
    mean,
    deviation: Math.sqrt(squares),
  };
}

/** @returns the series without them, and the deviation of the first model's innovations, theirs included */
function leaveOutliersOut(
  y: Float64Array,
  first: Estimate | undefined,
  { outlierRows }: ArimaParams,
): { readonly y: Float64Array; readonly deviation: number } {
  if (first === undefined) return { y, deviation: 0 };
  const companion = toLevelCompanion(first.coefficients, first.order);
  const overall = Math.sqrt(first.variance);
  const { innovations } = filterSeries(y, { companion, deviation: overall, outlier: Infinity, outlierRows });
  const usual = 1.4826 * medianOf(innovations.map(Math.abs));
  // Where most innovations are 0 their middle says nothing of the rest.
  const deviation = usual > 0 ? Math.max(usual, LEAST_OF_DEVIATION * overall) : overall;
  const { outliers } = filterSeries(y, { companion, deviation, outlier: LEFT_OUT_BEYOND, outlierRows });
  if (outliers.length === 0 || outliers.length > MOST_LEFT_OUT * countMeasured(y)) return { y, deviation: 0 };
  const kept = y.slice();
  for (const t of outliers) kept[t] = NaN;
  return { y: kept, deviation: overall };
}

/** Of the middle half; of all where more than half are the same; 1 for a constant. */
function spreadOf(y: Float64Array, centre: number): number {
  const distances = y.map((value) => Math.abs(value - centre));
  const robust = 1.4826 * medianOf(distances);
  if (robust > 0) return robust;
  return largestOf(distances) || 1;
}

/** By size; 0 where nothing was measured. */
function largestOf(y: Float64Array): number {
  let largest = 0;
  for (const value of y) if (Math.abs(value) > largest) largest = Math.abs(value);
  return largest;
}
