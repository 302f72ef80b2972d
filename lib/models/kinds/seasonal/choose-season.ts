/**
 * Which season a series has, if any: the one whose profile predicts best what it was not made from. Every other turn of
 * the season is predicted from the rest, and the other way round; the error is the mean distance, each counted up to a
 * few times the series' own spread, so that outliers have no say.
 */

import { takeMedian } from '../../../maths/median.ts';
import { predictionError } from '../../../maths/predict.ts';
import type { Series } from '../../framework/univariate/contract.ts';
import { findBins, interpolate, NO_SEASON, type Season, sortIntoBins, visitBins } from './profile.ts';

/** Turns of a season that a series has to cover nearly; two weeks of rows are a row short of two weeks. */
const LEAST_TURNS = 1.9;
/** Values behind a phase's median at least. */
export const LEAST_BIN_VALUES = 8;
/** Of the error: what a more detailed profile has to be better by than the best one before it. */
const LEAST_GAIN = 0.02;
/** Distances count up to so many medians of the distances from the series' own median. */
const CLIP = 5;

/** @param seasons from short to long @returns one of them, or NO_SEASON */
export function chooseSeason(series: Series, local: Float64Array, seasons: readonly Season[]): Season {
  const measured = series.values.filter((value) => !Number.isNaN(value));
  const center = takeMedian(measured);
  const limit = clipAt(measured, center);
  let best = NO_SEASON;
  let bestError = predictionError(series.values, () => center, limit);
  if (!(bestError > 0)) return best;
  const span = local.at(-1)! - local[0]!;
  for (const season of seasons) {
    if (span < LEAST_TURNS * season.period) continue;
    const error = errorOfSeason({ series, local, season, center, limit });
    if (error >= bestError * (1 - LEAST_GAIN)) continue;
    best = season;
    bestError = error;
  }
  return best;
}

function clipAt(measured: Float32Array, center: number): number {
  const distance = takeMedian(measured.map((value) => Math.abs(value - center)));
  return distance > 0 ? CLIP * distance : Infinity;
}

function errorOfSeason(given: {
  readonly series: Series;
  readonly local: Float64Array;
  readonly season: Season;
  readonly center: number;
  readonly limit: number;
}): number {
  const { series, local, season, center, limit } = given;
  const { values } = series;
  const bins = findBins(values, local, season);
  const turns = Uint8Array.from(local, (time) => Math.abs(Math.floor(time / season.period)) % 2);
  const medians = [0, 1].map((turn) => {
    const binned = sortIntoBins({ values, bins, count: season.bins, takes: (i) => turns[i] === turn });
    const of = new Float64Array(season.bins);
    visitBins(binned, LEAST_BIN_VALUES, (bin, each) => {
      of[bin] = each.length > 0 ? takeMedian(each) : center;
    });
    return of;
  });
  return predictionError(values, (i) => interpolate(medians[1 - turns[i]!]!, local[i]!, season), limit);
}
