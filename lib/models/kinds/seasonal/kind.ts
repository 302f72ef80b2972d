/**
 * What is usual at that time of the hour, day or week, by the clocks of a zone: for each metric of each entity a median
 * and a band from quartiles at every phase of the season that it has shown. Nothing in it is drawn at random.
 */
import { readDuration } from '../../../base/duration.ts';
import type { Series, SeriesScores, UnivariateKind } from '../../framework/univariate/contract.ts';
import { fitPool, fitSeries } from './fit.ts';
import { followLevel } from './follow-level.ts';
import { readLocalTimes } from './local-times.ts';
import { parseParams, type SeasonalParams } from './params.ts';
import { interpolate, NO_SEASON, type Season } from './profile.ts';
import { findRecordFault, layoutOf } from './record.ts';

/** Values below which a series tells less of itself than all others of its metric do. */
const LEAST_VALUES = 32;
/** Standard deviations from the middle to either end of the band: 95 % of normal values lie within. */
const BAND = 1.96;

export const seasonalKind: UnivariateKind<SeasonalParams> = {
  kind: 'seasonal',
  recordVersion: 1,
  recordType: Float32Array,
  weigh: 'by-tail',
  valuesPerSecond: 400_000,
  leastValues: () => LEAST_VALUES,
  contextRows: ({ adaptRows }) => adaptRows,
  unscoredRows: ({ adaptRows }) => adaptRows,
  parseParams,
  openFit: async (params) => ({
    fit: (series) => fitSeries(series, params),
    fitPool: (series) => fitPool(series, params),
  }),
  score: scoreSeries,
  describeFit,
  findFault: (record, { periods }) => findRecordFault(record, periods.length),
};

function scoreSeries(
  { times, values }: Series,
  record: ArrayLike<number>,
  params: SeasonalParams,
  { residuals, expected, low, high }: SeriesScores,
): void {
  const layout = layoutOf(record);
  const period = params.periods[layout.season];
  const season: Season =
    period === undefined ? NO_SEASON : { period: readDuration(period)!, bins: layout.bins };
  const local = readLocalTimes(times, params.timeZone);
  const off = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    expected[i] = interpolate(record, local[i]!, season, layout.centers);
    off[i] = values[i]! - expected[i]!;
  }
  const level = followLevel(off, params.adaptRows);
  for (let i = 0; i < values.length; i++) {
    const up = interpolate(record, local[i]!, season, layout.up);
    const down = interpolate(record, local[i]!, season, layout.down);
    const from = off[i]! - level[i]!;
    expected[i]! += level[i]!;
    low[i] = expected[i]! - BAND * down;
    high[i] = expected[i]! + BAND * up;
    residuals[i] = from / (from > 0 ? up : down);
  }
}

/** What a fit has to say: which seasons were found, and how often. */
function describeFit(records: readonly ArrayLike<number>[], { periods }: SeasonalParams): readonly string[] {
  const fitted = records.filter((record) => record.length > 0);
  const counts = new Map<number, number>();
  for (const record of fitted) {
    const { season } = layoutOf(record);
    counts.set(season, (counts.get(season) ?? 0) + 1);
  }
  const seasonal = periods.flatMap((period, i) =>
    counts.has(i) ? [`${counts.get(i)} have a season of ${period}`] : [],
  );
  const without = counts.get(-1) ?? 0;
  const notes: string[] = [];
  if (seasonal.length > 0)
    notes.push(`Of ${fitted.length} series ${seasonal.join(', ')}: the one that predicts them best.`);
  if (without > 0)
    notes.push(
      `${without} of ${fitted.length} series are held to their level alone: they are shorter than two turns of a season, or none predicts them better.`,
    );
  return notes;
}
