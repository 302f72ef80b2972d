/** How many pods a workload had when it was heard last. */
import { nameWorkload, workloadOf } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import type { EntityTrack } from '../../decision/contract.ts';
import { type KnownOwners, ownerOf } from './follow-owners.ts';

/** Rows within which pods that ended together were heard last: each is scraped at its own time. */
const TOGETHER = 3;

/**
 * @param given.tracks of the detector's entities
 * @returns of a workload by its name, and the epoch ms of its newest row; 0 where it has no pods, as what is named like none
 */
export function countPods(given: {
  readonly detector: Detector;
  readonly tracks: Readonly<Record<string, EntityTrack>>;
  readonly owners?: KnownOwners | undefined;
  readonly step: number;
}): (workload: string, heard: number) => number {
  const { detector, tracks, owners, step } = given;
  const { entityLabels: labels } = detector;
  return (workload, heard) => {
    const since = heard - TOGETHER * step;
    let pods = 0;
    for (const [entity, { decidedUntil }] of Object.entries(tracks)) {
      // An entity that stands for itself is no pod of anything.
      if (decidedUntil <= since || entity === workload) continue;
      const owner = ownerOf(owners, entity);
      if (workloadOf(entity, labels, owner).kind === undefined) continue;
      // As silence misses them: by their owners, or by their names alone where training knew no owners.
      if (nameWorkload(entity, labels, owner) === workload || nameWorkload(entity, labels) === workload)
        pods++;
    }
    return pods;
  };
}
