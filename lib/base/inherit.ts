/**
 * What a pod that nobody knows takes over from those of its workload that are known: a rollout replaces all of them, and
 * what is usual for the workload stays.
 */
import { nameWorkload } from './workload.ts';

/**
 * Only of pods whose names say so: those of StatefulSets keep their names, and a number may be another machine's.
 * @param merge what the known pods of one workload have in common; at least one of them, and asked once of each workload
 * @returns of a map of entities and one that it lacks: that of its workload; undefined where the map has none of its pods
 */
export function createInheritance<T, Within extends object>(
  merge: (siblings: readonly T[], within: Within) => T,
): (within: Within & { readonly entities: ReadonlyMap<string, T> }, entity: string) => T | undefined {
  const merged = new WeakMap<ReadonlyMap<string, T>, Map<string, readonly T[] | { readonly one: T }>>();
  return (within, entity) => {
    const workload = nameWorkload(entity, []);
    if (workload === entity) return undefined;
    let workloads = merged.get(within.entities);
    if (workloads === undefined) {
      workloads = new Map(
        [...Map.groupBy(within.entities, ([known]) => nameWorkload(known, []))].map(([name, pods]) => [
          name,
          pods.map(([, own]) => own),
        ]),
      );
      merged.set(within.entities, workloads);
    }
    const found = workloads.get(workload);
    if (found === undefined) return undefined;
    if ('one' in found) return found.one;
    const one = merge(found, within);
    workloads.set(workload, { one });
    return one;
  };
}
