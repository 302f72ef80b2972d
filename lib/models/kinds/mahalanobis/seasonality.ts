/** Which metrics follow the clock, judged by what one half of the training predicts of the other. */

import { medianOf } from '../../../maths/median.ts';
import { halvesOf, isPredicted, type TimedValues } from '../../../maths/predict.ts';
import { quantile } from '../../../maths/quantile.ts';
import { BINS, findPlace, fitDailyCurve, readCurve } from './daily-curve.ts';

const DAY = 24 * 3_600_000;
/** Days of training below which no season is looked for: each half has to see every hour twice. */
export const LEAST_DAYS = 4;
/** The curve of one half has to leave at most this share of the other half's deviation from its median. */
const MOST_LEFT = 0.7;
const SMOOTHING = { summary: 'median', passes: 1 } as const;

/**
 * Whether rows at these times cover the days that it takes: up to a step after the last one, or as far as the curve takes
 * for one time of day.
 * @param times ascending
 */
export function coversDays(times: Float64Array): boolean {
  if (times.length === 0) return false;
  const span = times.at(-1)! - times[0]!;
  let steps = 0;
  for (let i = 1; i < times.length; i++) if (times[i]! > times[i - 1]!) steps++;
  const last = Math.max(steps === 0 ? 0 : span / steps, DAY / BINS);
  return span + last >= LEAST_DAYS * DAY;
}

/** What is usual by time of day, off the median of all day; undefined where the clock does not predict it. */
export function findSeason({ times, values }: TimedValues): Float64Array | undefined {
  if (!coversDays(times) || !isDaily({ times, values })) return undefined;
  const median = medianOf(values);
  return fitDailyCurve(times, values, SMOOTHING)?.map((value) => value - median);
}

function isDaily(series: TimedValues): boolean {
  return isPredicted(halvesOf(series), {
    fit: ({ times, values }) => fitDailyCurve(times, values, SMOOTHING),
    read: (curve, time) => readCurve(curve, findPlace(time)),
    mostLeft: MOST_LEFT,
  });
}

/** Of what a spread by time of day is learned from: values beyond this quantile count as it. */
const TRIM = 0.99;
/** Share of the spread that no hour goes without: a quiet hour of a few days says little. */
const SHRINK = 0.2;
/** Nats per value by which one half's curve has to describe the other better than one spread for all day. */
const LEAST_GAIN = 0.02;

/** How deviations vary over the day, 1 on average; undefined where the clock does not predict it. */
export function findDailySpread({ times, values }: TimedValues): Float64Array | undefined {
  if (!coversDays(times)) return undefined;
  const median = medianOf(values);
  const sizes = values.map((value) => Math.abs(value - median));
  const most = quantile(sizes.filter((size) => !Number.isNaN(size)).sort(), TRIM);
  const trimmed = sizes.map((size) => Math.min(size, most));
  const [first, second] = halvesOf({ times, values: trimmed });
  const gain = (gainOf(first, second) + gainOf(second, first)) / 2;
  return gain > LEAST_GAIN ? relativeCurve({ times, values: trimmed }) : undefined;
}

/** Of a Laplace distribution whose scale follows the learned curve, over one with a single scale: nats per value. */
function gainOf(learned: TimedValues, judged: TimedValues): number {
  const curve = relativeCurve(learned);
  const mean = meanOf(judged.values);
  if (curve === undefined || !(mean > 0)) return NaN;
  let gain = 0;
  let count = 0;
  for (let i = 0; i < judged.times.length; i++) {
    const size = judged.values[i]!;
    if (Number.isNaN(size)) continue;
    const scale = readCurve(curve, findPlace(judged.times[i]!));
    gain += size / mean - size / (mean * scale) - Math.log(scale);
    count++;
  }
  return gain / count;
}

function relativeCurve({ times, values }: TimedValues): Float64Array | undefined {
  const curve = fitDailyCurve(times, values, { summary: 'mean', passes: 2 });
  const mean = curve?.reduce((sum, value) => sum + value / BINS, 0);
  if (curve === undefined || mean === undefined || !(mean > 0)) return undefined;
  return curve.map((value) => (value / mean + SHRINK) / (1 + SHRINK));
}

function meanOf(values: Float64Array): number {
  const measured = values.filter((value) => !Number.isNaN(value));
  return measured.reduce((mean, value) => mean + value / measured.length, 0);
}
