import { ArtifactError, NotFoundError } from '../../base/errors.ts';
import { isOpen } from '../../incident/severity.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readState } from '../../store/detector-states.ts';
import { manifestKey } from '../../store/keys.ts';
import { resolveVersion } from '../../store/model-repository.ts';
import { readNotifyState } from '../../store/notify-state.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { readProgress } from '../../store/training-progress.ts';
import type { StoreContext } from './context.ts';
import type { Findings } from './detector-health.ts';
import type { LoadedDetector } from './load-detectors.ts';
import { lookAt } from './looked-at.ts';
import { selectPending } from './pending-windows.ts';
import { findStaleModel } from './stale-model.ts';
import { findSetAside } from './training-attempts.ts';

/** What is looked at of a detector. */
export type Look = Parameters<typeof lookAt>[2];

/**
 * Two listings and a handful of requests.
 * @param scopeOf what is looked at of it, told by its state; without it, everything
 * @throws ArtifactError where the detector's state cannot be read
 */
export async function readFindings(
  { store, now }: Pick<StoreContext, 'store' | 'now'>,
  loaded: LoadedDetector,
  scopeOf: (state: DetectorState) => Promise<Look> = async () => ({
    scope: undefined,
  }),
): Promise<Findings> {
  const { detector } = loaded;
  const { name } = detector;
  const { state } = await readState(store, name);
  const windows = await lookAt(store, name, await scopeOf(state));
  const objects = windows.known;
  return {
    detector,
    state,
    objects,
    pending: (await selectPending(store, name, windows)).pending,
    version: await resolveVersion(store, detector),
    isTraining: (await readProgress(store, name))?.progress?.phase === 'open',
    ...(await readTelling(store, name)),
    setAside: await findSetAside(store, loaded, now()),
    stale: await findStaleModel(store, { detector, state, objects, now: now() }),
    // Only whoever has no window yet is asked for how long.
    declaredAt: detector.declared && objects.length === 0 ? await findDeclared(store, name) : undefined,
  };
}

/** A state of notifications that cannot be read is told of by its job. */
async function readTelling(
  store: ObjectStore,
  detector: string,
): Promise<Pick<Findings, 'messages' | 'openIncidents'>> {
  try {
    const { state } = await readNotifyState(store);
    return {
      messages: state.outbox.map(({ alert }) => alert).filter((alert) => alert.detector === detector),
      openIncidents: state.incidents.incidents.filter(({ members }) =>
        members.some((member) => member.detector === detector && isOpen(member)),
      ).length,
    };
  } catch (error) {
    if (error instanceof ArtifactError) return { messages: [], openIncidents: undefined };
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
