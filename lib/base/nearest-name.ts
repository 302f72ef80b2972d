/** Characters of a name that are compared. The longest field is shorter than half of that. */
const LONGEST_COMPARED = 100;

/**
 * The name that was probably meant: the one with the fewest letters to change, if those are few enough.
 * @returns undefined where none is near
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const canonical = (name: string): string =>
    name
      .slice(0, LONGEST_COMPARED)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '');
  const [best] = known
    .map((name) => ({ name, distance: editDistance(canonical(given), canonical(name)) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(2, given.length / 3) ? best.name : undefined;
}

/** What an error says where a name is none of these. */
export function suggestName(given: string, known: readonly string[]): string {
  const near = nearestName(given, known);
  return near === undefined ? `they are ${known.join(', ')}` : `did you mean ${near}?`;
}

/** Levenshtein's: insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++)
      current.push(
        Math.min(
          previous[column]! + 1,
          current[column - 1]! + 1,
          previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1),
        ),
      );
    previous = current;
  }
  return previous[b.length]!;
}
