/** For sentences: the first few by name, the rest by number. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}

/** As the subject of a verb: "cpu follows", "cpu, memory follow". @param verb its stem */
export function listWithVerb(names: readonly string[], verb: string): string {
  const ending = names.length > 1 ? '' : verb.endsWith('s') ? 'es' : 's';
  return `${listNames(names)} ${verb}${ending}`;
}
