/**
 * How far a value lies from anything that its metric has been in training, both measured from the level of the rows
 * before. Nearest-neighbour distance as a measure of nonconformity (Laxhammar and Falkman, "Conformal prediction for
 * distribution-independent anomaly detection in streaming vessel data", 2010; on lagged values Burnaev and Ishimtsev,
 * "Conformalized density- and distance-based anomaly detection", 2016), in one dimension and with one neighbour: what
 * was there once before is no news. It knows no shape and no clock; a gap between two usual levels counts like what is
 * beyond them. It forgets with the training's lookback and lives on being trained anew.
 */
import type { Model } from '../contract.ts';
import type { Series, SeriesScores, UnivariateKind } from '../univariate/contract.ts';
import { poolSeries } from '../univariate/group-rows.ts';
import { createUnivariateModel } from '../univariate/model.ts';
import { boundsOf, findKnownFault, findNearest, gatherKnown, scaleOf } from './known-values.ts';
import { countWithoutLevel, meanBefore } from './level.ts';
import { type NearestValueParams, parseParams } from './params.ts';

/** Values below which a series tells less of itself than all others of its metric do. */
const LEAST_VALUES = 32;
/** The pool of a column. */
const MOST_POOLED = 50_000;

const KIND: UnivariateKind<NearestValueParams> = {
  kind: 'nearest-value',
  recordVersion: 1,
  recordType: Float64Array,
  weigh: 'by-size',
  leastValues: () => LEAST_VALUES,
  contextRows: ({ levelRows }) => levelRows,
  unscoredRows: ({ levelRows }) => countWithoutLevel(levelRows),
  parseParams,
  openFit: async (params) => ({
    fit: (series) => fitSeries(series, params),
    fitPool: (series) => {
      const { times, values } = poolSeries(
        series.map((each) => ({ times: each.times, values: takeLevelOff(each, params) })),
        MOST_POOLED,
      );
      return gather(values, times);
    },
  }),
  score: scoreSeries,
  describeFit: () => [],
  findFault: findKnownFault,
};

/** Nothing in it is drawn: the seed has no effect. */
export const nearestValue: Model<NearestValueParams> = createUnivariateModel(KIND);

function fitSeries(series: Series, params: NearestValueParams): Float64Array {
  return gather(takeLevelOff(series, params), series.times);
}

function takeLevelOff({ values }: Series, { levelRows }: NearestValueParams): Float32Array {
  const levels = meanBefore(values, levelRows);
  return values.map((value, i) => value - levels[i]!);
}

function gather(off: Float32Array, times: Float64Array): Float64Array {
  const measured = Float64Array.from(off.filter((value) => !Number.isNaN(value)));
  // Too many gaps for a level anywhere: all that is known is that nothing is off.
  return gatherKnown(measured.length > 0 ? measured : Float64Array.of(0), times);
}

/** The band is everything between the least and the greatest known value. */
function scoreSeries(
  series: Series,
  known: ArrayLike<number>,
  params: NearestValueParams,
  { residuals, expected, low, high }: SeriesScores,
): void {
  const off = takeLevelOff(series, params);
  const { least, greatest } = boundsOf(known);
  const scale = scaleOf(known);
  const levels = meanBefore(series.values, params.levelRows);
  for (let i = 0; i < off.length; i++) {
    const level = levels[i]!;
    low[i] = level + least;
    high[i] = level + greatest;
    if (Number.isNaN(off[i]!)) continue;
    const nearest = findNearest(known, off[i]!, series.times[i]!);
    expected[i] = level + nearest;
    residuals[i] = (off[i]! - nearest) / scale;
  }
}
