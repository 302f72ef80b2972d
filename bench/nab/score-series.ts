/** One metric as it would be watched: trained anew each day on what there is. */

import { parseDuration } from '../../lib/base/duration.ts';
import { DEFAULTS } from '../../lib/config/defaults.ts';
import type { ModelKind } from '../../lib/config/model-kind.ts';
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { type Profile, profileValues } from '../../lib/features/profile.ts';
import { scaleValue } from '../../lib/features/scaler.ts';
import { fitScoreTail, surprisesOf } from '../../lib/maths/score-tail.ts';
import { getModel } from '../../lib/models/registry.ts';
import type { Series } from '../quality/read-series.ts';

/** Share and most rows of a file that NAB leaves out, for learning. */
const PROBATION_SHARE = 0.15;
const PROBATION_ROWS = 750;
/** Trainings of a file at most: hourly files last most of a year. */
const MOST_TRAININGS = 50;
const LOOKBACK = parseDuration(DEFAULTS.lookback);

/** @returns per row -log10 of the probability that normal data score as high, 0 where there is no score */
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
  return surprises.map((surprise) => (Number.isNaN(surprise) ? 0 : surprise));
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
