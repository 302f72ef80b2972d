/** What is usual of a series, as a record: see record.ts. */
import { readDuration } from '../../config/duration.ts';
import { quantileOf } from '../../statistics/quantile.ts';
import type { Series } from '../univariate/contract.ts';
import { poolSeries } from '../univariate/group-rows.ts';
import { takeMedian } from '../univariate/median.ts';
import { chooseSeason, LEAST_BIN_VALUES } from './choose-season.ts';
import { followLevel } from './follow-level.ts';
import { readLocalTimes } from './local-times.ts';
import type { SeasonalParams } from './params.ts';
import { findBins, interpolate, type Season, sortIntoBins, visitBins } from './profile.ts';
import { packRecord } from './record.ts';

/** Phases of a season at most, one for each step where those are fewer. Half an hour of a week; a quarter of a day. */
const MOST_BINS = { short: 96, long: 336 };
const DAY = 86_400_000;
/** The upper quartile of normal values, in standard deviations. */
const QUARTILE = 0.6745;
/** Mean distance of normal values from their mean: the other way to a standard deviation, where most values are equal. */
const MEAN_DISTANCE = 0.7979;
/** A phase at which little ever happened is sure of itself up to this share of the series as a whole. */
const LEAST_SHARE = 0.5;
/** Of a series with a single value, in its units: scaled features count a constant's move in percent. */
const SCALE_OF_CONSTANT = 0.1;
/** The pool of a column: enough for the medians of every phase. */
const MOST_POOLED = 50_000;

export function fitSeries(series: Series, params: SeasonalParams): Float32Array {
  const local = readLocalTimes(series.times, params.timeZone);
  const seasons = planSeasons(params, findStep(series.times));
  const season = chooseSeason(series, local, seasons);
  const bins = findBins(series.values, local, season);
  const centers = new Float64Array(season.bins);
  const count = season.bins;
  visitBins(sortIntoBins({ values: series.values, bins, count }), LEAST_BIN_VALUES, (bin, values) => {
    centers[bin] = takeMedian(values);
  });
  const off = series.values.map((value, i) => value - interpolate(centers, local[i]!, season));
  const level = followLevel(off, params.adaptRows);
  for (let i = 0; i < off.length; i++) off[i]! -= level[i]!;
  for (let i = 0; i < off.length; i++) if (Number.isNaN(off[i]!)) bins[i] = -1;
  const { up, down } = measureScales(off, bins, count);
  return packRecord({ season: seasons.indexOf(season), centers, up, down });
}

export function fitPool(series: readonly Series[], params: SeasonalParams): Float32Array {
  return fitSeries(poolSeries(series, MOST_POOLED), { ...params, adaptRows: 0 });
}

/** The seasons of the parameters that a series with that step may show. */
export function planSeasons({ periods }: SeasonalParams, step: number): readonly Season[] {
  return periods.map((text) => {
    const period = readDuration(text)!;
    const most = period > DAY ? MOST_BINS.long : MOST_BINS.short;
    return { period, bins: Math.max(1, Math.min(most, Math.round(period / step))) };
  });
}

/** Median of what lies between the first rows, ms. */
function findStep(times: Float64Array): number {
  const steps = times
    .slice(1, 1000)
    .map((time, i) => time - times[i]!)
    .filter((step) => step > 0)
    .sort();
  return steps.length > 0 ? steps[steps.length >> 1]! : DAY;
}

/** Standard deviations above and below what is expected, from the quartiles on either side. */
function measureScales(
  off: Float32Array,
  bins: Int32Array,
  count: number,
): { readonly up: Float64Array; readonly down: Float64Array } {
  const all = Float64Array.from(off.filter((value) => !Number.isNaN(value))).sort();
  const overall = measureOverall(all);
  const up = new Float64Array(count);
  const down = new Float64Array(count);
  visitBins(sortIntoBins({ values: off, bins, count }), LEAST_BIN_VALUES, (bin, values) => {
    const sorted = Float64Array.from(values.sort());
    const [low, high] = sorted.length > 0 ? [quantileOf(sorted, 0.25), quantileOf(sorted, 0.75)] : [0, 0];
    up[bin] = Math.max(high / QUARTILE, LEAST_SHARE * overall);
    down[bin] = Math.max(-low / QUARTILE, LEAST_SHARE * overall);
  });
  return { up, down };
}

function measureOverall(sorted: Float64Array): number {
  if (sorted.length === 0) return SCALE_OF_CONSTANT;
  const spread = (quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25)) / 2 / QUARTILE;
  if (spread > 0) return spread;
  const mean = sorted.reduce((sum, value) => sum + Math.abs(value), 0) / sorted.length / MEAN_DISTANCE;
  return mean > 0 ? mean : SCALE_OF_CONSTANT / LEAST_SHARE;
}
