/** Which rollouts people are told of beside an anomaly: of its own workload, and of what its service depends on. */
import type { AlertRollout } from '../../alert/alert.ts';
import { nameWorkload } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import type { RolloutState } from '../../decision/rollouts.ts';
import { type KnownOwners, ownerOf } from './follow-owners.ts';

/** Ms before an anomaly's first row: what a new version brings shows once its caches, queues and users have come. */
const BEFORE = 3_600_000;

export interface AnomalySpan {
  /** Empty: all of the detector's data is one entity. */
  readonly entity: string;
  /** Epoch ms, inclusive. */
  readonly start: number;
  readonly lastAnomalous: number;
}

/** @returns oldest first */
export function describeRollouts(
  detector: Pick<Detector, 'entityLabels' | 'dependsOn'>,
  rollouts: RolloutState | undefined,
  owners: KnownOwners | undefined,
): (span: AnomalySpan) => readonly AlertRollout[] {
  const { entityLabels, dependsOn = [] } = detector;
  return ({ entity, start, lastAnomalous }) => {
    // Those of Deployments are told by the pods' names.
    const own = [
      nameWorkload(entity, entityLabels),
      nameWorkload(entity, entityLabels, ownerOf(owners, entity)),
    ];
    return (rollouts?.recent ?? [])
      .filter(({ workload, at }) => {
        const isNear = at >= start - BEFORE && at <= lastAnomalous;
        return isNear && (own.includes(workload) || entity === '' || dependsOn.includes(shortName(workload)));
      })
      .map(({ workload, kind, at, from, to }) => ({
        workload,
        ...(kind !== undefined && { kind }),
        at: new Date(at).toISOString(),
        from,
        to,
      }));
  };
}

/** "checkout" of "shop/checkout": services are declared by it. */
function shortName(workload: string): string {
  return workload.slice(workload.lastIndexOf('/') + 1);
}
