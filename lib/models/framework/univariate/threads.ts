/** Where series are fitted: on the caller's own thread, or on worker threads. */
import { availableParallelism } from 'node:os';
import { type Transferable, Worker } from 'node:worker_threads';
import workerFile from '#series-worker-file';
import { locateBundledFile } from '../../../base/bundled-file.ts';
import type { SeriesKindName } from '../../../config/model-kind.ts';
import type { JsonValue } from '../contract.ts';
import type { Series, UnivariateKind } from './contract.ts';
import { type FittedRecord, openFitRecord } from './fit-record.ts';

/** One series, or pool of series, at a time. */
export interface SeriesFitter {
  /**
   * @param series not to be used afterwards: a thread takes their memory over
   * @throws whatever the kind throws. On another thread an Error of the same name and message, not of the same class;
   *   also where that thread has ended
   */
  fit(series: readonly Series[]): Promise<FittedRecord>;
  /** Its thread ends, whatever it is at. */
  close(): Promise<void>;
}

/** What a worker is started with: lib/models/series-worker.ts. */
export interface SeriesWorkerData {
  readonly kind: SeriesKindName;
  readonly params: JsonValue;
}

/** Values of the pools that are fitted at the same time; a thread needs some 20 times their bytes. */
const MOST_POOLED = 16_000_000;
/** Of work for each thread at least: it takes a tenth of a second to start and as long again to get up to speed. */
const LEAST_SECONDS = 0.5;

/** Threads that a fit is worth: 1 is the caller's own. @param values rows × columns */
export function countThreads(
  { valuesPerSecond }: Pick<UnivariateKind<unknown>, 'valuesPerSecond'>,
  values: number,
  processors: number = availableParallelism(),
): number {
  const worth = Math.floor(values / valuesPerSecond / LEAST_SECONDS);
  return Math.max(1, Math.min(processors, worth));
}

/** Pools of so many values each that may be fitted at the same time: one, however large it is. */
export function countPools(values: number): number {
  return Math.max(1, Math.floor(MOST_POOLED / values));
}

/**
 * Every fitter gives the same record for the same series.
 * @param threads 1: the caller's own; more: so many workers, while the caller's only hands out series
 * @param script of a worker: a path or a URL
 */
export async function openFitters<Params>(
  kind: UnivariateKind<Params>,
  params: Params,
  threads: number,
  script: string | URL = locateBundledFile(workerFile),
): Promise<readonly SeriesFitter[]> {
  if (threads === 1) {
    const fit = await openFitRecord(kind, params);
    return [{ fit: async (series) => fit(series), close: async () => {} }];
  }
  const fitters: SeriesFitter[] = [];
  try {
    while (fitters.length < threads)
      fitters.push(startThread(script, { kind: kind.kind, params: params as JsonValue }));
    return fitters;
  } catch (error) {
    await closeFitters(fitters);
    throw error;
  }
}

export async function closeFitters(fitters: readonly SeriesFitter[]): Promise<void> {
  await Promise.all(fitters.map((fitter) => fitter.close()));
}

function startThread(script: string | URL, workerData: SeriesWorkerData): SeriesFitter {
  const name = `fit-${workerData.kind}`;
  const worker = new Worker(script, {
    workerData,
    // The process's own flags (a loader, a test runner) are not for it.
    execArgv: [],
    name,
  });
  let waiting: PromiseWithResolvers<FittedRecord> | undefined;
  /** Kept for who asks next: a thread may fail while nobody waits for it. */
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    waiting?.reject(failure);
  };
  worker.on('message', (fitted: FittedRecord) => waiting?.resolve(fitted));
  worker.on('error', fail);
  worker.on('messageerror', fail);
  worker.on('exit', (code) => fail(new Error(`thread ${name} ended with code ${code}`)));
  return {
    fit(series) {
      waiting = Promise.withResolvers();
      if (failure === undefined) worker.postMessage(series, buffersOf(series));
      else waiting.reject(failure);
      return waiting.promise;
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
