/**
 * A row becomes a point: each feature off its usual value, in robust standard deviations, on a scale that is linear
 * near 0 and logarithmic far out. So one metric that ran off does not drown what the others show together.
 */
import { BINS, findPlace, readCurve } from './daily-curve.ts';
import type { Feature, JointModel } from './joint-model.ts';
import { readScale, type Stretch } from './scales.ts';

export interface Coordinates {
  readonly features: readonly Feature[];
  readonly centers: Float64Array;
  readonly spreads: Float64Array;
  readonly dailySpread: Float32Array;
}

/**
 * Writes the coordinates of a row to out[0], out[stride], …; a missing one is 0, as if it were usual.
 * @param given.at row of the stretch
 * @param given.time ms, as the clocks show it
 */
export function placeRow(
  { features, centers, spreads, dailySpread }: Coordinates,
  given: { readonly stretch: Stretch; readonly at: number; readonly time: number },
  out: Float64Array,
  stride: number = 1,
): void {
  const { stretch, at, time } = given;
  const place = dailySpread.length > 0 ? findPlace(time) : undefined;
  for (let i = 0; i < features.length; i++) {
    const { column, scale } = features[i]!;
    const value = readScale(stretch, at, column, scale);
    const daily = place === undefined ? 1 : readCurve(dailySpread, place, i * BINS);
    const off = (value / daily - centers[i]!) / spreads[i]!;
    out[i * stride] = Number.isNaN(off) ? 0 : Math.sign(off) * Math.log1p(Math.abs(off));
  }
}

export function takeCoordinates(
  model: Pick<JointModel, 'centers' | 'spreads' | 'dailySpread'>,
  features: readonly Feature[],
): Coordinates {
  const { centers, spreads, dailySpread } = model;
  return { features, centers, spreads, dailySpread };
}
