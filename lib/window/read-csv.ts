/**
 * A window from CSV: the columns become a table, which is then read as one from Parquet is (`read-window.ts`): the same
 * roles, time formats, limits and errors. Beyond that:
 *
 * - The first line is the header. Delimiter: comma, semicolon or tab, whichever the header has most of.
 * - UTF-8, with or without a byte order mark; gzip is told by its first bytes.
 * - A column is numeric where its cells are numbers (`parseCellNumber`), or most of them are: of the others, see
 *   `inspectCells`. An empty cell is a missing value. A decimal comma is an error in whichever column it stands.
 * - A line with more or fewer cells than the header, or with a quote that does not fit, is left out where somebody hears of it.
 * - What pandas writes as the nameless index of a frame is the time where it holds ISO times, and left out otherwise.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { WindowError } from '../base/errors.ts';
import { makeTable } from './arrow.ts';
import type { ReadWindowOptions } from './assemble-window.ts';
import { createStringCoder } from './coded-strings.ts';
import { TIME_NAMES } from './column-names.ts';
import type { ColumnToWrite } from './columns.ts';
import { type CellVisitor, cellText, scanCells } from './csv-cells.ts';
import { type Csv, inspectCells } from './csv-columns.ts';
import { parseCellNumber } from './csv-number.ts';
import { parseIsoTime } from './iso-time.ts';
import { MAX_COLUMNS, MAX_ENTITIES, tooLarge, windowLimits } from './limits.ts';
import { windowOfTable } from './read-window.ts';
import { shorten } from './roles.ts';
import type { MetricWindow } from './window.ts';

export type CsvDelimiter = ',' | ';' | '\t';

export interface ReadCsvOptions extends ReadWindowOptions {
  /** Without it, the header tells. */
  readonly delimiter?: CsvDelimiter | undefined;
}

const DELIMITERS: readonly CsvDelimiter[] = [',', ';', '\t'];
/** As pandas names a nameless index in Parquet; `roles.ts` knows it. */
const NAMELESS_INDEX = '__index_level_0__';
/** Of a column's name that is looked at: longer is no name, and no line with names. */
const MAX_NAME_BYTES = 1_000_000;
/** Bytes of a gzip header and trailer. */
const LEAST_GZIP = 18;
/** Bytes in which a gzipped file is unpacked at least, whatever its trailer says. */
const LEAST_CHUNK = 65_536;

/**
 * @throws WindowError as `readWindow` does, and with one of the codes
 *   `unreadable` (not UTF-8, not text, damaged gzip), `no-header`, `bad-row` (a line with more or fewer cells than the
 *   header), `bad-quote`, `bad-value` (a cell that is no number among numbers)
 */
export function readCsvWindow(bytes: Uint8Array, options: ReadCsvOptions): MetricWindow {
  const csv = readHeader(textBytes(bytes, options.source), options);
  const { isNumeric, rows } = inspectCells(csv, options);
  if (rows * csv.names.length > windowLimits().values)
    throw tooLarge(csv.source, `${rows} rows × ${csv.names.length} columns`, 'values');
  return windowOfTable(makeTable(readColumns(csv, isNumeric, rows)), options);
}

