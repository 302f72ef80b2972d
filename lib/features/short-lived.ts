/**
 * Workloads that were there for days, while most of their pods were not: each deployment replaces all of them. A pod by itself has seen a
 * night, or an afternoon. What is usual for it by the hour its workload knows, so that its pods are on one scale.
 */
import { nameWorkload } from '../base/workload.ts';
import { type EntityRows, listLives, MIN_ENTITY_ROWS } from './brief-entities.ts';

const HOUR = 3_600_000;
/** Ms of a series below which it has no curve over the day: each half of the training has to see every hour twice. */
export const LEAST_SPAN: number = 3.9 * 24 * HOUR;
/** Of the rows of a workload those that are of pods with a curve of their own: from this share on each pod stands for itself. */
const MOST_OF_OLD = 0.5;
/** Pods below which what they have in common is not told from what is each one's own. */
const LEAST_PODS = 3;

/**
 * @param isUsed whether the training learns from a row
 * @returns workload → indices of its pods that are seen for long enough to have a level
 */
export function findShortLived(
  given: EntityRows,
  isUsed: (row: number) => boolean,
): ReadonlyMap<string, readonly number[]> {
  const { entities } = given;
  const seen = listLives(given, isUsed);
  const byWorkload = podsByWorkload(entities, (pod) => seen[pod]!.rows >= MIN_ENTITY_ROWS);
  return new Map(
    [...byWorkload].filter(([, names]) => {
      const pods = names.map((pod) => seen[pod]!);
      if (pods.length < LEAST_PODS) return false;
      const first = pods.reduce((least, pod) => Math.min(least, pod.first), Number.POSITIVE_INFINITY);
      const last = pods.reduce((most, pod) => Math.max(most, pod.last), Number.NEGATIVE_INFINITY);
      const count = (of: typeof pods): number => of.reduce((sum, { rows }) => sum + rows, 0);
      const old = pods.filter((pod) => pod.last - pod.first >= LEAST_SPAN);
      return last - first >= LEAST_SPAN && count(old) < MOST_OF_OLD * count(pods);
    }),
  );
}

/** By indices; an entity that is named as a workload is no pod of it. @param isCounted by the entity's index */
export function podsByWorkload(
  entities: readonly string[],
  isCounted: (entity: number) => boolean,
): ReadonlyMap<string, readonly number[]> {
  const names = entities.map((entity) => nameWorkload(entity, []));
  const pods = [...entities.keys()].filter(
    (entity) => isCounted(entity) && names[entity] !== entities[entity],
  );
  return Map.groupBy(pods, (pod) => names[pod]!);
}
