/** What is expected of one series: its level, what the clock predicts, and how far it strays from that by itself. */
import { NORMAL_IQR, NORMAL_TAIL_RANGE } from '../maths/normal-ranges.ts';
import { quantile } from '../maths/quantile.ts';
import {
  fitSeasonalCurve,
  NO_SEASON,
  readRestlessness,
  readSeason,
  type SeasonalCurve,
} from './seasonal-curve.ts';

export interface SeriesExpectation {
  /** Median of the training; NaN where nothing was measured. */
  readonly center: number;
  /** Robust standard deviation of what the season leaves, but for restless hours; 0 where it leaves nothing. */
  readonly spread: number;
  /** 0.5 % and 99.5 % quantiles of what the season leaves, off `center`, but for restless hours; NaN where nothing was measured. */
  readonly low: number;
  readonly high: number;
  readonly season: SeasonalCurve;
  /** What it gains with each unit of demand (`demand.ts`); 0 where it does not follow demand. */
  readonly slope: number;
}

/** Of what the season leaves: all but one row in a hundred. */
const USUAL = { from: 0.005, to: 0.995 } as const;
/** Below it a spread is rounding noise of the scaled values. */
const LEAST_SPREAD = 1e-9;

export const UNMEASURED: SeriesExpectation = {
  center: NaN,
  spread: 0,
  low: NaN,
  high: NaN,
  season: NO_SEASON,
  slope: 0,
};

/** What was measured of a series, in order of time. */
export interface Measured {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/**
 * @param given.season that is taken as it is; undefined: found in the series, by the clocks of `timeZone`
 * @param given.isBrief the series has not seen every hour as often: the season comes off before its level is told
 */
export function fitSeries(
  { times, values }: Measured,
  {
    season,
    timeZone,
    isBrief = false,
  }: {
    readonly season: SeasonalCurve | undefined;
    readonly timeZone: string | undefined;
    readonly isBrief?: boolean;
  },
): SeriesExpectation {
  if (values.length === 0) return UNMEASURED;
  const median = quantile(values.toSorted(), 0.5);
  const own = season ?? fitSeasonalCurve({ times, values }, median, timeZone);
  const center = isBrief
    ? quantile(values.map((value, i) => value - readSeason(own, times[i]!)).sort(), 0.5)
    : median;
  const rest = values
    .map((value, i) => (value - center - readSeason(own, times[i]!)) / readRestlessness(own, times[i]!))
    .sort();
  return { center, ...rangeOf(rest), season: own, slope: 0 };
}

/** How far what a season leaves strays. @param sorted at least one, ascending */
export function rangeOf(sorted: Float64Array): Pick<SeriesExpectation, 'spread' | 'low' | 'high'> {
  return {
    spread: spreadOf(sorted),
    low: quantile(sorted, USUAL.from),
    high: quantile(sorted, USUAL.to),
  };
}

/** By the quartiles; where half of the values are one and the same by the outer percents, or else by all. */
function spreadOf(sorted: Float64Array): number {
  const quartiles = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / NORMAL_IQR;
  if (quartiles > LEAST_SPREAD) return quartiles;
  const tails = (quantile(sorted, USUAL.to) - quantile(sorted, USUAL.from)) / NORMAL_TAIL_RANGE;
  if (tails > LEAST_SPREAD) return tails;
  const largest = Math.max(Math.abs(sorted[0]!), Math.abs(sorted.at(-1)!));
  if (!(largest > LEAST_SPREAD)) return 0;
  const mean = sorted.reduce((sum, value) => sum + (value / largest) ** 2 / sorted.length, 0);
  return Math.sqrt(mean) * largest;
}
