/** Generated parts of documents: each stands between two marks, the first of which says what makes it. */
export interface Part {
  readonly name: string;
  /** A file of this folder. */
  readonly script: string;
}

/** `text` with `part` between its marks. @throws Error where a mark is missing */
export function placePart(text: string, part: Part, content: string): string {
  const { begin, from, to } = findMarks(text, part);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}

/**
 * What a table between the marks says in its last column, by the name in code that a row begins with: written by hand, and
 * kept when the table is made anew. @throws Error where a mark is missing
 */
export function readDescriptions(text: string, part: Part): ReadonlyMap<string, string> {
  const { begin, from, to } = findMarks(text, part);
  const rows = text.slice(from + begin.length, to).matchAll(/^\| `([^`]+)` \|.*\|$/gm);
  return new Map(
    [...rows].map(([row, name]) => [
      name!,
      row
        .split(/(?<!\\)\|/)
        .at(-2)!
        .trim(),
    ]),
  );
}

function findMarks(
  text: string,
  { name, script }: Part,
): { readonly begin: string; readonly from: number; readonly to: number } {
  const begin = `<!-- ${name}: node scripts/${script} -->`;
  const end = `<!-- /${name} -->`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no ${begin} … ${end}`);
  return { begin, from, to };
}