/** Unpacked, without its byte order mark. */
function textBytes(given: Uint8Array, source: string): Buffer {
  if (given.length === 0) throw new WindowError('empty-file', `${source} is empty`);
  if (given.length > windowLimits().fileBytes) throw tooLarge(source, `${given.length} bytes`, 'fileBytes');
  const bytes =
    given[0] === 0x1f && given[1] === 0x8b
      ? unpack(given, source)
      : Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (bytes.toString('latin1', 0, 4) === 'PAR1')
    throw new WindowError('unreadable', `${source} is Parquet, not CSV, by its first bytes`);
  if (!isUtf8(bytes) || bytes.includes(0))
    throw new WindowError(
      'unreadable',
      `${source} is not UTF-8 text, as CSV has to be${isUtf16(bytes) ? '; it looks like UTF-16' : ''}`,
    );
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function unpack(given: Uint8Array, source: string): Buffer {
  if (given.length < LEAST_GZIP)
    throw new WindowError('unreadable', `${source} is gzip and damaged: ${given.length} bytes`);
  const { textBytes: most } = windowLimits();
  try {
    // In one piece, as large as the file says that it gets: pieces would be held a second time while they are joined.
    const stated = Buffer.from(given.buffer, given.byteOffset, given.byteLength).readUInt32LE(
      given.length - 4,
    );
    const chunkSize = Math.min(Math.max(stated + 1, LEAST_CHUNK), most);
    return gunzipSync(given, { maxOutputLength: most, chunkSize });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(source, 'more bytes of text once unpacked', 'textBytes');
    throw new WindowError('unreadable', `${source} is gzip and damaged: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function isUtf16(bytes: Buffer): boolean {
  return (
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff) || bytes[1] === 0
  );
}

function readHeader(bytes: Buffer, { source, delimiter = sniff(bytes) }: ReadCsvOptions): Csv {
  const names: string[] = [];
  const code = delimiter.charCodeAt(0);
  const visitor: CellVisitor = {
    cell: (column, from, to, doubled) => {
      // Before the next one is kept: a line of nothing but delimiters has as many names as bytes.
      if (column >= MAX_COLUMNS) throw beyond(source, `more than ${MAX_COLUMNS} columns`, MAX_COLUMNS);
      if (to - from > MAX_NAME_BYTES)
        throw beyond(source, `${to - from} bytes in the name of column ${column + 1}`, MAX_NAME_BYTES);
      const name = cellText(bytes, from, to, doubled);
      names.push(name === '' && column === 0 ? NAMELESS_INDEX : name);
    },
    endRow: () => {},
  };
  const from = scanCells(bytes, { from: 0, delimiter: code, source, mostRows: 1 }, visitor);
  if (names.length === 0) throw new WindowError('no-header', `${source} has no line with column names`);
  const seen = new Set<string>();
  for (const name of names)
    if (name !== '' && seen.size === seen.add(name).size)
      throw new WindowError('bad-column', `${source}: two columns called ${shorten(name)}`);
  if (names.every((name) => parseCellNumber(Buffer.from(name), 0, Buffer.byteLength(name)) !== undefined))
    throw new WindowError(
      'no-header',
      `${source} begins with numbers (${names.slice(0, 5).map(shorten).join(', ')}) in place of column names`,
    );
  return { bytes, source, delimiter: code, names, from };
}

/** The delimiter that the header has most of; of as many, the first of the list. */
function sniff(bytes: Buffer): CsvDelimiter {
  const counts = new Uint32Array(256);
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === 34) quoted = !quoted;
    else if (!quoted && (byte === 10 || byte === 13)) break;
    else if (!quoted) counts[byte]!++;
  }
  const countOf = (delimiter: CsvDelimiter): number => counts[delimiter.charCodeAt(0)]!;
  return DELIMITERS.reduce((best, each) => (countOf(each) > countOf(best) ? each : best));
}

/** Second pass. */
function readColumns(csv: Csv, isNumeric: readonly boolean[], rows: number): ColumnToWrite[] {
  const { bytes, source, delimiter } = csv;
  const readers = isNumeric.map((numeric, column) =>
    numeric ? numberReader(bytes, rows) : textReader(csv, csv.names[column]!, rows),
  );
  // Of the line that is read: of one that is left out, no cell may be known.
  const starts = new Float64Array(readers.length);
  const ends = new Float64Array(readers.length);
  const areDoubled = new Uint8Array(readers.length);
  let row = 0;
  scanCells(
    bytes,
    { from: csv.from, delimiter, source },
    {
      cell(column, from, to, doubled) {
        if (column >= readers.length) return;
        starts[column] = from;
        ends[column] = to;
        areDoubled[column] = Number(doubled);
      },
      endRow(cells) {
        if (cells !== readers.length) return;
        for (let i = 0; i < readers.length; i++)
          readers[i]!.read(row, starts[i]!, ends[i]!, areDoubled[i] === 1);
        row++;
      },
      // The first pass told of it.
      badLine: () => {},
    },
  );
  return readers.map((reader, column) => reader.column(csv.names[column]!));
}

interface ColumnReader {
  read(row: number, from: number, to: number, doubled: boolean): void;
  column(name: string): ColumnToWrite;
}

function numberReader(bytes: Buffer, rows: number): ColumnReader {
  const values = new Float64Array(rows);
  return {
    read(row, from, to) {
      values[row] = from === to ? Number.NaN : (parseCellNumber(bytes, from, to) ?? Number.NaN);
    },
    column: (name) => ({ name, type: 'double', values }),
  };
}

function textReader({ bytes, source }: Csv, name: string, rows: number): ColumnReader {
  const codes = new Uint32Array(rows);
  // Every other text names an entity, or a part of its name.
  const isTime = name === NAMELESS_INDEX || TIME_NAMES.includes(name.toLowerCase());
  const mostValues = isTime ? Infinity : MAX_ENTITIES;
  const strings = createStringCoder({ source, name: shorten(name), mostValues });
  const dictionary = strings.values;
  let [start, end, code] = [0, -1, 0];
  return {
    read(row, from, to, doubled) {
      // Files sorted by entity repeat a cell row after row: it is not decoded again.
      if (end === -1 || bytes.compare(bytes, start, end, from, to) !== 0) {
        code = strings.codeFor(cellText(bytes, from, to, doubled));
        [start, end] = [from, to];
      }
      codes[row] = code;
    },
    column(name) {
      const times = name === NAMELESS_INDEX ? dictionary.map(parseIsoTime) : [undefined];
      if (times.some((time) => time === undefined)) return { name, type: 'string', dictionary, codes };
      return { name, type: 'timestamp', values: Float64Array.from(codes, (each) => times[each]!) };
    },
  };
}

/** Whatever memory there is. */
function beyond(source: string, what: string, limit: number): WindowError {
  return new WindowError('too-large', `${source} has ${what}, and the limit is ${limit}`);
}
