/** Trains on the Sock Shop sample as a function would, and gives the files of the version. */
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelKind } from '../../lib/config/model-kind.ts';
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

/**
 * @param kind of model: the default one takes a dozen seconds of a processor
 * @param names of files of the history, as a glob has them
 */
export async function trainSockShop(kind: ModelKind, names = '*.parquet'): Promise<TrainedSample> {
  const store = createMemoryObjectStore();
  const telemetry = createMemoryTelemetry();
  for await (const name of glob(names, { cwd: HISTORY }))
    await store.put(`windows/detector=${DETECTOR}/${name}`, await readFile(join(HISTORY, name)));
  const context = {
    store,
    telemetry,
    queue: { requestTraining: async () => {}, requestScoring: async () => {} },
    now: () => 0,
    deadline: { remaining: () => Infinity },
  };
  const { detector, ...loaded } = await loadDetector(context, DETECTOR);
  const model = { ...detector.model, kind };
  const { version } = await trainModel({ ...loaded, detector: { ...detector, model } }, context);
  if (version === undefined) throw new Error(`${DETECTOR} was not trained`);
  return { ...(await loadVersion(store, DETECTOR, version)), store, telemetry };
}
