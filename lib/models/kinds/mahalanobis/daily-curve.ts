/** A figure by time of day, by the clocks of the matrix' zone: half-hours, smoothed, read between their middles. */
import { quantile } from '../../../maths/quantile.ts';

export const BINS = 48;
const DAY = 24 * 3_600_000;

/** How the values of a half-hour become one. */
export type Summary = 'median' | 'mean';

/**
 * @param times ms, as the clocks show it
 * @param values NaN where missing
 * @param how.passes of smoothing over three neighbours
 * @returns length BINS; half-hours without a value lie on a line between their neighbours. Undefined without any value
 */
export function fitDailyCurve(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  { summary, passes }: { readonly summary: Summary; readonly passes: number },
): Float64Array | undefined {
  const bins = Array.from({ length: BINS }, (): number[] => []);
  for (let i = 0; i < times.length; i++)
    if (!Number.isNaN(values[i]!)) bins[Math.floor(timeOfDay(times[i]!) * BINS)]!.push(values[i]!);
  let curve: Float64Array = Float64Array.from(bins, (bin) =>
    bin.length === 0 ? NaN : summarize(bin, summary),
  );
  if (curve.every(Number.isNaN)) return undefined;
  curve = fillGaps(curve);
  for (let pass = 0; pass < passes; pass++) curve = smooth(curve);
  return curve;
}

/** Where on a curve a time lies. */
export interface CurvePlace {
  readonly from: number;
  readonly to: number;
  /** Weight of `to`, 0 to below 1. */
  readonly share: number;
}

/** @param time ms, as the clocks show it */
export function findPlace(time: number): CurvePlace {
  const position = timeOfDay(time) * BINS - 0.5;
  const below = Math.floor(position);
  return { from: (below + BINS) % BINS, to: (below + 1) % BINS, share: position - below };
}

/** @param start of the curve in `curves`, where several lie end to end */
export function readCurve(
  curves: ArrayLike<number>,
  { from, to, share }: CurvePlace,
  start: number = 0,
): number {
  return curves[start + from]! * (1 - share) + curves[start + to]! * share;
}

/** 0 to below 1. Times before 1970 too. */
function timeOfDay(time: number): number {
  return (((time % DAY) + DAY) % DAY) / DAY;
}

function summarize(bin: readonly number[], summary: Summary): number {
  if (summary === 'median') return quantile(Float64Array.from(bin).sort(), 0.5);
  return bin.reduce((mean, value) => mean + value / bin.length, 0);
}

/** Around the clock: the half-hour before midnight and the one after are neighbours. */
function fillGaps(curve: Float64Array): Float64Array {
  return curve.map((value, bin) => {
    if (!Number.isNaN(value)) return value;
    let back = 1;
    while (Number.isNaN(curve[(bin - back + BINS) % BINS]!)) back++;
    let ahead = 1;
    while (Number.isNaN(curve[(bin + ahead) % BINS]!)) ahead++;
    const before = curve[(bin - back + BINS) % BINS]!;
    return before + ((curve[(bin + ahead) % BINS]! - before) * back) / (back + ahead);
  });
}

function smooth(curve: Float64Array): Float64Array {
  return curve.map(
    (value, bin) => (curve[(bin + BINS - 1) % BINS]! + 2 * value + curve[(bin + 1) % BINS]!) / 4,
  );
}
