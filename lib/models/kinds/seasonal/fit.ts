/** What is usual of a series, as a record: see record.ts. */
import { readDuration } from '../../../base/duration.ts';
import { takeMedian } from '../../../maths/median.ts';
import { quantile } from '../../../maths/quantile.ts';
import type { Series } from '../../framework/univariate/contract.ts';
import { poolSeries } from '../../framework/univariate/group-rows.ts';
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
/** Values behind a phase's scale at least: quartiles of few values are far off. */
const LEAST_SCALE_VALUES = 120;
/** The series as a whole counts as so many values of each phase: no phase is sure of itself on a few quiet days. */
const PRIOR_VALUES = 60;
/** Of the spread on both sides: what the quieter side of a series has at least. */
const LEAST_SIDE = 0.5;
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
function planSeasons({ periods }: SeasonalParams, step: number): readonly Season[] {
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
  const overall = measureSides(Float64Array.from(off.filter((value) => !Number.isNaN(value))).sort());
  const spread = Math.max(overall.up, overall.down) || SCALE_OF_CONSTANT;
  const up = new Float64Array(count);
  const down = new Float64Array(count);
  visitBins(sortIntoBins({ values: off, bins, count }), LEAST_SCALE_VALUES, (bin, values) => {
    const own = measureSides(Float64Array.from(values.sort()));
    up[bin] = blend(own.up, Math.max(overall.up, LEAST_SIDE * spread), values.length);
    down[bin] = blend(own.down, Math.max(overall.down, LEAST_SIDE * spread), values.length);
  });
  return { up, down };
}

/** Of variances. */
function blend(own: number, overall: number, values: number): number {
  const weight = values / (values + PRIOR_VALUES);
  return overall * Math.sqrt(weight * (own / overall) ** 2 + 1 - weight);
}

/** 0 on both sides for no values and for zeros alone. */
function measureSides(sorted: Float64Array): { readonly up: number; readonly down: number } {
  if (sorted.length === 0) return { up: 0, down: 0 };
  const up = Math.max(0, quantile(sorted, 0.75)) / QUARTILE;
  const down = Math.max(0, -quantile(sorted, 0.25)) / QUARTILE;
  if (up > 0 || down > 0) return { up, down };
  // Most are as expected: the mean distance tells of the few that were not.
  const mean = sorted.reduce((sum, value) => sum + Math.abs(value) / sorted.length, 0) / MEAN_DISTANCE;
  return { up: mean, down: mean };
}
