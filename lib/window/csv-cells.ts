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
  /** In place of `endRow`, of a line whose quotes do not fit; the next line is read. Left out: the first such line is an error. */
  badLine?(tell: () => WindowError): void;
}

/** Times the file that may be looked at for the closing quotes of lines that have none: each search goes on to the next quote. */
const MOST_SEARCHED = 4;

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
  let searched = 0;
  for (let rows = 0; at < length && rows < mostRows; ) {
    if (bytes[at] === LF || bytes[at] === CR) {
      at++;
      continue;
    }
    const start = at;
    try {
      readLine(start);
    } catch (error) {
      if (!(error instanceof BadQuote)) throw error;
      const tell = (): WindowError =>
        new WindowError('bad-quote', `${source}, line ${lineOf(bytes, start)}: ${error.what}`);
      searched += error.upTo - start;
      if (visitor.badLine === undefined || searched > MOST_SEARCHED * length) throw tell();
      visitor.badLine(tell);
      for (at = start; at < length && bytes[at] !== LF && bytes[at] !== CR; ) at++;
    }
    rows++;
    if (bytes[at] === CR && bytes[at + 1] === LF) at++;
    at++;
  }
  return Math.min(at, length);

  function readLine(start: number): void {
    let column = 0;
    for (;;) {
      while (bytes[at] === SPACE && delimiter !== SPACE) at++;
      if (bytes[at] === QUOTE) {
        const from = at + 1;
        const { end, doubled } = endOfQuoted(bytes, from);
        visitor.cell(column++, from, end, doubled);
        at = end + 1;
        while (bytes[at] === SPACE) at++;
        const next = bytes[at];
        if (at < length && next !== delimiter && next !== LF && next !== CR)
          throw new BadQuote('text after the closing quote of a cell', at);
      } else {
        const from = at;
        let byte = bytes[at];
        while (at < length && byte !== delimiter && byte !== LF && byte !== CR) {
          if (byte === QUOTE) throw new BadQuote('a quote inside a cell that has none around it', at);
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
  }
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

function endOfQuoted(bytes: Uint8Array, from: number): { readonly end: number; readonly doubled: boolean } {
  let doubled = false;
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return { end: at, doubled };
    doubled = true;
    at++;
  }
  throw new BadQuote('a quote that is never closed', from - 1, bytes.length);
}

/** Of a line, to whoever reads the next one: no error yet, since there may be millions. */
class BadQuote {
  readonly what: string;
  readonly at: number;
  /** Byte up to which was looked. */
  readonly upTo: number;

  constructor(what: string, at: number, upTo: number = at) {
    this.what = what;
    this.at = at;
    this.upTo = upTo;
  }
}
