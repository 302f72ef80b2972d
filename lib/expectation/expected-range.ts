/** What is expected of a metric at a moment, in its own units: for people, and for whoever reads the bucket. */
import type { Profile } from '../features/profile.ts';
import { expectAt, type SeriesExpectation, scatterAt } from './expectation.ts';

export interface ExpectedRange {
  /** All but one normal row in a hundred lie between them, ends included. */
  readonly low: number;
  readonly high: number;
  readonly center: number;
}

/** A season that moves the range by less than this share of its width is nothing to tell anybody of. */
const LEAST_MOVE = 0.5;

/** On the scale of the feature matrix to the metric's own. Of a column that varies. */
export function unscale(scaled: number, { offset, divisor }: Pick<Profile, 'offset' | 'divisor'>): number {
  return offset + scaled * divisor;
}

/**
 * @param profile what the column was scaled by
 * @param time epoch ms
 * @returns undefined where training held nothing, or one value alone: there is no more to say than the profile does
 */
export function expectRange(
  series: SeriesExpectation,
  profile: Profile,
  time: number,
): ExpectedRange | undefined {
  if (profile.shape !== 'varies' || Number.isNaN(series.center)) return undefined;
  const center = expectAt(series, time);
  const scatter = scatterAt(series, time);
  const inUnits = (scaled: number): number => keepSign(unscale(scaled, profile), profile);
  return {
    low: inUnits(center + scatter * series.low),
    high: inUnits(center + scatter * series.high),
    center: inUnits(center),
  };
}

/** Whether another time of day or week has another range. */
export function isSeasonal({ season, low, high }: SeriesExpectation): boolean {
  const move = widthOf(season.day) + widthOf(season.week);
  return move > 0 && move >= LEAST_MOVE * (high - low);
}

function widthOf(curve: Float32Array): number {
  return curve.length === 0 ? 0 : Math.max(...curve) - Math.min(...curve);
}

/** A count that was never below 0 is not expected to be: a band around a season would reach there at night. */
export function keepSign(value: number, { low }: Pick<Profile, 'low'>): number {
  return low >= 0 ? Math.max(0, value) : value;
}
