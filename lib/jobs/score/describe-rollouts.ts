/** Which rollouts people are told of beside an anomaly: of its own workload, and of what its service depends on. */
import type { AlertRollout } from '../../alert/alert.ts';
import { nameWorkload } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import type { RolloutState } from '../../decision/rollouts.ts';

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
): (span: AnomalySpan) => readonly AlertRollout[] {
  const { entityLabels, dependsOn = [] } = detector;
  return ({ entity, start, lastAnomalous }) => {
    const own = nameWorkload(entity, entityLabels);
    return (rollouts?.recent ?? [])
      .filter(({ workload, at }) => {
        const isNear = at >= start - BEFORE && at <= lastAnomalous;
        return isNear && (workload === own || entity === '' || dependsOn.includes(shortName(workload)));
      })
      .map(({ workload, at, from, to }) => ({ workload, at: new Date(at).toISOString(), from, to }));
  };
}

/** "checkout" of "shop/checkout": services are declared by it. */
function shortName(workload: string): string {
  return workload.slice(workload.lastIndexOf('/') + 1);
}
