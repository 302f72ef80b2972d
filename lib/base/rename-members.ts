/**
 * What was stored while members had other names: one that stands under its former name, and not under its own, gets its own.
 * Whatever else is there, and what is no object, stays as it is.
 * @param names own names by former ones
 */
export function renameMembers(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const ownNameOf = (name: string): string | undefined => {
    const own = Object.hasOwn(names, name) ? names[name] : undefined;
    return own !== undefined && !Object.hasOwn(value, own) ? own : undefined;
  };
  const members = Object.entries(value);
  if (members.every(([name]) => ownNameOf(name) === undefined)) return value;
  return Object.fromEntries(members.map(([name, member]) => [ownNameOf(name) ?? name, member]));
}
