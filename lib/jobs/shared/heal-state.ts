/**
 * Makes a new state in place of one that is no JSON, for example because it was cut by hand. All that the bucket tells is
 * read from it again, and the detector goes on. The rest (open anomalies, changes that were not taken over yet) is lost, and the
 * copy in quarantine says so. JSON that does not fit, such as that of a newer release, is left alone.
 */
import { ArtifactError, PreconditionFailedError } from '../../base/errors.ts';
import { detectorOfUnit, parseUnit } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { initialState, readState, type StoredState } from '../../store/detector-states.ts';
import { encodeJson } from '../../store/json.ts';
import {
  currentModelKey,
  modelsPrefix,
  reasonKey,
  stateKey,
  unitOfWindowKey,
  versionOfManifestKey,
  windowsPrefix,
} from '../../store/keys.ts';
import { readManifest } from '../../store/model-repository.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { StoreContext } from './context.ts';
import { listQuarantined, quarantine } from './quarantine.ts';
import { namedRange } from './window-objects.ts';

/**
 * Costs one request where there is nothing to heal.
 * @returns as it was read or made; undefined where it can be neither, or others were faster
 */
export async function healState(context: StoreContext, unit: string): Promise<StoredState | undefined> {
  const detector = detectorOfUnit(unit);
  const healed = await healOne(context, unit);
  if (unit === detector || healed !== undefined) return healed;
  // Of a shard, what could not be read may be its detector's, or both.
  await healOne(context, detector);
  return healOne(context, unit);
}

async function healOne(context: StoreContext, unit: string): Promise<StoredState | undefined> {
  const { store, telemetry } = context;
  const key = stateKey(unit);
  const detector = detectorOfUnit(unit);
  try {
    return await readState(store, unit);
  } catch (error) {
    if (!(error instanceof ArtifactError) || error.code !== 'not-json') {
      // Whoever needs the state says what is wrong with it.
      if (error instanceof ArtifactError) return undefined;
      throw error;
    }
    if (!error.message.startsWith(key)) return undefined;
    const { etag } = await store.head(key);
    await quarantine(context, { detector, key, etag, error });
    const state = await rebuild(store, unit);
    try {
      const made = await store.put(key, encodeJson(state), {
        contentType: 'application/json',
        ifMatch: etag,
      });
      telemetry.warn('the state could not be read and was made anew from the bucket', { detector: unit });
      // What is the detector's of a shard's state was not made anew.
      return unit === detector ? { state, etag: made.etag } : await readState(store, unit);
    } catch (lost) {
      // Another run was faster, to the same end.
      if (!(lost instanceof PreconditionFailedError)) throw lost;
      return undefined;
    }
  }
}

async function rebuild(store: ObjectStore, unit: string): Promise<DetectorState> {
  let [first, last, newest] = [Infinity, -Infinity, -Infinity];
  let shards: number | undefined;
  const prefix = windowsPrefix(unit);
  const setAside = await listQuarantined(store, prefix);
  for await (const info of store.list(prefix)) {
    const range = namedRange(info);
    // What lies in no shard, or in one of another number, is no window of the detector.
    if (range === undefined || setAside.has(reasonKey(info.key))) continue;
    shards ??= parseUnit(unitOfWindowKey(info.key) ?? unit)?.shard?.of;
    first = Math.min(first, range.start);
    last = Math.max(last, range.end);
    newest = Math.max(newest, range.start);
  }
  const { isActive, watchFrom } = await readModels(store, unit);
  return {
    ...initialState(unit),
    phase: isActive ? 'active' : 'learning',
    ...(watchFrom !== undefined && { watchFrom }),
    ...(first < last && {
      // Nobody knows whether all shards of the newest window were written: it is gone through again.
      exportedUntil: shards === undefined ? last : newest,
      exporting: { daysUntil: 0, dataSince: first, gaps: [] },
    }),
    ...(shards !== undefined && { shards }),
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
