/**
 * Seasons of any length in one series, as AUTOPERIOD finds them (Vlachos, Yu and Castelli, "On periodicity detection and
 * structural periodic similarity", SDM 2005): the periodogram proposes, and a hill of the autocorrelation confirms and
 * makes the length exact. Noise has peaks in its periodogram too, and a slow drift has its largest there; neither has
 * the hill.
 */

import { findSpectrum, type Spectrum } from './fourier.ts';
import { quantile } from './quantile.ts';
import { removeTrend } from './seasonality.ts';

export interface FoundPeriod {
  /** Places of the series. */
  readonly period: number;
  /** Correlation of the series with itself a period later, up to 1. */
  readonly strength: number;
}

/** Places below which a turn has no shape, and a series none to show. */
const LEAST_PERIOD = 6;
const LEAST_PLACES = 48;
/** Measured places below which nothing is said. */
const LEAST_MEASURED = 0.5;
/** Peaks of the periodogram that are looked at, strongest first. */
const MOST_PEAKS = 8;
/** Chance that white noise has one frequency with as much power (Fisher, "Tests of significance in harmonic analysis", 1929). */
const SIGNIFICANCE = 0.01;
/** Correlation at the top of a hill, and how far it has to stand above the valley before it. */
const LEAST_STRENGTH = 0.3;
const LEAST_RISE = 0.3;
/** Of a season that the series turns less often than this, it takes more: a random walk turns two or three times by chance. */
const FEW_TURNS = 4;
const LEAST_STRENGTH_OF_FEW = 0.5;
/** Of two lengths of which one is a multiple of the other, the longer has to be stronger by this: twice a day is no season of its own. */
const LEAST_GAIN = 0.1;
/** A multiple is one within this share. */
const SAME = 0.05;
/** Values farther from the median than so many interquartile ranges count as that far: one outlier is in every frequency. */
const CLIP = 3;

/**
 * @param series evenly spaced, NaN where missing
 * @returns strongest peak of the periodogram first; empty where the series is short, mostly missing or has none
 */
export function findPeriods(series: Float64Array): readonly FoundPeriod[] {
  const measured = series.filter((value) => !Number.isNaN(value)).length;
  if (series.length < LEAST_PLACES || measured < LEAST_MEASURED * series.length) return [];
  const flat = clip(removeTrend(series));
  if (flat === undefined) return [];
  const spectrum = findSpectrum(flat);
  const found: FoundPeriod[] = [];
  for (const k of proposePeaks(spectrum, series.length)) {
    const season = confirm(spectrum, k, series.length);
    if (season !== undefined && found.every((other) => isApart(season, other))) found.push(season);
  }
  return found;
}

/** About the mean of what is left; undefined where nothing varies. */
function clip(series: Float64Array): Float64Array | undefined {
  const sorted = series.filter((value) => !Number.isNaN(value)).sort();
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share)) as [
    number,
    number,
    number,
  ];
  const reach = high > low ? CLIP * (high - low) : Infinity;
  const clipped = series.map((value) =>
    Number.isNaN(value) ? value : Math.min(Math.max(value, middle - reach), middle + reach),
  );
  let sum = 0;
  for (const value of clipped) if (!Number.isNaN(value)) sum += value;
  const mean = sum / sorted.length;
  const centred = clipped.map((value) => value - mean);
  return sorted[0] === sorted.at(-1) ? undefined : centred;
}

/** Frequencies that stand above their neighbours and above chance, of periods that the series turns twice at least. */
function proposePeaks({ power, size }: Spectrum, places: number): readonly number[] {
  const first = Math.max(1, Math.floor((2 * size) / places));
  const last = Math.min(Math.floor(size / LEAST_PERIOD), power.length - 2);
  let sum = 0;
  for (let k = 1; k < power.length; k++) sum += power[k]!;
  const least = (sum / (power.length - 1)) * Math.log((power.length - 1) / SIGNIFICANCE);
  const peaks: number[] = [];
  for (let k = first; k <= last; k++)
    if (power[k]! > least && power[k]! >= power[k - 1]! && power[k]! > power[k + 1]!) peaks.push(k);
  return peaks.sort((a, b) => power[b]! - power[a]!).slice(0, MOST_PEAKS);
}

/** The hill of the autocorrelation among the lengths that the frequency may stand for; undefined where there is none. */
function confirm({ size, correlation }: Spectrum, k: number, places: number): FoundPeriod | undefined {
  const from = Math.max(Math.floor(size / (k + 1)), LEAST_PERIOD);
  const to = Math.min(k > 1 ? Math.ceil(size / (k - 1)) : correlation.length, correlation.length - 1);
  let period = from;
  for (let lag = from; lag <= to; lag++) if (correlation[lag]! > correlation[period]!) period = lag;
  if (period === correlation.length - 1) {
    // The series ends just where two turns do: the top itself is the last lag, and cannot be seen to fall again.
    if (correlation[period - 1]! > correlation[period]!) return undefined;
  } else if (
    !(correlation[period - 1]! <= correlation[period]! && correlation[period]! > correlation[period + 1]!)
  )
    return undefined;
  const strength = correlation[period]!;
  let valley = strength;
  for (let lag = period >> 2; lag < period; lag++) valley = Math.min(valley, correlation[lag]!);
  const least = places < FEW_TURNS * period ? LEAST_STRENGTH_OF_FEW : LEAST_STRENGTH;
  return strength >= least && strength - valley >= LEAST_RISE ? { period, strength } : undefined;
}

function isApart(season: FoundPeriod, other: FoundPeriod): boolean {
  const [long, short] = season.period > other.period ? [season, other] : [other, season];
  const turns = Math.round(long.period / short.period);
  const isMultiple = Math.abs(long.period / short.period - turns) <= SAME * turns;
  return !isMultiple || (turns > 1 && long === season && long.strength >= short.strength + LEAST_GAIN);
}
