/** Where series are fitted: on the caller's thread, or on worker threads beside it, whichever is done first. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { type Transferable, Worker } from 'node:worker_threads';
import workerFile from '#series-worker-file';
import { locateBundledFile } from '../../bundled-file.ts';
import type { JsonValue } from '../contract.ts';
import type { Series, UnivariateKind, UnivariateKindName } from './contract.ts';
import { type FittedRecord, openFitRecord } from './fit-record.ts';

/** One series, or pool of series, at a time. */
export interface SeriesFitter {
  /**
   * @param series not to be used afterwards: a thread takes their memory over
   * @throws whatever the kind throws. On another thread an Error of the same name and message, not of the same class
   */
  fit(series: readonly Series[]): Promise<FittedRecord>;
  /** Its thread's memory goes. */
  close(): Promise<void>;
}

/** What a worker is started with: lib/models/series-worker.ts. */
export interface SeriesWorkerData {
  readonly kind: UnivariateKindName;
  readonly params: JsonValue;
}

/** Of work for each thread at least: it takes a tenth of a second to start and as long again to get up to speed. */
const LEAST_SECONDS = 0.5;

/** Threads that a fit is worth: 1 is the caller's alone. @param values rows × columns */
export function countThreads(
  { valuesPerSecond }: Pick<UnivariateKind<unknown>, 'valuesPerSecond'>,
  values: number,
): number {
  const worth = Math.floor(values / valuesPerSecond / LEAST_SECONDS);
  return Math.max(1, Math.min(availableParallelism(), worth));
}

/** Every fitter gives the same record for the same series. @param threads beside the caller's; for 1 there is none */
export async function openFitters<Params>(
  kind: UnivariateKind<Params>,
  params: Params & JsonValue,
  threads: number,
): Promise<readonly SeriesFitter[]> {
  if (threads > 1)
    return Array.from({ length: threads }, () =>
      startThread({ kind: kind.kind, params: params as JsonValue }),
    );
  const fit = await openFitRecord(kind, params);
  return [{ fit: async (series) => fit(series), close: async () => {} }];
}

function startThread(workerData: SeriesWorkerData): SeriesFitter {
  const worker = new Worker(locateBundledFile(workerFile), {
    workerData,
    // The process's own flags (a loader, a test runner) are not for it.
    execArgv: [],
    name: `fit-${workerData.kind}`,
  });
  return {
    async fit(series) {
      worker.postMessage(series, buffersOf(series));
      // Rejects where the thread fails; it has ended then.
      const [fitted] = await once(worker, 'message');
      return fitted;
    },
    async close() {
      await worker.terminate();
    },
  };
}

/** Values are handed over. Times stay where every thread sees them: group-rows.ts. */
function buffersOf(series: readonly Series[]): readonly Transferable[] {
  return series.map(({ values }) => values.buffer as ArrayBuffer);
}
