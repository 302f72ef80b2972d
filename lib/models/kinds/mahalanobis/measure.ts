/** Quantiles and curves of the training, from rows evenly spread over it. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { toLocalTime } from '../../../features/zone-clock.ts';
import { NORMAL_IQR } from '../../../maths/normal-ranges.ts';
import type { TimedValues } from '../../../maths/predict.ts';
import { lowerBound, quantile } from '../../../maths/quantile.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { BINS, findPlace, readCurve } from './daily-curve.ts';
import type { Feature } from './joint-model.ts';
import { readScale } from './scales.ts';
import { findDailySpread, findSeason } from './seasonality.ts';
import { NO_ROW, type Seasons, takeStretches } from './stretches.ts';
import { planThinning } from './thinning.ts';

/** A fortnight of minutes of one entity. */
const SAMPLED_ROWS = 24_000;
/** 99 % of a standard normal lie as near to its centre. */
const NORMAL_99 = 2.5758293035489004;
/** Of a level's usual range: all but one row in a hundred. */
const USUAL = [0.005, 0.995] as const;
/** Spreads below this are rounding noise of the scaled values. */
const LEAST_SPREAD = 1e-9;

/** 1 for each column that has a single value, or none. */
export function findConstants({ names, values }: FeatureMatrix, labels: Uint8Array | undefined): Uint8Array {
  const width = names.length;
  const first = new Float32Array(width).fill(NaN);
  const constant = new Uint8Array(width).fill(1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value) || labels?.[Math.floor(i / width)] === 1) continue;
    const c = i % width;
    if (Number.isNaN(first[c]!)) first[c] = value;
    else if (value !== first[c]) constant[c] = 0;
  }
  return constant;
}

/** One series per column, in order of time, which is as the clocks show it; rows with the label 1 count as missing. */
export function sampleColumns(x: FeatureMatrix, labels: Uint8Array | undefined): readonly TimedValues[] {
  const { names, times, values, timeZone } = x;
  const isTaken = planThinning(times.length, SAMPLED_ROWS);
  const rows = Uint32Array.from(
    groupRows(x).flatMap((group, entity) => [...group.filter((_, place) => isTaken(entity, place))]),
  ).sort((a, b) => times[a]! - times[b]! || a - b);
  const taken = Float64Array.from(rows, (row) => toLocalTime(times[row]!, timeZone));
  return names.map((_, c) => ({
    times: taken,
    values: Float64Array.from(rows, (row) => (labels?.[row] === 1 ? NaN : values[row * names.length + c]!)),
  }));
}

export function findSeasons(columns: readonly TimedValues[], constant: Uint8Array): Seasons {
  const found = columns.map((column, c) => (constant[c] === 1 ? undefined : findSeason(column)));
  const packed = found.flatMap((curve) => (curve === undefined ? [] : Array.from(curve)));
  let next = 0;
  return {
    curveOf: Int32Array.from(found, (curve) => (curve === undefined ? -1 : next++)),
    curves: Float32Array.from(packed),
  };
}

/** One series per feature, in order of time, which is as the clocks show it. */
export function sampleFeatures(
  x: FeatureMatrix,
  given: {
    readonly seasons: Seasons;
    readonly features: readonly Feature[];
    readonly labels: Uint8Array | undefined;
  },
): readonly TimedValues[] {
  const { seasons, features, labels } = given;
  const isTaken = planThinning(x.times.length, SAMPLED_ROWS);
  const rowTimes: number[] = [];
  /** A stretch's values, feature by feature. */
  const blocks: Float64Array[] = [];
  for (const stretch of takeStretches(x, seasons, labels)) {
    const taken: number[] = [];
    for (let at = stretch.looksBackOn; at < stretch.rows.length; at++) {
      const row = stretch.rows[at]!;
      if (row === NO_ROW || !isTaken(x.entityOf[row]!, stretch.before + at)) continue;
      taken.push(at);
      rowTimes.push(x.times[row]!);
    }
    const block = new Float64Array(features.length * taken.length);
    for (const [i, { column, scale }] of features.entries())
      for (let k = 0; k < taken.length; k++)
        block[i * taken.length + k] = readScale(stretch, taken[k]!, column, scale);
    blocks.push(block);
  }
  const inOrder = rowTimes.map((_, i) => i).sort((a, b) => rowTimes[a]! - rowTimes[b]!);
  const placeOf = new Uint32Array(inOrder.length);
  for (let place = 0; place < inOrder.length; place++) placeOf[inOrder[place]!] = place;
  const times = Float64Array.from(inOrder, (i) => toLocalTime(rowTimes[i]!, x.timeZone));
  return features.map((_, i) => {
    const values = new Float64Array(inOrder.length);
    let next = 0;
    for (const block of blocks) {
      const rows = block.length / features.length;
      for (let k = 0; k < rows; k++) values[placeOf[next++]!] = block[i * rows + k]!;
    }
    return { times, values };
  });
}

