/**
 * Describes the context of an anomaly, which tells what others it belongs to: its workload, the size of that, and what it
 * depends on.
 */
import { type Workload, workloadOf } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import type { EntityTrack } from '../../decision/contract.ts';
import type { AnomalyContext } from '../../store/detector-state.ts';
import { type KnownOwners, ownerOf } from './follow-owners.ts';

/** Ms, and rows where those are further apart: an entity whose newest row is older is no longer there. */
const THERE_WITHIN = 3_600_000;
const THERE_WITHIN_ROWS = 3;

/**
 * Nothing is computed before it is asked for: most windows have no anomaly.
 * @param given.before tracks as they were before the window, and `after` it
 */
export function describeContexts(given: {
  readonly detector: Detector;
  readonly before: Readonly<Record<string, EntityTrack>>;
  readonly after: Readonly<Record<string, EntityTrack>>;
  readonly owners?: KnownOwners | undefined;
  readonly step: number;
}): (entity: string) => AnomalyContext {
  const { detector, before, after, step, owners } = given;
  let counts: ReadonlyMap<string, number> | undefined;
  return (entity) => {
    const find = (name: string): Workload => workloadOf(name, detector.entityLabels, ownerOf(owners, name));
    counts ??= countLiving(after, find, step);
    const workload = find(entity);
    return {
      ...(workload.namespace !== undefined && { namespace: workload.namespace }),
      workload: workload.name || detector.targetService || detector.name,
      siblings: Math.max(1, counts.get(nameOf(workload)) ?? 1),
      // Of what is not named as a pod nobody knows that it comes and goes.
      ...(workload.kind !== undefined && !Object.hasOwn(before, entity) && { isStart: true }),
      dependsOn: detector.dependsOn ?? [],
      step,
      ...(detector.digest !== undefined && { digest: detector.digest }),
    };
  };
}

function countLiving(
  tracks: Readonly<Record<string, EntityTrack>>,
  find: (entity: string) => Workload,
  step: number,
): ReadonlyMap<string, number> {
  let newest = -Infinity;
  for (const { decidedUntil } of Object.values(tracks)) newest = Math.max(newest, decidedUntil);
  const since = newest - Math.max(THERE_WITHIN, THERE_WITHIN_ROWS * step);
  const counts = new Map<string, number>();
  for (const [entity, { decidedUntil }] of Object.entries(tracks)) {
    if (decidedUntil < since) continue;
    const name = nameOf(find(entity));
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function nameOf({ namespace, name }: Workload): string {
  return JSON.stringify([namespace ?? null, name]);
}
