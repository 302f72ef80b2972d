import { toOneLine } from '../alert/one-line.ts';

/** Columns as wide as their widest cell, two spaces apart; without trailing spaces. */
export function formatTable(given: readonly (readonly string[])[]): string {
  // A line break in a comment would be a row of its own.
  const rows = given.map((row) => row.map(toOneLine));
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, [...cell].length);
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}
