/**
 * Whether a series has to be differenced: the test of Kwiatkowski, Phillips, Schmidt and Shin, "Testing the null
 * hypothesis of stationarity against the alternative of a unit root", Journal of Econometrics 54 (1992), p. 159.
 */
import { countMeasured, difference } from './difference.ts';

/** Critical value at 5 % of the test around a level (their table 1). */
const CRITICAL = 0.463;
/** Share of values that differencing may cost a series with gaps. */
const LEAST_KEPT = 0.5;
const LEAST_VALUES = 10;

/** η_μ: squared partial sums over the long-run variance, with Bartlett weights. Missing values add nothing. */
export function kpss(y: Float64Array): number {
  const n = countMeasured(y);
  let mean = 0;
  for (const value of y) if (!Number.isNaN(value)) mean += value / n;
  const rest = y.map((value) => (Number.isNaN(value) ? 0 : value - mean));
  // As the R package forecast has it, which this follows for the choice of d.
  const lags = Math.floor((3 * Math.sqrt(n)) / 13);
  let longRun = dotShifted(rest, 0);
  for (let lag = 1; lag <= lags; lag++) longRun += 2 * (1 - lag / (lags + 1)) * dotShifted(rest, lag);
  let [sum, squares] = [0, 0];
  for (let t = 0; t < y.length; t++) {
    sum += rest[t]!;
    if (!Number.isNaN(y[t]!)) squares += sum * sum;
  }
  return longRun > 0 ? squares / (n * longRun) : 0;
}

/**
 * The smallest d at which the test finds no unit root. A series with many gaps is differenced no further than half of
 * its values survive: an autoregression takes missing values better than a difference does.
 */
export function countDifferences(y: Float64Array, most: number): number {
  let rest = y;
  for (let d = 0; d < most; d++) {
    if (kpss(rest) <= CRITICAL) return d;
    const next = difference(rest, { d: 1, seasonalD: 0, season: 1 });
    if (countMeasured(next) < Math.max(LEAST_VALUES, LEAST_KEPT * countMeasured(rest))) return d;
    rest = next;
  }
  return most;
}

function dotShifted(values: Float64Array, lag: number): number {
  let sum = 0;
  for (let t = lag; t < values.length; t++) sum += values[t]! * values[t - lag]!;
  return sum;
}
