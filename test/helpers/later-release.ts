/** Stored JSON as a later release would have written it: with members that this one does not know. */
import type { JsonValue } from '../../lib/models/framework/contract.ts';

/** Name of the member that stands in every object. */
export const ADDED = 'addedLater';

/**
 * @param value of JSON
 * @param maps names of members whose value has names of things for members, such as entities: those get none of their own,
 *   the objects in them do
 */
export function addMembers(
  value: JsonValue,
  maps: readonly string[] = [],
  isMap: boolean = false,
): JsonValue {
  if (isList(value)) return value.map((item) => addMembers(item, maps));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(
    ([name, member]) => [name, addMembers(member, maps, maps.includes(name))] as const,
  );
  return Object.fromEntries(isMap ? members : [...members, [ADDED, { because: 'of another release' }]]);
}

/** Paths of the objects that have lost the member, of those that are still there. */
export function findLost(
  before: JsonValue,
  after: JsonValue | undefined,
  path: string = '$',
): readonly string[] {
  if (typeof before !== 'object' || before === null) return [];
  if (typeof after !== 'object' || after === null) return [];
  if (isList(before) !== isList(after)) return [];
  const [old, now] = [before, after] as unknown as Readonly<Record<string, JsonValue>>[];
  const lost = Object.hasOwn(old!, ADDED) && !Object.hasOwn(now!, ADDED) ? [path] : [];
  const members = Object.entries(old!).filter(([name]) => name !== ADDED);
  return [...lost, ...members.flatMap(([name, member]) => findLost(member, now![name], `${path}.${name}`))];
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
