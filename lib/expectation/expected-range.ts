/** What is expected of a metric at a moment, in its own units: for people, and for whoever reads the bucket. */
import type { Profile } from '../features/profile.ts';
import { CONSTANT_SCALE } from '../features/scaler.ts';
import { expectAt, scatterAt } from './expectation.ts';
import type { SeriesExpectation } from './series.ts';

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
 * @param moved how far the level lies off what training predicts, on the scale of the feature matrix
 * @returns undefined where training held nothing, or one value alone that has not moved: there is no more to say than the profile does
 */
export function expectRange(
  series: SeriesExpectation,
  profile: Profile,
  time: number,
  moved = 0,
): ExpectedRange | undefined {
  if (Number.isNaN(series.center)) return undefined;
  if (profile.shape === 'constant') return moved === 0 ? undefined : moveConstant(profile, moved);
  if (profile.shape !== 'varies') return undefined;
  const center = expectAt(series, time) + moved;
  const scatter = scatterAt(series, time);
  const inUnits = (scaled: number): number => keepSign(unscale(scaled, profile), profile);
  return {
    low: inUnits(center + scatter * series.low),
    high: inUnits(center + scatter * series.high),
    center: inUnits(center),
  };
}

/** Digits that float32 keeps of what it was scaled to. */
const DIGITS = 6;

/** Undefined of one that was 0: what it moved to is the same to the detector, be it 1 or 1,000. */
function moveConstant({ center }: Profile, moved: number): ExpectedRange | undefined {
  const share = moved * CONSTANT_SCALE * Math.sign(center);
  if (center === 0 || share >= 1 || share < -1) return undefined;
  const at = Number((share > 0 ? center / (1 - share) : center * (1 + share)).toPrecision(DIGITS));
  return { low: at, high: at, center: at };
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
