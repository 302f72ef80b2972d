/**
 * Trend and seasons of an evenly spaced series with gaps. A season is tested for by the question that is asked of it:
 *
 * - Does a curve of a known length predict what it was not learned from? `isPredicted` (`predict.ts`): the expectation,
 *   mahalanobis. Beside a trend, from the past to what follows: `explainsLater`, arima. Which of several lengths does it
 *   best? `predictionError`, seasonal.
 * - Which lengths are there, where none is known? `findPeriods` (`find-periods.ts`): auto.
 * - How much of the variance is the season's? `seasonalStrength` (`seasonal-strength.ts`): arima.
 * - How alike are two turns? `autocorrelate`, a figure of the report.
 */

/** Pairs below which a correlation says nothing. */
const LEAST_PAIRS = 24;
/** Buckets below which a line says nothing. */
const LEAST_POINTS = 24;

/**
 * Pearson's correlation of the series, its straight line taken out, with itself `lag` places later, over the pairs in
 * which both are measured. Without the detrending any slow drift would look like a season of every length.
 * @param series NaN where nothing was measured
 * @returns undefined where the series is shorter than two periods, or has fewer than 24 pairs or no variance
 */
export function autocorrelate(series: Float64Array, lag: number): number | undefined {
  if (lag < 1 || series.length < 2 * lag) return undefined;
  const flat = removeTrend(series);
  let pairs = 0;
  let sumA = 0;
  let sumB = 0;
  for (let i = lag; i < flat.length; i++) {
    if (Number.isNaN(flat[i]!) || Number.isNaN(flat[i - lag]!)) continue;
    pairs++;
    sumA += flat[i - lag]!;
    sumB += flat[i]!;
  }
  if (pairs < LEAST_PAIRS) return undefined;
  const [meanA, meanB] = [sumA / pairs, sumB / pairs];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = lag; i < flat.length; i++) {
    if (Number.isNaN(flat[i]!) || Number.isNaN(flat[i - lag]!)) continue;
    const a = flat[i - lag]! - meanA;
    const b = flat[i]! - meanB;
    ab += a * b;
    aa += a * a;
    bb += b * b;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : undefined;
}

/**
 * Least squares. `change` is what the line gains from the first place to the last, in the series' own unit.
 * @returns undefined where fewer than 24 places are measured or the series does not vary
 */
export function fitTrend(
  series: Float64Array,
): { readonly change: number; readonly explained: number } | undefined {
  const line = fitLine(series);
  if (line === undefined) return undefined;
  return { change: line.slope * (series.length - 1), explained: line.explained };
}

/** The series without its least-squares line; as it is where fewer than 24 places are measured. @param series NaN where missing */
export function removeTrend(series: Float64Array): Float64Array {
  const line = fitLine(series);
  return line === undefined ? series : series.map((value, i) => value - line.slope * i);
}

function fitLine(series: Float64Array): { readonly slope: number; readonly explained: number } | undefined {
  let n = 0;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < series.length; i++) {
    if (Number.isNaN(series[i]!)) continue;
    n++;
    sumX += i;
    sumY += series[i]!;
  }
  if (n < LEAST_POINTS) return undefined;
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < series.length; i++) {
    if (Number.isNaN(series[i]!)) continue;
    const x = i - sumX / n;
    const y = series[i]! - sumY / n;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  if (!(xx > 0 && yy > 0)) return undefined;
  return { slope: xy / xx, explained: (xy * xy) / (xx * yy) };
}