/** BINS numbers a feature; none where no feature's spread follows the clock. */
export function findDailySpreads(features: readonly TimedValues[]): Float32Array {
  const curves = features.map(findDailySpread);
  if (curves.every((curve) => curve === undefined)) return new Float32Array();
  const same = new Float64Array(BINS).fill(1);
  return Float32Array.from(curves.flatMap((curve) => Array.from(curve ?? same)));
}

export interface Spreads {
  readonly centers: Float64Array;
  readonly spreads: Float64Array;
}

/**
 * The larger of what the quartiles and what 99 % of the rows make of the spread: a metric that bursts now and then is
 * as usual in a burst as it was in training.
 */
export function measureSpreads(features: readonly TimedValues[], dailySpread: Float32Array): Spreads {
  const centers = new Float64Array(features.length);
  const spreads = new Float64Array(features.length).fill(1);
  for (const [i, { times, values }] of features.entries()) {
    const sorted = takeMeasured(
      dailySpread.length === 0
        ? values
        : values.map((value, row) => value / readCurve(dailySpread, findPlace(times[row]!), i * BINS)),
    ).sort();
    if (sorted.length === 0) continue;
    const center = quantile(sorted, 0.5);
    const distances = takeDistances(sorted, center);
    const robust = Math.max(
      (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / NORMAL_IQR,
      quantile(distances, 0.99) / NORMAL_99,
    );
    centers[i] = center;
    if (robust > LEAST_SPREAD) spreads[i] = robust;
    else if (distances.at(-1)! > LEAST_SPREAD) spreads[i] = rootMeanSquare(distances);
  }
  return { centers, spreads };
}

/** Usual range of each column's level, without its season. NaN where nothing was measured. */
export function findBounds(
  features: readonly Feature[],
  sampled: readonly TimedValues[],
  columns: number,
): { readonly low: Float64Array; readonly high: Float64Array } {
  const low = new Float64Array(columns).fill(NaN);
  const high = new Float64Array(columns).fill(NaN);
  for (const [i, { column, scale }] of features.entries()) {
    if (scale !== 'level') continue;
    const sorted = takeMeasured(sampled[i]!.values).sort();
    if (sorted.length === 0) continue;
    low[column] = quantile(sorted, USUAL[0]);
    high[column] = quantile(sorted, USUAL[1]);
  }
  return { low, high };
}

/** A copy without NaN. */
function takeMeasured(values: Float64Array): Float64Array {
  const measured = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) measured[count++] = values[i]!;
  return measured.subarray(0, count);
}

/** From the centre to each, ascending: the nearest of those below and those above come in turn, so that nothing is sorted twice. */
function takeDistances(sorted: Float64Array, center: number): Float64Array {
  const distances = new Float64Array(sorted.length);
  let above = lowerBound(sorted, center);
  let below = above - 1;
  for (let i = 0; i < distances.length; i++) {
    const up = above < sorted.length ? sorted[above]! - center : Number.POSITIVE_INFINITY;
    const down = below >= 0 ? center - sorted[below]! : Number.POSITIVE_INFINITY;
    if (above < sorted.length && (up <= down || below < 0)) {
      distances[i] = up;
      above++;
    } else {
      distances[i] = down;
      below--;
    }
  }
  return distances;
}

/** In units of the largest, so that squares do not overflow. @param distances ascending, the last above 0 */
function rootMeanSquare(distances: Float64Array): number {
  const largest = distances.at(-1)!;
  const mean = distances.reduce((sum, each) => sum + (each / largest) ** 2 / distances.length, 0);
  return Math.max(Math.sqrt(mean) * largest, LEAST_SPREAD);
}
