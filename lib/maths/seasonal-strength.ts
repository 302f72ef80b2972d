/**
 * How strong a season is: 1 - Var(rest) / Var(season + rest), of the series less its moving average over one season.
 * Wang, Smith and Hyndman, "Characteristic-based clustering for time series data", Data Mining and Knowledge Discovery
 * 13 (2006), p. 335. The season is the median at each of its rows.
 */
import { medianOf } from './median.ts';

/** 0 to 1; 0 where it can't be told. */
export function seasonalStrength(y: Float64Array, season: number): number {
  const rest = takeOffAverage(y, season);
  const phases = Array.from({ length: season }, (_, phase) =>
    medianOf(rest.filter((_, t) => t % season === phase)),
  );
  const whole = varianceOf(rest);
  const left = varianceOf(rest.map((value, t) => value - phases[t % season]!));
  return whole > 0 ? Math.max(0, 1 - left / whole) : 0;
}

/** Less the mean of the season around each row; NaN at the ends and where less than half of that was measured. */
export function takeOffAverage(y: Float64Array, season: number): Float64Array {
  const sums = new Float64Array(y.length + 1);
  const counts = new Float64Array(y.length + 1);
  for (let t = 0; t < y.length; t++) {
    const isMeasured = !Number.isNaN(y[t]!);
    sums[t + 1] = sums[t]! + (isMeasured ? y[t]! : 0);
    counts[t + 1] = counts[t]! + (isMeasured ? 1 : 0);
  }
  return y.map((value, t) => {
    const from = t - (season >> 1);
    const to = from + season;
    if (from < 0 || to > y.length) return NaN;
    const count = counts[to]! - counts[from]!;
    return count < season / 2 ? NaN : value - (sums[to]! - sums[from]!) / count;
  });
}

function varianceOf(values: Float64Array): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of values)
    if (!Number.isNaN(value)) {
      count++;
      sum += value;
      squares += value * value;
    }
  return count > 1 ? squares / count - (sum / count) ** 2 : 0;
}
