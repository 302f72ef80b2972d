/** Characters of a name that are compared. The longest field is shorter than half of that. */
const LONGEST_COMPARED = 100;

/**
 * The name that was probably meant: the one with the fewest letters to change, if those are few enough and fewer than half of
 * the longer one: "foo" is no "from".
 * @returns undefined where none is near
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const canonical = (name: string): string =>
    name
      .slice(0, LONGEST_COMPARED)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '');
  const [best] = known
    .map((name) => {
      const [a, b] = [canonical(given), canonical(name)];
      return { name, distance: editDistance(a, b), length: Math.max(a.length, b.length) };
    })
    .filter(({ distance, length }) => distance < length / 2)
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(2, given.length / 3) ? best.name : undefined;
}

/** What an error says where a name is none of these. */
export function suggestName(given: string, known: readonly string[]): string {
  const near = nearestName(given, known);
  return near === undefined ? `they are ${known.join(', ')}` : `did you mean ${near}?`;
}

/** Levenshtein's, with two neighbours that changed places as one: insertions, deletions, substitutions, swaps. */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          previous[column]! + 1,
          current[column - 1]! + 1,
          previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1),
          isSwap ? before[column - 2]! + 1 : Infinity,
        ),
      );
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length]!;
}
