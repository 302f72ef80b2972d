/** What each metric looked like over the training range: levels, gaps, trend, seasons. */

import { autocorrelate, fitTrend } from '../../maths/seasonality.ts';
import type { MetricWindow } from '../../window/window.ts';
import { type ReportInput, type UsualRanges, usualOf, WEEK_MS } from '../report-input.ts';

export interface MetricProfile {
  readonly metric: string;
  /** Over all entities, as measured; NaN where nothing was. */
  readonly min: number;
  readonly max: number;
  /** Median, 0.5 % and 99.5 % quantile over all entities, from the version's own scaler. */
  readonly median: number;
  readonly usualLow: number;
  readonly usualHigh: number;
  /** Share of the rows without a value, 0 to 1. */
  readonly missing: number;
  /** Ms: the longest stretch within one entity without a value; 0 where there is none. */
  readonly longestGap: number;
  /** Entities in which it never moved. */
  readonly constantIn: number;
  readonly trend: Trend | undefined;
  /** Autocorrelation, -1 to 1; undefined where the data is shorter than two periods or holds too little. */
  readonly daily: number | undefined;
  readonly weekly: number | undefined;
}

export interface Trend {
  /** Over the whole range, in robust standard deviations of an entity. */
  readonly change: number;
  /** Share of the variance that the line explains, 0 to 1. */
  readonly explained: number;
}

const DAY_MS = WEEK_MS / 7;
/** Trend and seasons are read off the mean of this many stretches at most. */
const MAX_BUCKETS = 4096;
/** Stretches that divide a day, in ms. */
const BUCKETS_MS: readonly number[] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360].map(
  (minutes) => minutes * 60_000,
);
/** Buckets that a day has to have for its shape to be seen. */
const LEAST_PER_DAY = 6;
/** Rows that never moved are of this many robust deviations at most: one outlier must not tilt the mean of a bucket. */
const CLIP = 10;

/** One per metric in the window's order. One pass over the cells for each; memory for the buckets alone. */
export function profileMetrics({
  window,
  scaler,
}: Pick<ReportInput, 'window' | 'scaler'>): readonly MetricProfile[] {
  const bucket = chooseBucket(window);
  return window.metrics.map((metric, m) => {
    const pooled = scaler.pooled[scaler.columns.indexOf(metric)];
    const series = meanDeviation(window, window.columns[m]!, centres(window, scaler, metric), bucket);
    return {
      metric,
      ...scanCells(window, window.columns[m]!),
      median: pooled?.center ?? Number.NaN,
      usualLow: pooled?.low ?? Number.NaN,
      usualHigh: pooled?.high ?? Number.NaN,
      constantIn: window.entities.filter((entity) => usualOf(scaler, entity, metric)?.shape === 'constant')
        .length,
      trend: fitTrend(series),
      daily: seasonOf(series, bucket, DAY_MS),
      weekly: seasonOf(series, bucket, WEEK_MS),
    };
  });
}

function scanCells(
  { times, entityOf, step }: MetricWindow,
  values: Float64Array,
): Pick<MetricProfile, 'min' | 'max' | 'missing' | 'longestGap'> {
  let min = Number.NaN;
  let max = Number.NaN;
  let measured = 0;
  let longestGap = 0;
  let last = -1;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (row > 0 && entityOf[row] !== entityOf[row - 1]) last = -1;
    if (!Number.isFinite(value)) continue;
    measured++;
    if (!(value >= min)) min = value;
    if (!(value <= max)) max = value;
    if (last !== -1) longestGap = Math.max(longestGap, times[row]! - times[last]! - step);
    last = row;
  }
  return { min, max, missing: values.length === 0 ? 0 : 1 - measured / values.length, longestGap };
}

interface Centre {
  readonly center: number;
  readonly scale: number;
}

function centres(
  { entities }: MetricWindow,
  scaler: UsualRanges,
  metric: string,
): readonly (Centre | undefined)[] {
  return entities.map((entity) => {
    const profile = usualOf(scaler, entity, metric);
    return profile?.shape === 'varies' ? profile : undefined;
  });
}

/**
 * Per stretch of time the mean over entities of how far the metric was from each entity's own centre: entities of
 * different size count the same. NaN where nothing was measured.
 */
function meanDeviation(
  window: MetricWindow,
  values: Float64Array,
  of: readonly (Centre | undefined)[],
  bucket: number,
): Float64Array {
  const { times, entityOf, range } = window;
  const sums = new Float64Array(Math.ceil((range.end - range.start) / bucket));
  const counts = new Float64Array(sums.length);
  for (let row = 0; row < values.length; row++) {
    const centre = of[entityOf[row]!];
    if (centre === undefined || !Number.isFinite(values[row]!)) continue;
    const at = Math.floor((times[row]! - range.start) / bucket);
    const distance = (values[row]! - centre.center) / centre.scale;
    sums[at]! += Math.max(-CLIP, Math.min(CLIP, distance));
    counts[at]! += 1;
  }
  return sums.map((sum, at) => (counts[at] === 0 ? Number.NaN : sum / counts[at]!));
}

function chooseBucket({ range, step }: MetricWindow): number {
  const least = Math.max(step, (range.end - range.start) / MAX_BUCKETS);
  return BUCKETS_MS.find((bucket) => bucket >= least) ?? least;
}

function seasonOf(series: Float64Array, bucket: number, period: number): number | undefined {
  if (bucket * LEAST_PER_DAY > DAY_MS) return undefined;
  return autocorrelate(series, Math.round(period / bucket));
}
