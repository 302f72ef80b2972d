/**
 * Reads and moves the state of a unit of work, a detector or a shard of one: one JSON object that changes by conditional
 * writes only. All shards of a detector are exported together, so that the cursor is in the detector's own state: whoever
 * reads a shard's finds it there.
 */
import { NotFoundError, PreconditionFailedError, RetryLaterError } from '../base/errors.ts';
import { detectorOfUnit } from '../config/work-unit.ts';
import type { DetectorState } from './detector-state.ts';
import { detectorStateSchema } from './detector-state-schema.ts';
import { decodeJson, encodeJson } from './json.ts';
import { stateKey } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Each try reads the newest state, and one writer succeeds a round: with more than this many at once, somebody has
 * to come back later.
 */
const MAX_TRIES = 20;

/** A unit that nothing is known of yet. */
export function initialState(unit: string): DetectorState {
  return {
    formatVersion: 1,
    detector: unit,
    phase: 'learning',
    step: undefined,
    exportedUntil: undefined,
    learning: {},
    watchFrom: undefined,
    trainedUntil: undefined,
    entities: {},
    worst: {},
    decided: [],
    outbox: [],
  };
}

export interface StoredState {
  readonly state: DetectorState;
  /** Undefined where nothing is stored yet; the state is then the initial one. */
  readonly etag: string | undefined;
}

/**
 * @throws ArtifactError where the stored state is not one, or of another format version; of a shard also where that of its
 *   detector is not
 */
export async function readState(store: ObjectStore, unit: string): Promise<StoredState> {
  const detector = detectorOfUnit(unit);
  if (detector === unit) return readOwn(store, unit);
  const [{ state: whole }, own] = await Promise.all([readOwn(store, detector), readOwn(store, unit)]);
  return { ...own, state: withExport(own.state, whole) };
}

async function readOwn(store: ObjectStore, unit: string): Promise<StoredState> {
  const key = stateKey(unit);
  try {
    const { body, etag } = await store.get(key);
    return { state: decodeJson(key, body, detectorStateSchema(unit)), etag };
  } catch (error) {
    if (error instanceof NotFoundError) return { state: initialState(unit), etag: undefined };
    throw error;
  }
}

/** What the exporter has written of the whole detector. */
function withExport(state: DetectorState, whole: DetectorState): DetectorState {
  const { exportedUntil: _, exporting: __, shards: ___, ...own } = state;
  const { exportedUntil, exporting, shards } = whole;
  return {
    ...own,
    exportedUntil,
    ...(exporting !== undefined && { exporting }),
    ...(shards !== undefined && { shards }),
  };
}

/**
 * Moves the state by `change`, which gets the newest state and returns the next one, or undefined where there is
 * nothing to do. It is called anew whenever another writer was faster, so it must be a pure function that recognises
 * work already done: also its own, since a write whose answer was lost may be found again.
 * @returns the state as it now is
 * @throws RetryLaterError where others were faster every time; whatever `change` throws
 */
export async function updateState(
  store: ObjectStore,
  unit: string,
  change: (state: DetectorState) => DetectorState | undefined,
): Promise<DetectorState> {
  return (await moveState(store, unit, { change, known: undefined })).state;
}

/**
 * As `updateState`.
 * @param given.known as it was read or moved last: where nobody has written since, it need not be read again
 */
export async function moveState(
  store: ObjectStore,
  unit: string,
  given: {
    readonly change: (state: DetectorState) => DetectorState | undefined;
    readonly known: StoredState | undefined;
  },
): Promise<StoredState> {
  const key = stateKey(unit);
  const isShard = detectorOfUnit(unit) !== unit;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const latest = (tries === 0 ? given.known : undefined) ?? (await readState(store, unit));
    const next = given.change(latest.state);
    if (next === undefined) return latest;
    const body = encodeJson(isShard ? withExport(next, initialState(unit)) : next);
    // As the next reader finds it: members that are undefined are not written.
    const written = decodeJson(key, body, detectorStateSchema(unit));
    const state = isShard ? withExport(written, latest.state) : written;
    try {
      const { etag } = await store.put(key, body, {
        contentType: 'application/json',
        ...(latest.etag === undefined ? { ifAbsent: true } : { ifMatch: latest.etag }),
      });
      return { state, etag };
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError(
    'state-contended',
    `${key} was changed by others ${MAX_TRIES} times in a row; this change was not made`,
  );
}
