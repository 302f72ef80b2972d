/** What one metric of one entity was like in training. */
import { findPeriods } from '../../../maths/find-periods.ts';
import { medianOf } from '../../../maths/median.ts';
import { quantile } from '../../../maths/quantile.ts';
import { fitTrend } from '../../../maths/seasonality.ts';

export interface SeriesProfile {
  /** Share of the places without a value. */
  readonly missing: number;
  /** Whether it had one value throughout, or none. */
  readonly isConstant: boolean;
  /** Whether at least half of the values are the same. */
  readonly isIntermittent: boolean;
  /** Whether its level moved by more than it usually varies: between both halves, or along a line. */
  readonly isDrifting: boolean;
  /** Periods in places, strongest first. */
  readonly seasons: readonly { readonly period: number; readonly strength: number }[];
}

/** Interquartile ranges between the medians of both halves. */
const DRIFT = 1;
/** Share of the variance that a straight line explains. */
const TREND = 0.5;

/** @param series evenly spaced, in order of time; NaN where missing */
export function profileSeries(series: Float64Array): SeriesProfile {
  const half = series.length >> 1;
  const sorted = sortMeasured(series);
  const missing = 1 - sorted.length / series.length;
  if (sorted.length === 0 || sorted[0] === sorted.at(-1))
    return { missing, isConstant: true, isIntermittent: false, isDrifting: false, seasons: [] };
  const range = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const moved = Math.abs(medianOf(series.subarray(half)) - medianOf(series.subarray(0, half)));
  return {
    missing,
    isConstant: false,
    isIntermittent: range === 0,
    isDrifting: moved > DRIFT * range || (fitTrend(series)?.explained ?? 0) > TREND,
    seasons: findPeriods(series),
  };
}

function sortMeasured(series: Float64Array): Float64Array {
  return series.filter((value) => !Number.isNaN(value)).sort();
}
