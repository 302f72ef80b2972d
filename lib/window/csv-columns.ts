/**
 * What the columns of a CSV file hold, told before any of it is kept. One line that was cut and one cell that says "n/a"
 * cost themselves, and not their file.
 */
import { WindowError } from '../base/errors.ts';
import { TIME_NAMES } from './column-names.ts';
import { lineOf, scanCells } from './csv-cells.ts';
import { parseCellNumber } from './csv-number.ts';
import { isLabelLike } from './label-column.ts';
import type { LeftOut } from './left-out.ts';
import { tooLarge, windowLimits } from './limits.ts';
import { isNumberWithUnit } from './number-with-unit.ts';
import { shorten } from './roles.ts';

export interface Csv {
  readonly bytes: Buffer;
  readonly source: string;
  readonly delimiter: number;
  readonly names: readonly string[];
  /** First byte behind the header. */
  readonly from: number;
}

/** Where a cell stands. */
interface Cell {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/** What the cells of a column look like; empty ones do not count. */
interface ColumnKind {
  numbers: number;
  /** Of `others`, those that programs write where nothing was measured. */
  placeholders: number;
  /** Of `others`, words for no limit: an entity may be called so, but not among numbers. */
  noLimits: number;
  others: number;
  firstOther: Cell | undefined;
  firstDecimalComma: Cell | undefined;
  /** A number all the same, with a unit or separators. */
  firstWithUnit: Cell | undefined;
}

/** Lines with more or fewer cells than the header, or with a quote too many. */
interface BadLines {
  count: number;
  first: WindowError | undefined;
}

const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
const PLACEHOLDERS: ReadonlySet<string> = new Set(
  ['NA', 'N/A', '#N/A', '<NA>', 'null', 'none', 'nil', '-', '--', '?', '.', '\\N', '(null)'].map((word) =>
    word.toLowerCase(),
  ),
);
/** What cgroups, ulimit and database settings have where there is no limit: as +Inf, no number that could be judged. */
const NO_LIMITS: ReadonlySet<string> = new Set(['unlimited', 'no limit', 'infinite', 'max', '∞']);
const LONGEST_WORD = 9;
/** Share of the numbers that other cells may come to, and the column still is one of numbers. */
const MOST_OTHERS = 0.1;
/** Characters of a cell that a message shows. */
const LONGEST_SHOWN = 60;

/**
 * First pass. Where most cells of a column are numbers, the others are missing values if they are what programs write for those
 * ("n/a", "unlimited"), or few and neither numbers with a unit nor labels; otherwise, and where nobody hears of it, the first of them is
 * an error.
 * @param onLeftOut hears of such cells, once for each column, and of lines that are left out
 * @returns rows: lines that have as many cells as the header, at least one
 * @throws WindowError `no-rows`, `bad-row`, `bad-value`, `bad-quote`, `too-large`
 */
export function inspectCells(
  csv: Csv,
  { onLeftOut }: { readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined },
): { readonly isNumeric: readonly boolean[]; readonly rows: number } {
  const { kinds, rows, badLines } = scan(csv);
  const { first, count } = badLines;
  // A separator at the end of every line, or a comment before the header, is no fault of a line.
  if (first !== undefined && (onLeftOut === undefined || count > rows)) throw first;
  if (rows === 0) throw new WindowError('no-rows', `${csv.source} has no rows`);
  const found: LeftOut[] = [];
  if (first !== undefined) {
    const shown = first.message.slice(`${csv.source}, `.length);
    found.push({
      code: 'bad-row',
      count,
      message: `${count} of ${rows + count} lines do not fit the header, such as ${shown}`,
    });
  }
  const isNumeric = kinds.map((kind, column) => {
    const { numeric, leftOut } = checkKind(kind, { column, csv, isLenient: onLeftOut !== undefined });
    if (leftOut !== undefined) found.push(leftOut);
    return numeric;
  });
  for (const each of found) onLeftOut?.(each);
  return { isNumeric, rows };
}

function scan({ bytes, source, delimiter, names, from: start }: Csv): {
  readonly kinds: readonly ColumnKind[];
  readonly rows: number;
  readonly badLines: BadLines;
} {
  const kinds = names.map(
    (): ColumnKind => ({
      numbers: 0,
      placeholders: 0,
      noLimits: 0,
      others: 0,
      firstOther: undefined,
      firstDecimalComma: undefined,
      firstWithUnit: undefined,
    }),
  );
  const badLines: BadLines = { count: 0, first: undefined };
  // Of the line that is read: only at its end is known whether it counts.
  const starts = new Float64Array(names.length);
  const ends = new Float64Array(names.length);
  const { rows: mostRows } = windowLimits();
  let row = 0;
  scanCells(
    bytes,
    { from: start, delimiter, source },
    {
      cell(column, from, to) {
        if (column >= names.length) return;
        starts[column] = from;
        ends[column] = to;
      },
      endRow(cells, from) {
        if (cells !== names.length) {
          badLines.count++;
          badLines.first ??= new WindowError(
            'bad-row',
            `${source}, line ${lineOf(bytes, from)}: ${cells} cells, and the header has ${names.length}`,
          );
          return;
        }
        for (const [column, kind] of kinds.entries())
          addCell(kind, bytes, row, starts[column]!, ends[column]!);
        if (++row > mostRows) throw tooLarge(source, `more than ${mostRows} rows`, 'rows');
      },
      badLine(tell) {
        badLines.count++;
        badLines.first ??= tell();
      },
    },
  );
  return { kinds, rows: row, badLines };
}

function addCell(kind: ColumnKind, bytes: Buffer, row: number, from: number, to: number): void {
  if (from === to) return;
  if (parseCellNumber(bytes, from, to) !== undefined) {
    kind.numbers++;
    return;
  }
  kind.others++;
  kind.firstOther ??= { row, from, to };
  const word = to - from <= LONGEST_WORD ? bytes.toString('utf8', from, to).toLowerCase() : '';
  if (PLACEHOLDERS.has(word)) kind.placeholders++;
  else if (NO_LIMITS.has(word)) kind.noLimits++;
  else if (mayBeNumber(bytes[from]!)) addNumberLike(kind, bytes, { row, from, to });
}

function addNumberLike(kind: ColumnKind, bytes: Buffer, cell: Cell): void {
  if (kind.firstDecimalComma !== undefined && kind.firstWithUnit !== undefined) return;
  const text = bytes.toString('utf8', cell.from, cell.to);
  if (DECIMAL_COMMA.test(text)) kind.firstDecimalComma ??= cell;
  else if (kind.firstWithUnit === undefined && isNumberWithUnit(text)) kind.firstWithUnit = cell;
}

/** By its first byte: a digit, a sign or a point. */
function mayBeNumber(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || byte === 43 || byte === 45 || byte === 46;
}

/** @throws WindowError `bad-value` for a cell that makes a column neither of numbers nor of text */
function checkKind(
  kind: ColumnKind,
  given: { readonly column: number; readonly csv: Csv; readonly isLenient: boolean },
): { readonly numeric: boolean; readonly leftOut?: LeftOut } {
  const { numbers, others, firstOther, firstDecimalComma, firstWithUnit } = kind;
  const { csv, isLenient } = given;
  if (others === 0) return { numeric: true };
  const name = csv.names[given.column]!;
  const isTime = TIME_NAMES.includes(name.toLowerCase());
  const words = others - kind.placeholders - (numbers > 0 ? kind.noLimits : 0);
  // Left out, the largest values would be missing, and of labels the anomalies: "1,024.5" among others, "yes" among 0.
  const isTelling = firstDecimalComma ?? firstWithUnit ?? (isLabelLike(name) && words > 0);
  const isMostlyNumbers = !isTelling && words <= MOST_OTHERS * numbers;
  if (isLenient && isMostlyNumbers && !(isTime && numbers === 0)) {
    const message = `${others} of ${numbers + others} cells of column ${shorten(name)} are no numbers and count as missing, such as ${showCell(firstOther!, csv)}`;
    return { numeric: true, leftOut: { code: 'bad-value', count: others, message } };
  }
  // A time that is no time is told as such further on.
  if (isTime) return { numeric: false };
  const bad = firstDecimalComma ?? (numbers >= others ? (firstWithUnit ?? firstOther) : undefined);
  if (bad === undefined) return { numeric: false };
  const hint = sayHint(kind, name);
  throw new WindowError(
    'bad-value',
    `${csv.source}: column ${shorten(name)}, ${showCell(bad, csv)} is no number; ${hint}`,
  );
}

function sayHint({ firstDecimalComma, firstWithUnit }: ColumnKind, name: string): string {
  if (firstDecimalComma !== undefined) return 'decimals are written with a point';
  if (firstWithUnit !== undefined) return 'write the number alone, without separators or a unit';
  return isLabelLike(name)
    ? 'anomalous rows are marked by 1, others by 0'
    : 'leave a cell empty where nothing was measured';
}

function showCell({ row, from, to }: Cell, { bytes }: Csv): string {
  const text = JSON.stringify(bytes.toString('utf8', from, to).slice(0, LONGEST_SHOWN));
  return `row ${row + 1} (line ${lineOf(bytes, from)}): ${text}`;
}
