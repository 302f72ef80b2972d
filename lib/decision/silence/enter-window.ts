/** Which group a window belongs to. Entities of one group come in the same files, and time passes for a group by its own files. */
import type { TrackedUnit } from './contract.ts';
import { isMissable } from './limits.ts';
import { partEveryone } from './part-everyone.ts';
import type { Walk } from './walk-state.ts';

/**
 * Finds the group of a window, before its first new row is taken. Where windows hold everyone, a workload that training heard
 * and nobody has heard since is missed from that row on.
 *
 * @param given.unitOf workloads, by the window's entities
 * @param given.time epoch ms of its first row
 * @returns the group's name
 */
export function enterWindow(
  walk: Walk,
  given: { readonly unitOf: readonly string[]; readonly time: number },
): string {
  const { units, rules } = walk;
  const group = joinGroup(walk, given.unitOf, rules.isWhole);
  if (walk.groups.size > (walk.groups.has(group) ? 1 : 0)) partEveryone(walk);
  if (rules.isWhole)
    for (const [unit, usual] of rules.usual.units)
      if (isMissable(usual) && !units.has(unit))
        units.set(unit, { group, heard: given.time - rules.step, missed: 0 });
  return group;
}

/**
 * The group that knows the window's workloads. Several such groups become one. A window that holds none of them is a new group.
 * @param unitOf by the window's entities
 * @param isWhole every window holds everyone: there is one group
 */
function joinGroup(
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
