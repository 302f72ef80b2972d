/** ARIMA and seasonal ARIMA, one for each entity and metric: the score is the standardised one-step innovation. */
import type { UnivariateKind } from '../../framework/univariate/contract.ts';
import { fitPool, fitSeries } from './fit-series.ts';
import { describeOrder } from './order.ts';
import { type ArimaParams, parseParams } from './params.ts';
import { scoreSeries } from './score-series.ts';
import { findRecordFault, readRecord, type SeriesModel, writeRecord } from './series-model.ts';

/** Fewer say little of how a value depends on the one before. */
const LEAST_VALUES = 20;
/** Orders that are named in a report. */
const MOST_NAMED = 5;

export const arimaKind: UnivariateKind<ArimaParams> = {
  kind: 'arima',
  recordVersion: 1,
  recordType: Float64Array,
  weigh: 'by-tail',
  valuesPerSecond: 200_000,
  leastValues: () => LEAST_VALUES,
  contextRows: ({ contextRows }) => contextRows,
  unscoredRows: ({ contextRows }) => contextRows,
  parseParams,
  openFit: async (params) => ({
    fit: (series) => writeRecord(fitSeries(series, params)),
    fitPool: (series) => writeRecord(fitPool(series, params)),
  }),
  score: (series, record, params, scores) => scoreSeries(series, readRecord(record), params, scores),
  describeFit: (records) => describeOrders(records.filter(({ length }) => length > 0).map(readRecord)),
  findFault: findRecordFault,
};

/** How many series, the stand-ins among them, came out at which order. */
function describeOrders(models: readonly SeriesModel[]): readonly string[] {
  if (models.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { order, curve } of models) {
    const name = describeOrder(order) + (curve.length > 0 ? ' about a seasonal curve' : '');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const named = sorted.slice(0, MOST_NAMED).map(([order, count]) => `${order} ${count} ×`);
  const others = sorted.slice(MOST_NAMED).reduce((sum, [, count]) => sum + count, 0);
  return [`ARIMA orders: ${named.join(', ')}${others > 0 ? `, others ${others} ×` : ''}.`];
}
