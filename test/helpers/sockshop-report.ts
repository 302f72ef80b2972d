/** Trains on the Sock Shop sample as a function would, and gives the files of the version. */
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../lib/jobs/train/train-model.ts';
import { type LoadedVersion, loadVersion } from '../../lib/store/model-repository.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from './memory-object-store.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from './memory-telemetry.ts';

const HISTORY = join(import.meta.dirname, '../../samples/sockshop/history');
const DETECTOR = 'sockshop';

export interface TrainedSample extends LoadedVersion {
  readonly store: MemoryObjectStore;
  readonly telemetry: MemoryTelemetry;
}

export async function trainSockShop(): Promise<TrainedSample> {
  const store = createMemoryObjectStore();
  const telemetry = createMemoryTelemetry();
  for await (const name of glob('*.parquet', { cwd: HISTORY }))
    await store.put(`windows/detector=${DETECTOR}/${name}`, await readFile(join(HISTORY, name)));
  const context = {
    store,
    telemetry,
    queue: { requestTraining: async () => {}, requestScoring: async () => {} },
    now: () => 0,
    deadline: { remaining: () => Infinity },
  };
  const { version } = await trainModel(await loadDetector(context, DETECTOR), context);
  if (version === undefined) throw new Error(`${DETECTOR} was not trained`);
  return { ...(await loadVersion(store, DETECTOR, version)), store, telemetry };
}
