import type { LeftOut } from './left-out.ts';

/**
 * Code units of an entity's name. It stands in the state, in every alert and several times in a message, which SNS takes
 * up to 256 kB of; Kubernetes names have 253, a few of them joined stay well below this.
 */
export const LONGEST_ENTITY = 2_048;
/** Code units of one that a message shows. */
const SHOWN = 80;

/** @param names of the entities that are left out, one for each row or series */
export function describeTooLong(names: readonly string[], source: string): LeftOut {
  const first = names[0]!;
  return {
    code: 'entity-too-long',
    count: names.length,
    message: `${source}: ${names.length} have an entity name longer than ${LONGEST_ENTITY}, such as one of ${first.length} that begins with ${JSON.stringify(first.slice(0, SHOWN).toWellFormed())}`,
  };
}
