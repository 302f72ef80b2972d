/**
 * A row becomes a point: each feature off its usual value, in robust standard deviations, on a scale that is linear
 * near 0 and logarithmic far out. So one metric that ran off does not drown what the others show together.
 */
import { BINS, findPlace, readCurve } from './daily-curve.ts';
import type { Feature, JointModel } from './joint-model.ts';
import { openScales, type ReadScales, type Stretch } from './scales.ts';

export interface Coordinates {
  readonly features: readonly Feature[];
  readonly centers: Float64Array;
  readonly spreads: Float64Array;
  readonly dailySpread: Float32Array;
  readonly read: ReadScales;
  /** Feature → its place in what `read` gives. */
  readonly places: Uint32Array;
}

/**
 * Writes the coordinates of a row to out[from], out[from + stride], …; a missing one is 0, as if it were usual.
 * @param given.at row of the stretch
 * @param given.time ms, as the clocks show it
 */
export function placeRow(
  { centers, spreads, dailySpread, read, places }: Coordinates,
  given: { readonly stretch: Stretch; readonly at: number; readonly time: number },
  out: Float64Array,
  { from, stride }: { readonly from: number; readonly stride: number } = { from: 0, stride: 1 },
): void {
  const { stretch, at, time } = given;
  const place = dailySpread.length > 0 ? findPlace(time) : undefined;
  const values = read(stretch, at);
  for (let i = 0; i < places.length; i++) {
    const value = values[places[i]!]!;
    const daily = place === undefined ? 1 : readCurve(dailySpread, place, i * BINS);
    const off = (value / daily - centers[i]!) / spreads[i]!;
    out[from + i * stride] = Number.isNaN(off) ? 0 : Math.sign(off) * Math.log1p(Math.abs(off));
  }
}

export function takeCoordinates(
  model: Pick<JointModel, 'centers' | 'spreads' | 'dailySpread'>,
  features: readonly Feature[],
): Coordinates {
  const { centers, spreads, dailySpread } = model;
  const scales = [...new Set(features.map(({ scale }) => scale))];
  // Each column has its level at least.
  const width = features.reduce((most, { column }) => Math.max(most, column + 1), 0);
  const places = Uint32Array.from(features, ({ column, scale }) => scales.indexOf(scale) * width + column);
  return { features, centers, spreads, dailySpread, read: openScales(scales, width), places };
}
