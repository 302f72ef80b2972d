/**
 * What a newer release has added to an object that is made anew rather than changed: it goes into what takes the object's
 * place.
 *
 * @param members each of those that this release knows; one that is added to the type and forgotten there does not compile
 */
export function unknownMembers<T extends object>(
  before: T | undefined,
  members: Readonly<Record<keyof T, true>>,
): object {
  return Object.fromEntries(Object.entries(before ?? {}).filter(([name]) => !Object.hasOwn(members, name)));
}
