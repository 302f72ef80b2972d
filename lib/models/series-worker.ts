/** A thread that fits series of one kind: a message is a list of series, the answer is their record (univariate/threads.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import type { Series } from './framework/univariate/contract.ts';
import { openFitRecord } from './framework/univariate/fit-record.ts';
import type { SeriesWorkerData } from './framework/univariate/threads.ts';
import { loadSeriesKind } from './series-kinds.ts';

const { kind, params } = workerData as SeriesWorkerData;
const of = await loadSeriesKind(kind);
const fit = await openFitRecord(of, of.parseParams({ ...(params as object) }));
parentPort!.on('message', (series: readonly Series[]) => {
  const fitted = fit(series);
  // A plain copy of the record: what a kind returns may be a view of something larger.
  parentPort!.postMessage({ ...fitted, record: Float64Array.from(fitted.record) });
});
