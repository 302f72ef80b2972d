/** Who owns the pods of a history. */
import type { Owner } from '../../base/workload.ts';
import type { MetricWindow } from '../../window/window.ts';

/**
 * Each pod's as the newest window has it that holds the pod and knows owners: one that it names none of goes by its name by then.
 * @param windows oldest first
 */
export function ownersOfHistory(
  windows: Iterable<Pick<MetricWindow, 'entities' | 'podOwners'>>,
): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const { entities, podOwners } of windows) {
    if (podOwners === undefined) continue;
    for (const entity of entities) {
      const owner = podOwners.get(entity);
      if (owner === undefined) owners.delete(entity);
      else owners.set(entity, owner);
    }
  }
  return owners;
}
