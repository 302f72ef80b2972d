/** Entities that come in the same files: time passes for those that a file could have held. */
import type { TrackedUnit } from './contract.ts';

/**
 * The group of a window: that of the workloads in it, several becoming one; a new one where it knows none of them.
 * @param unitOf by the window's entities
 * @param isWhole every window holds everyone: there is one group
 */
export function joinGroup(
  { units, groups }: { readonly units: Map<string, TrackedUnit>; readonly groups: Map<string, number> },
  unitOf: readonly string[],
  isWhole: boolean,
): string {
  const known = new Set(isWhole ? groups.keys() : unitOf.flatMap((unit) => units.get(unit)?.group ?? []));
  const [first, ...others] = [...known].sort((a, b) => Number(a) - Number(b));
  if (first === undefined)
    return String(groups.size === 0 ? 0 : Math.max(...Array.from(groups.keys(), Number)) + 1);
  if (others.length === 0) return first;
  groups.set(first, Math.max(...Array.from(known, (group) => groups.get(group)!)));
  for (const group of others) groups.delete(group);
  for (const [unit, tracked] of units)
    if (others.includes(tracked.group)) units.set(unit, { ...tracked, group: first });
  return first;
}
