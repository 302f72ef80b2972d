/** Fits one series: Prophet's data block, Stan's optimiser, a robust look at what is left. */
import { quantile } from '../../../maths/quantile.ts';
import type { Series } from '../../framework/univariate/contract.ts';
import { buildDesign, countFeatures, countWaves, eventNames, type WaveCounts } from './design.ts';
import { forecastSeries } from './forecast.ts';
import type { ProphetParams } from './params.ts';
import { type FitPoints, preparePoints } from './prepare.ts';
import type { ProphetFit } from './record.ts';
import type { Stan, StanData, StanParams } from './stan.ts';

/** Share of the history in which changes are looked for: Prophet's. */
const CHANGEPOINT_RANGE = 0.8;
/** Taken for the noise of a series with a single value, in its units. Scaled features give a constant's move in percent. */
const SIGMA_OF_CONSTANT = 0.1;
/** Least noise, as a share of the largest magnitude. Rounding leaves residuals of that size where a fit is perfect. */
const LEAST_SIGMA = 1e-6;
const DITHER = 1e-3;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const QUARTILE = 0.6745;
const MEAN_DISTANCE = 0.7979;

/** Share of the points that the check fits on. It predicts the rest: a forecast, as scoring needs one. */
const CHECKED_FROM = 0.7;
/** Points of that check. So few are enough to tell a good forecast from a bad one. */
const CHECK_POINTS = 500;

/**
 * Three cases get the level alone, without growth and seasons: a constant; a series that Stan cannot fit; and one whose last
 * part Prophet predicts worse than the median does. Such a fit goes on with a slope that has ended, or took two days that
 * were not alike for a season, and would alert on everything that follows.
 */
export function fitProphet(series: Series, params: ProphetParams, stan: Stan): ProphetFit {
  const points = preparePoints(series, params.maxPoints);
  const { times, values } = points;
  const span = times.at(-1)! - times[0]!;
  const level = levelFit(points, params);
  if (values.every((value) => value === values[0]) || !(span > 0))
    return { ...level, sigma: SIGMA_OF_CONSTANT };
  const waves = countWaves(params, { span, step: span / (times.length - 1) });
  const isBetter = predicts(preparePoints(series, Math.min(CHECK_POINTS, params.maxPoints)), {
    params,
    waves,
    stan,
  });
  const fit = isBetter ? optimize(points, { params, waves, stan }) : undefined;
  return { ...(fit ?? level), sigma: measureSigma(series, fit ?? level, params) };
}

interface FitOptions {
  readonly params: ProphetParams;
  readonly waves: WaveCounts;
  readonly stan: Stan;
}

/** Whether the fit to the first points is nearer to the last ones than the median of the first, on average. */
function predicts(points: FitPoints, options: FitOptions): boolean {
  const { times, values } = points;
  const until = Math.floor(times.length * CHECKED_FROM);
  const first = { times: times.slice(0, until), values: values.slice(0, until) };
  if (until < 2 || first.values.every((value) => value === first.values[0])) return true;
  const fit = optimize(first, options);
  if (fit === undefined) return false;
  const later = times.slice(until);
  const { expected } = forecastSeries(fit, later, options.params);
  const median = quantile(first.values.slice().sort(), 0.5);
  let gain = 0;
  for (let i = 0; i < later.length; i++) {
    const value = values[until + i]!;
    gain += Math.abs(value - median) - Math.abs(value - expected[i]!);
  }
  return gain >= 0;
}

/** @param points not all alike @returns undefined where Stan found no fit */
function optimize({ times, values }: FitPoints, { params, waves, stan }: FitOptions): ProphetFit | undefined {
  const start = times[0]!;
  const span = times.at(-1)! - start;
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const options = { waves, events: params.events, timeZone: params.timeZone };
  const t = times.map((time) => (time - start) / span);
  const data: StanData = {
    y: values.map((value) => value / scale),
    t,
    changepoints: placeChangepoints(t, params.changepoints),
    features: buildDesign(times, options),
    sigmas: priorScales(params, countFeatures(waves, params.events)),
    tau: params.changepointScale,
  };
  const found =
    stan.optimize(data, guess(data)) ?? stan.optimize({ ...data, y: dither(data.y) }, guess(data));
  return (
    found && {
      start,
      span,
      scale,
      waves,
      sigma: found.sigma * scale,
      ...pick(found),
      changepoints: data.changepoints,
    }
  );
}

/**
 * A series that the model fits exactly has no noise, its likelihood no maximum, and Stan gives up. With a thousandth of
 * its size as noise, evenly spread and the same each time, there is one.
 */
function dither(y: Float64Array): Float64Array {
  return y.map((value, i) => value + DITHER * (2 * ((i * GOLDEN) % 1) - 1));
}

function pick({ k, m, delta, beta }: StanParams): Pick<ProphetFit, 'k' | 'm' | 'delta' | 'beta'> {
  return { k, m, delta, beta };
}

/** The median of the values; of the same shape as any fit. */
function levelFit({ times, values }: FitPoints, params: ProphetParams): ProphetFit {
  const waves = { yearly: 0, weekly: 0, daily: 0 };
  return {
    start: times[0]!,
    span: Math.max(1, times.at(-1)! - times[0]!),
    scale: 1,
    waves,
    k: 0,
    m: quantile(values.slice().sort(), 0.5),
    sigma: 1,
    changepoints: new Float64Array(0),
    delta: new Float64Array(0),
    beta: new Float64Array(countFeatures(waves, params.events)),
  };
}

/** Evenly over the first rows, the very first left out. One at 0 stands for none: Stan's program wants one. */
export function placeChangepoints(t: Float64Array, asked: number): Float64Array {
  const history = Math.floor(t.length * CHANGEPOINT_RANGE);
  const count = Math.min(asked, history - 1);
  if (count < 1) return Float64Array.of(0);
  return Float64Array.from({ length: count }, (_, i) => t[Math.round(((i + 1) * (history - 1)) / count)]!);
}

function priorScales({ seasonScale, eventScale, events }: ProphetParams, features: number): Float64Array {
  const sigmas = new Float64Array(features).fill(seasonScale);
  const names = eventNames(events).length;
  if (names > 0) sigmas.fill(eventScale, features - names);
  return sigmas;
}

/** The line through the first and the last value. */
function guess({ y, t }: StanData): { readonly k: number; readonly m: number } {
  const k = (y.at(-1)! - y[0]!) / (t.at(-1)! - t[0]!);
  return { k, m: y[0]! - k * t[0]! };
}

/** From the quartiles of all residuals, where blocks have smaller ones and outliers larger ones. */
function measureSigma(series: Series, fit: ProphetFit, params: ProphetParams): number {
  const { expected } = forecastSeries(fit, series.times, params);
  const off = Float64Array.from(series.values, (value, i) => value - expected[i]!)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const quartiles = (quantile(off, 0.75) - quantile(off, 0.25)) / 2 / QUARTILE;
  const mean = off.reduce((sum, value) => sum + Math.abs(value), 0) / off.length / MEAN_DISTANCE;
  const least = LEAST_SIGMA * fit.scale;
  if (quartiles > least) return quartiles;
  return mean > 0 ? Math.max(mean, least) : SIGMA_OF_CONSTANT;
}
