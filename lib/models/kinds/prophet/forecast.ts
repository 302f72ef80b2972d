/** What a fitted series is expected to be, at any time: without Stan. */
import { buildDesign, type DesignOptions } from './design.ts';
import { type ProphetFit, trendAt, trendVariance } from './record.ts';

export interface Forecast {
  /** In the values' units. */
  readonly expected: Float64Array;
  /** Standard deviation: noise, and beyond the training how the trend may change. */
  readonly deviation: Float64Array;
}

/** @param times epoch ms, ascending */
export function forecastSeries(
  fit: ProphetFit,
  times: Float64Array,
  options: Pick<DesignOptions, 'events' | 'timeZone'>,
): Forecast {
  const features = buildDesign(times, { ...options, waves: fit.waves });
  const width = fit.beta.length;
  const t = times.map((time) => (time - fit.start) / fit.span);
  const trend = trendAt(fit, t);
  const expected = trend.map((level, row) => {
    let sum = level;
    for (let f = 0; f < width; f++) sum += features[row * width + f]! * fit.beta[f]!;
    return sum * fit.scale;
  });
  const deviation = t.map((at) => Math.sqrt(fit.sigma ** 2 + fit.scale ** 2 * trendVariance(fit, at)));
  return { expected, deviation };
}
