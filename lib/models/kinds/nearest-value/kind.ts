/**
 * How far a value lies from anything that its metric has been in training, both measured from the level of the rows
 * before. Nearest-neighbour distance as a measure of nonconformity (Laxhammar and Falkman, "Conformal prediction for
 * distribution-independent anomaly detection in streaming vessel data", 2010; on lagged values Burnaev and Ishimtsev,
 * "Conformalized density- and distance-based anomaly detection", 2016), in one dimension and with one neighbour: what
 * was there once before is no news. It knows no shape and no clock; a gap between two usual levels counts like what is
 * beyond them. It forgets with the training's lookback and lives on being trained anew.
 */
import type { Series, SeriesScores, UnivariateKind } from '../../framework/univariate/contract.ts';
import { poolSeries } from '../../framework/univariate/group-rows.ts';
import { boundsOf, findKnownFault, findNearest, gatherKnown, scaleOf } from './known-values.ts';
import { countWithoutLevel, meanBefore } from './level.ts';
import { type NearestValueParams, parseParams } from './params.ts';

/** Values with a level below which a series tells less of itself than all others of its metric do. */
const LEAST_VALUES = 32;
/** The pool of a column. */
const MOST_POOLED = 50_000;

export const nearestValueKind: UnivariateKind<NearestValueParams> = {
  kind: 'nearest-value',
  recordVersion: 1,
  recordType: Float64Array,
  weigh: 'by-size',
  valuesPerSecond: 400_000,
  leastValues: ({ levelRows }) => LEAST_VALUES + countWithoutLevel(levelRows),
  contextRows: ({ levelRows }) => levelRows,
  unscoredRows: ({ levelRows }) => countWithoutLevel(levelRows),
  parseParams,
  openFit: async (params) => ({
    fit: (series) => fitSeries(series, params),
    fitPool: (series) => {
      const { times, values } = poolSeries(
        series.map(({ times, values }) => ({
          times,
          values: takeOff(values, meanBefore(values, params.levelRows)),
        })),
        MOST_POOLED,
      );
      return gather(values, times);
    },
  }),
  score: scoreSeries,
  describeFit: () => [],
  findFault: findKnownFault,
};

function fitSeries(series: Series, { levelRows }: NearestValueParams): Float64Array {
  return gather(takeOff(series.values, meanBefore(series.values, levelRows)), series.times);
}

function takeOff(values: Float32Array, levels: Float64Array): Float32Array {
  return values.map((value, i) => value - levels[i]!);
}

/** No record where no value has a level: too few rows, or too many gaps. */
function gather(off: Float32Array, times: Float64Array): Float64Array {
  const measured = Float64Array.from(off.filter((value) => !Number.isNaN(value)));
  return measured.length > 0 ? gatherKnown(measured, times) : measured;
}

/** The band is everything between the least and the greatest known value. */
function scoreSeries(
  series: Series,
  known: ArrayLike<number>,
  params: NearestValueParams,
  { residuals, expected, low, high }: SeriesScores,
): void {
  const levels = meanBefore(series.values, params.levelRows);
  const off = takeOff(series.values, levels);
  const { least, greatest } = boundsOf(known);
  const scale = scaleOf(known);
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
