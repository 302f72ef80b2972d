/** One metric as it would be watched: trained anew each day on what there is, and an incident tells of itself once. */

import { DEFAULTS } from '../../lib/config/defaults.ts';
import { parseDuration } from '../../lib/config/duration.ts';
import type { ModelKind } from '../../lib/config/model-kind.ts';
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { type Profile, profileValues } from '../../lib/features/profile.ts';
import { scaleValue } from '../../lib/features/scaler.ts';
import { getModel } from '../../lib/models/registry.ts';
import { fitScoreTail, surprisesOf } from '../../lib/statistics/score-tail.ts';
import type { Series } from '../quality/read-series.ts';

/** Share and most rows of a file that NAB leaves out, for learning. */
const PROBATION_SHARE = 0.15;
const PROBATION_ROWS = 750;
/** Trainings of a file at most: hourly files last most of a year. */
const MOST_TRAININGS = 50;
/**
 * Share of the rows left out for learning: for so many rows a surprise mutes all lesser ones, as what is still going on is
 * no news. As in KNN-CAD of NAB's own repository (detectors/knncad).
 */
const QUIET_SHARE = 0.2;
const LOOKBACK = parseDuration(DEFAULTS.lookback);

/** @returns per row -log10 of the probability that normal data score as high, where it is news; 0 elsewhere */
export async function scoreSeries(series: Series, kind: ModelKind): Promise<Float64Array> {
  const { times, step } = series;
  const rows = times.length;
  const surprises = new Float64Array(rows);
  const probation = Math.floor(Math.min(PROBATION_SHARE * rows, PROBATION_ROWS));
  const stride = Math.max(
    Math.round(parseDuration(DEFAULTS.trainEvery) / step),
    Math.ceil(rows / MOST_TRAININGS),
  );
  const model = await getModel(kind);
  for (let now = probation; now < rows; now += stride) {
    const end = Math.min(now + stride, rows);
    const start = Math.min(
      times.findIndex((time) => time >= times[now - 1]! - LOOKBACK),
      now - probation,
    );
    const usual = profileOf(series.columns[0]!.subarray(start, now));
    const fitted = await model.fit(takeRows(series, start, now, usual), model.parseParams({}), {
      seed: DEFAULTS.seed,
      deadline: { remaining: () => Infinity },
    });
    const tail = fitScoreTail(await fitted.score(takeRows(series, start, now, usual)));
    const context = Math.min(fitted.contextRows, now);
    const scores = await fitted.score(takeRows(series, now - context, end, usual));
    surprises.set(surprisesOf(tail, scores.subarray(context)), now);
  }
  return keepNews(surprises, Math.round(QUIET_SHARE * probation));
}

function profileOf(values: Float64Array): Profile {
  return profileValues(values.filter((value) => !Number.isNaN(value)).sort());
}

function takeRows({ times, columns }: Series, from: number, to: number, usual: Profile): FeatureMatrix {
  return {
    names: ['value'],
    entities: [''],
    entityOf: new Uint32Array(to - from),
    times: times.slice(from, to),
    values: Float32Array.from(columns[0]!.subarray(from, to), (value) => scaleValue(value, usual)),
  };
}

/** 0 for what is no higher than anything in the rows before it, and where there is no score. */
function keepNews(surprises: Float64Array, quiet: number): Float64Array {
  return surprises.map((surprise, row) => {
    for (let earlier = row - 1; earlier >= 0 && earlier > row - quiet; earlier--)
      if (surprises[earlier]! >= surprise) return 0;
    return Number.isNaN(surprise) ? 0 : surprise;
  });
}
