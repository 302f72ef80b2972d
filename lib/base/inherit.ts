/**
 * A new pod takes over what is known of the other pods of its workload. A rollout replaces all pods, and what is usual for the
 * workload stays.
 */
import { nameWorkload } from './workload.ts';

export interface Known<T> {
  readonly entities: ReadonlyMap<string, T>;
  /** By entity, known or not: the workload of a pod whose owner says so, as `nameWorkload` has it. */
  readonly workloads?: ReadonlyMap<string, string> | undefined;
}

/** What an entity is a pod of, as `nameWorkload` has it; the entity itself where it is none. */
export function workloadIn({ workloads }: Pick<Known<unknown>, 'workloads'>, entity: string): string {
  return workloads?.get(entity) ?? nameWorkload(entity, []);
}

/** Stands for no workloads as the key of a cache. */
const BY_NAME: ReadonlyMap<string, string> = new Map();

/**
 * Only pods whose owners or names tell their workload: pods of a StatefulSet keep their names, and a number may name another
 * machine.
 * @param merge what the known pods of one workload have in common, by their names; at least one of them, and asked once of each workload
 * @returns of a map of entities and one that it lacks: that of its workload; undefined where the map has none of its pods
 */
export function createInheritance<T, Within extends object>(
  merge: (siblings: ReadonlyMap<string, T>, within: Within) => T,
): (within: Within & Known<T>, entity: string) => T | undefined {
  type Merged = Map<string, ReadonlyMap<string, T> | { readonly one: T }>;
  const merged = new WeakMap<Known<T>['entities'], WeakMap<ReadonlyMap<string, string>, Merged>>();
  return (within, entity) => {
    const { entities, workloads: owned = BY_NAME } = within;
    const workload = workloadIn(within, entity);
    if (workload === entity) return undefined;
    const byOwners = merged.get(entities) ?? new WeakMap<ReadonlyMap<string, string>, Merged>();
    merged.set(entities, byOwners);
    let workloads = byOwners.get(owned);
    if (workloads === undefined) {
      workloads = new Map(
        [...Map.groupBy(entities, ([known]) => workloadIn(within, known))].map(([name, pods]) => [
          name,
          new Map(pods),
        ]),
      );
      byOwners.set(owned, workloads);
    }
    const found = workloads.get(workload);
    if (found === undefined) return undefined;
    if ('one' in found) return found.one;
    const one = merge(found, within);
    workloads.set(workload, { one });
    return one;
  };
}
