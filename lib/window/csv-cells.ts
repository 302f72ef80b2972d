/**
 * The grammar of CSV, RFC 4180 with any one-byte delimiter: cells in double quotes may hold delimiters, line breaks and
 * doubled quotes; lines end with LF, CRLF or CR, the last one or not. Lines without any character are left out.
 *
 * Cells are told as places in the bytes, so that a hundred megabytes are read without a string for each of them.
 */
import { WindowError } from '../base/errors.ts';

export interface CellVisitor {
  /**
   * @param from first byte of the cell's text, without its quotes and the blanks around it
   * @param to behind the last byte
   * @param doubled whether doubled quotes in it stand for single ones
   */
  cell(column: number, from: number, to: number, doubled: boolean): void;
  /** @param cells how many the line had; @param from its first byte */
  endRow(cells: number, from: number): void;
}

const [LF, CR, QUOTE, SPACE] = [10, 13, 34, 32];

/**
 * @returns where the reading ended: the end of the bytes, or behind `mostRows` lines
 * @throws WindowError `bad-quote` with the line, counted from 1
 */
export function scanCells(
  bytes: Uint8Array,
  options: {
    readonly from: number;
    readonly delimiter: number;
    readonly source: string;
    readonly mostRows?: number;
  },
  visitor: CellVisitor,
): number {
  const { delimiter, source, mostRows = Number.POSITIVE_INFINITY } = options;
  const length = bytes.length;
  let at = options.from;
  for (let rows = 0; at < length && rows < mostRows; ) {
    if (bytes[at] === LF || bytes[at] === CR) {
      at++;
      continue;
    }
    const start = at;
    let column = 0;
    for (;;) {
      while (bytes[at] === SPACE && delimiter !== SPACE) at++;
      if (bytes[at] === QUOTE) {
        const from = at + 1;
        const { end, doubled } = endOfQuoted(bytes, from, source);
        visitor.cell(column++, from, end, doubled);
        at = end + 1;
        while (bytes[at] === SPACE) at++;
        const next = bytes[at];
        if (at < length && next !== delimiter && next !== LF && next !== CR)
          throw badQuote(bytes, at, source, 'text after the closing quote of a cell');
      } else {
        const from = at;
        let byte = bytes[at];
        while (at < length && byte !== delimiter && byte !== LF && byte !== CR) {
          if (byte === QUOTE)
            throw badQuote(bytes, at, source, 'a quote inside a cell that has none around it');
          byte = bytes[++at];
        }
        let to = at;
        while (to > from && bytes[to - 1] === SPACE) to--;
        visitor.cell(column++, from, to, false);
      }
      if (at < length && bytes[at] === delimiter) at++;
      else break;
    }
    visitor.endRow(column, start);
    rows++;
    if (bytes[at] === CR && bytes[at + 1] === LF) at++;
    at++;
  }
  return Math.min(at, length);
}

/** Line of a byte, counted from 1. */
export function lineOf(bytes: Uint8Array, at: number): number {
  let line = 1;
  for (let i = 0; i < at; i++) if (bytes[i] === LF || (bytes[i] === CR && bytes[i + 1] !== LF)) line++;
  return line;
}

export function cellText(bytes: Buffer, from: number, to: number, doubled: boolean): string {
  const text = bytes.toString('utf8', from, to);
  return doubled ? text.replaceAll('""', '"') : text;
}

function endOfQuoted(
  bytes: Uint8Array,
  from: number,
  source: string,
): { readonly end: number; readonly doubled: boolean } {
  let doubled = false;
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return { end: at, doubled };
    doubled = true;
    at++;
  }
  throw badQuote(bytes, from - 1, source, 'a quote that is never closed');
}

function badQuote(bytes: Uint8Array, at: number, source: string, what: string): WindowError {
  return new WindowError('bad-quote', `${source}, line ${lineOf(bytes, at)}: ${what}`);
}
