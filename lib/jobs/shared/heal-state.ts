/**
 * A state that is no JSON, as one that was cut by hand is: all that can be told from the bucket is told from it again, and
 * the detector goes on. What cannot be (open incidents, alerts that were not sent yet) is lost, and the copy in quarantine
 * says so. A state of JSON that does not fit, such as one of a newer release, is left alone.
 */
import { ArtifactError, PreconditionFailedError } from '../../base/errors.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { initialState, readState, type StoredState } from '../../store/detector-states.ts';
import { encodeJson } from '../../store/json.ts';
import {
  currentModelKey,
  modelsPrefix,
  stateKey,
  versionOfManifestKey,
  windowsPrefix,
} from '../../store/keys.ts';
import { readManifest } from '../../store/model-repository.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { StoreContext } from './context.ts';
import { quarantine } from './quarantine.ts';
import { namedRange } from './window-objects.ts';

/**
 * Costs one request where there is nothing to heal.
 * @returns as it was read or made; undefined where it can be neither, or others were faster
 */
export async function healState(context: StoreContext, detector: string): Promise<StoredState | undefined> {
  const { store, telemetry } = context;
  const key = stateKey(detector);
  try {
    return await readState(store, detector);
  } catch (error) {
    if (!(error instanceof ArtifactError) || error.code !== 'not-json') {
      // Whoever needs the state says what is wrong with it.
      if (error instanceof ArtifactError) return undefined;
      throw error;
    }
    const { etag } = await store.head(key);
    await quarantine(context, { detector, key, etag, error });
    const state = await rebuild(store, detector);
    try {
      const made = await store.put(key, encodeJson(state), {
        contentType: 'application/json',
        ifMatch: etag,
      });
      telemetry.warn('the state could not be read and was made anew from the bucket', { detector });
      return { state, etag: made.etag };
    } catch (lost) {
      // Another run was faster, to the same end.
      if (!(lost instanceof PreconditionFailedError)) throw lost;
      return undefined;
    }
  }
}

async function rebuild(store: ObjectStore, detector: string): Promise<DetectorState> {
  let [first, last] = [Infinity, -Infinity];
  for await (const info of store.list(windowsPrefix(detector))) {
    const range = namedRange(info);
    if (range === undefined) continue;
    first = Math.min(first, range.start);
    last = Math.max(last, range.end);
  }
  const { isActive, watchFrom } = await readModels(store, detector);
  return {
    ...initialState(detector),
    phase: isActive ? 'active' : 'learning',
    ...(watchFrom !== undefined && { watchFrom }),
    ...(first < last && {
      exportedUntil: last,
      exporting: { daysUntil: 0, dataSince: first, gaps: [] },
    }),
  };
}

/**
 * Watched since the first version stood: of what lies behind that a training leaves out what people were told of, and no
 * more. Where the oldest version was deleted, since the oldest that is there.
 */
async function readModels(
  store: ObjectStore,
  detector: string,
): Promise<{ readonly isActive: boolean; readonly watchFrom: number | undefined }> {
  let isActive = false;
  const versions: string[] = [];
  for await (const { key } of store.list(modelsPrefix(detector))) {
    if (key === currentModelKey(detector)) isActive = true;
    const version = versionOfManifestKey(detector, key);
    if (version !== undefined) versions.push(version);
  }
  if (!isActive) return { isActive, watchFrom: undefined };
  // Their names sort by the ends of their trainings. One that cannot be read is passed over: a later start is watched less.
  for (const version of versions.sort()) {
    try {
      const { trainingRange } = await readManifest(store, detector, version);
      return { isActive, watchFrom: Date.parse(trainingRange.end) };
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
    }
  }
  return { isActive, watchFrom: undefined };
}
