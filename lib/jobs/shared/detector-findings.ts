import { ArtifactError, NotFoundError } from '../../base/errors.ts';
import { unitOf } from '../../config/work-unit.ts';
import { isOpen } from '../../incident/severity.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readState } from '../../store/detector-states.ts';
import { manifestKey } from '../../store/keys.ts';
import { resolveVersion } from '../../store/model-repository.ts';
import { type NotifyState, readNotifyState } from '../../store/notify-state.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { readProgress } from '../../store/training-progress.ts';
import type { StoreContext } from './context.ts';
import type { Findings } from './detector-health.ts';
import { needsMoreArrivals } from './expected-interval.ts';
import type { LoadedDetector } from './load-detectors.ts';
import { type LookedAt, lookAt } from './looked-at.ts';
import { selectPending } from './pending-windows.ts';
import { findStaleModel } from './stale-model.ts';
import { findSetAside } from './training-attempts.ts';
import { findTrainingPlace, isJobUnderWay } from './training-place.ts';

/** What is looked at of a detector. */
export type Look = Parameters<typeof lookAt>[2];

/** What the state of notifications tells of a detector. */
export type Telling = (detector: string) => Promise<Pick<Findings, 'messages' | 'openIncidents'>>;

/** Ms before the newest days in which arrivals are looked for: of files that come once a week, a dozen. */
const ARRIVALS_SINCE = 100 * 86_400_000;

/**
 * Three listings and a handful of requests.
 * @param given.scopeOf what is looked at of it, told by its state; without it, everything
 * @param given.telling where several detectors are looked at
 * @throws ArtifactError where the detector's state cannot be read
 */
export async function readFindings(
  { store, now }: Pick<StoreContext, 'store' | 'now'>,
  loaded: LoadedDetector,
  given: {
    readonly scopeOf?: ((state: DetectorState) => Promise<Look>) | undefined;
    readonly telling?: Telling;
  } = {},
): Promise<Findings> {
  const { detector } = loaded;
  const { scopeOf = async () => ({ scope: undefined }), telling = readTelling(store) } = given;
  const { name } = detector;
  const unit = unitOf(detector);
  const { state } = loaded.storedState ?? (await readState(store, unit));
  const windows = await lookAt(store, unit, await scopeOf(state));
  if (needsMoreArrivals(detector, windows.known)) await reachArrivals(windows);
  const objects = windows.known;
  const place = await findTrainingPlace(store, loaded);
  return {
    detector,
    state,
    objects,
    pending: (await selectPending(store, unit, { windows, state })).pending,
    version: await resolveVersion(store, detector),
    isTraining: isJobUnderWay(place, now()) || (await readProgress(store, unit))?.progress?.phase === 'open',
    place,
    ...(await telling(name)),
    setAside: await findSetAside(store, loaded, now()),
    stale: await findStaleModel(store, { detector, state, objects, now: now() }),
    // Only whoever has no window yet is asked for how long.
    declaredAt: detector.declared && objects.length === 0 ? await findDeclared(store, name) : undefined,
  };
}

/** Files that come once a day are silent by the days before: of the newest ones alone, nothing would ever be expected. */
async function reachArrivals({ scope, reachBack }: LookedAt): Promise<void> {
  const newest = scope?.days[0]?.start;
  if (newest !== undefined) await reachBack({ start: newest - ARRIVALS_SINCE, end: newest }, 0);
}

/** It is read once, for the first detector. One that cannot be read is told of by its job. */
export function readTelling(store: ObjectStore): Telling {
  let read: ReturnType<typeof readTold> | undefined;
  return async (detector) => {
    read ??= readTold(store);
    const state = await read;
    if (state === undefined) return { messages: [], openIncidents: undefined };
    return {
      messages: state.outbox.map(({ alert }) => alert).filter((alert) => alert.detector === detector),
      openIncidents: state.incidents.incidents.filter(({ members }) =>
        members.some((member) => member.detector === detector && isOpen(member)),
      ).length,
    };
  };
}

async function readTold(store: ObjectStore): Promise<NotifyState | undefined> {
  try {
    return (await readNotifyState(store)).state;
  } catch (error) {
    if (error instanceof ArtifactError) return undefined;
    throw error;
  }
}

/** A manifest by a rarer name is as good as one that was just written. */
async function findDeclared(store: ObjectStore, name: string): Promise<number | undefined> {
  try {
    return (await store.head(manifestKey(name))).lastModified;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
