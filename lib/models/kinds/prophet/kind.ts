/**
 * Prophet (Taylor and Letham, "Forecasting at scale", 2018): for each metric of each entity a trend of straight pieces,
 * seasons as waves, events, and noise. Stan finds the parameters, once, in training; scoring adds up what they say.
 */
import type { Series, SeriesScores, UnivariateKind } from '../../framework/univariate/contract.ts';
import { poolSeries } from '../../framework/univariate/group-rows.ts';
import { countFeatures, SEASON_NAMES } from './design.ts';
import { fitProphet } from './fit.ts';
import { forecastSeries } from './forecast.ts';
import { type ProphetParams, parseParams } from './params.ts';
import { findRecordFault, packFit, unpackFit } from './record.ts';

/** Values below which a series tells less of itself than all others of its metric do. */
const LEAST_VALUES = 32;
/** Standard deviations from the middle to either end of the band: 95 % of normal values lie within. */
const BAND = 1.96;
/** Values of a pool for each point that it is fitted on: enough for a median of each. */
const POOLED_PER_POINT = 10;

export const prophetKind: UnivariateKind<ProphetParams> = {
  kind: 'prophet',
  recordVersion: 1,
  recordType: Float64Array,
  weigh: 'by-tail',
  valuesPerSecond: 20_000,
  leastValues: () => LEAST_VALUES,
  contextRows: () => 0,
  unscoredRows: () => 0,
  parseParams,
  async openFit(params) {
    // Only here: what scores needs no Stan.
    const { startStan } = await import('./stan.ts');
    const stan = startStan();
    return {
      fit: (series) => packFit(fitProphet(series, params, stan)),
      fitPool: (all) =>
        packFit(fitProphet(poolSeries(all, POOLED_PER_POINT * params.maxPoints), params, stan)),
    };
  },
  score: scoreSeries,
  describeFit,
  findFault: (record, { events }) => findRecordFault(record, (waves) => countFeatures(waves, events)),
};

function scoreSeries(
  { times, values }: Series,
  record: ArrayLike<number>,
  params: ProphetParams,
  { residuals, expected, low, high }: SeriesScores,
): void {
  const forecast = forecastSeries(unpackFit(record), times, params);
  for (let i = 0; i < values.length; i++) {
    const deviation = forecast.deviation[i]!;
    expected[i] = forecast.expected[i]!;
    low[i] = expected[i]! - BAND * deviation;
    high[i] = expected[i]! + BAND * deviation;
    residuals[i] = (values[i]! - expected[i]!) / deviation;
  }
}

/** What a fit has to say: how many fits it took, and which seasons they have. */
function describeFit(records: readonly ArrayLike<number>[], params: ProphetParams): readonly string[] {
  const fits = records.filter((record) => record.length > 0).map(unpackFit);
  const level = fits.filter(({ delta }) => delta.length === 0).length;
  const seasons = SEASON_NAMES.flatMap((name) => {
    const count = fits.filter(({ waves }) => waves[name] > 0).length;
    return count > 0 ? [`${count} have ${name} waves`] : [];
  });
  const notes = [
    `Prophet was fitted to ${fits.length} series one by one, on at most ${params.maxPoints} points each: a training takes about half a second for each of them.`,
  ];
  notes.push(
    seasons.length > 0
      ? `Of ${fits.length} series, ${seasons.join(', ')}.`
      : 'No series has a season: the history is shorter than two days, or they were turned off.',
  );
  if (level > 0)
    notes.push(
      `${level} of ${fits.length} series are held to their level alone: Prophet foretold the last part of their history no better than their median did, or they never changed.`,
    );
  return notes;
}
