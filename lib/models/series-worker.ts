/** A thread that fits series of one kind: a message is a list of series, the answer is their record (univariate/threads.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import type { Series, UnivariateKind, UnivariateKindName } from './framework/univariate/contract.ts';
import { type FitRecord, openFitRecord } from './framework/univariate/fit-record.ts';
import type { SeriesWorkerData } from './framework/univariate/threads.ts';

const OPENERS: Readonly<Record<UnivariateKindName, (params: object) => Promise<FitRecord>>> = {
  arima: async (params) => await open((await import('./kinds/arima/kind.ts')).arimaKind, params),
  'nearest-value': async (params) =>
    await open((await import('./kinds/nearest-value/kind.ts')).nearestValueKind, params),
  prophet: async (params) => await open((await import('./kinds/prophet/kind.ts')).prophetKind, params),
  seasonal: async (params) => await open((await import('./kinds/seasonal/kind.ts')).seasonalKind, params),
};

const { kind, params } = workerData as SeriesWorkerData;
const fit = await OPENERS[kind](params as object);
parentPort!.on('message', (series: readonly Series[]) => {
  const fitted = fit(series);
  // A plain copy of the record: what a kind returns may be a view of something larger.
  parentPort!.postMessage({ ...fitted, record: Float64Array.from(fitted.record) });
});

async function open<Params>(of: UnivariateKind<Params>, given: object): Promise<FitRecord> {
  return await openFitRecord(of, of.parseParams({ ...given }));
}
