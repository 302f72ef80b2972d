/**
 * What a Parquet file says of its own size, read before anything is decoded: a few kilobytes can claim a billion rows.
 * Format: https://parquet.apache.org/docs/file-format/metadata/ in Thrift's compact protocol,
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
import { WindowError } from '../base/errors.ts';
import { TIME_NAMES } from './column-names.ts';
import { MAX_COLUMNS, MAX_FOOTER_BYTES, tooLarge, type WindowLimits, windowLimits } from './limits.ts';
import { readThriftStruct, type ThriftStruct, ThriftSyntaxError, type WantedFields } from './thrift.ts';

/** Magic, footer length, magic. */
const SMALLEST_FILE = 12;
/** Bytes of a first line that are looked at. */
const LONGEST_HEADER = 4096;
/** Field numbers in parquet.thrift. */
const FILE = { rows: 3, rowGroups: 4 } as const;
const ROW_GROUP = { columns: 1, rows: 3 } as const;
const CHUNK = { metadata: 3 } as const;
const CHUNK_METADATA = { type: 1, values: 5, uncompressedBytes: 6 } as const;
/** Physical types of parquet.thrift whose values are numbers; 64-bit integers are told apart below. */
const NUMBERS: ReadonlySet<number> = new Set([1, 4, 5]);
const INT64 = 2;
const WANTED: WantedFields = {
  [FILE.rows]: {},
  [FILE.rowGroups]: {
    [ROW_GROUP.rows]: {},
    [ROW_GROUP.columns]: {
      [CHUNK.metadata]: {
        [CHUNK_METADATA.type]: {},
        [CHUNK_METADATA.values]: {},
        [CHUNK_METADATA.uncompressedBytes]: {},
      },
    },
  },
};

/** What a footer tells of a file that nobody has decoded. */
export interface FooterSize {
  readonly rows: number;
  /** Columns of numbers, the time not among them; a column of labels is. */
  readonly numberColumns: number;
}

/**
 * Bytes at the end of a file that its footer takes, with what tells its length.
 * @param end of the file's bytes, at least 8
 * @returns undefined where it is no Parquet file, or says that its footer is larger than any that is read
 */
export function footerBytesOf(end: Uint8Array): number | undefined {
  const last = Buffer.from(end.buffer, end.byteOffset, end.byteLength).subarray(-8);
  if (last.length < 8 || last.toString('latin1', 4) !== 'PAR1') return undefined;
  // The magic of its beginning is in front of the shortest file's.
  const bytes = last.readUInt32LE(0) + SMALLEST_FILE;
  return bytes <= MAX_FOOTER_BYTES ? bytes : undefined;
}

/**
 * @param end of the file's bytes: all of them, or as many as its footer may take
 * @returns undefined where they hold no footer as a whole, as those of CSV do not
 */
export function readFooterSize(end: Uint8Array): FooterSize | undefined {
  try {
    const file = readFooter(end, 'the file');
    const [group] = structsOf(file, FILE.rowGroups);
    if (group === undefined) return undefined;
    const types = structsOf(group, ROW_GROUP.columns).map((chunk) => {
      const metadata = chunk.get(CHUNK.metadata);
      return metadata instanceof Map ? numberOf(metadata, CHUNK_METADATA.type) : Number.NaN;
    });
    // One of them is mostly the time; of a file whose time is text, a metric too few is told.
    const integers = Math.max(0, types.filter((type) => type === INT64).length - 1);
    const numberColumns = integers + types.filter((type) => NUMBERS.has(type)).length;
    const rows = numberOf(file, FILE.rows);
    return Number.isNaN(rows) ? undefined : { rows, numberColumns };
  } catch (error) {
    if (error instanceof WindowError) return undefined;
    throw error;
  }
}

/** @throws WindowError `empty-file`, `unreadable`, `too-large` */
export function checkFooter(bytes: Uint8Array, source: string): void {
  if (bytes.length === 0) throw new WindowError('empty-file', `${source} is empty: 0 bytes`);
  assertHeld(source, 'bytes', bytes.length, 'fileBytes');
  const file = readFooter(bytes, source);
  let groupRows = 0;
  let uncompressed = 0;
  let values = 0;
  for (const group of structsOf(file, FILE.rowGroups)) {
    const chunks = structsOf(group, ROW_GROUP.columns);
    const rows = numberOf(group, ROW_GROUP.rows);
    assertAtMost(source, 'columns', chunks.length, MAX_COLUMNS);
    groupRows += rows;
    for (const chunk of chunks) {
      const metadata = chunk.get(CHUNK.metadata);
      if (!(metadata instanceof Map)) continue;
      uncompressed += numberOf(metadata, CHUNK_METADATA.uncompressedBytes);
      values += Math.max(rows, numberOf(metadata, CHUNK_METADATA.values));
    }
  }
  const rows = Math.max(groupRows, numberOf(file, FILE.rows));
  if (Number.isNaN(rows + uncompressed + values))
    throw unreadable(source, 'its footer holds a negative row count or size');
  assertHeld(source, 'rows', rows, 'rows');
  assertHeld(source, 'values', values, 'values');
  assertHeld(source, 'uncompressed bytes', uncompressed, 'uncompressedBytes');
}

function readFooter(bytes: Uint8Array, source: string): ThriftStruct {
  const magic = Buffer.from(bytes.subarray(-4)).toString('latin1');
  if (magic === 'PARE') throw unreadable(source, 'its footer is encrypted');
  if (bytes.length < SMALLEST_FILE || magic !== 'PAR1') {
    if (isCsv(bytes))
      throw unreadable(source, 'it is CSV: call it .csv or .tsv, gzipped .csv.gz or .tsv.gz, and it is read');
    const start = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
    const size = `${bytes.length} bytes`;
    throw unreadable(
      source,
      start === 'PAR1'
        ? `it starts as Parquet but is truncated, at ${size}`
        : `its ${size} neither start nor end as Parquet does`,
    );
  }
  const end = bytes.length - 8;
  const length = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true);
  if (length > end - 4)
    throw unreadable(source, `its footer claims ${length} bytes, and the file has room for ${end - 4}`);
  assertAtMost(source, 'bytes in its footer', length, MAX_FOOTER_BYTES);
  try {
    return readThriftStruct(bytes.subarray(end - length, end), WANTED);
  } catch (error) {
    if (!(error instanceof ThriftSyntaxError)) throw error;
    throw unreadable(source, `its footer is damaged: ${error.message}`);
  }
}

/** By a first line that names columns, the time among them. What is called CSV does not come here. */
function isCsv(bytes: Uint8Array): boolean {
  const line = /^[^\r\n]*/.exec(Buffer.from(bytes.subarray(0, LONGEST_HEADER)).toString('utf8'))?.[0] ?? '';
  const cells = line.replace(/^\ufeff/, '').split(/[,;\t]/);
  return (
    cells.length > 1 && cells.some((cell) => TIME_NAMES.includes(cell.replaceAll('"', '').toLowerCase()))
  );
}

function structsOf(struct: ThriftStruct, field: number): ThriftStruct[] {
  const list = struct.get(field);
  return Array.isArray(list) ? list.filter((entry) => entry instanceof Map) : [];
}

/** NaN where the field is negative; 0 where it is absent, which the decoder reports in its own words. */
function numberOf(struct: ThriftStruct, field: number): number {
  const value = struct.get(field);
  if (typeof value !== 'bigint') return 0;
  return value < 0n ? Number.NaN : Number(value);
}

/** What memory bounds. */
function assertHeld(source: string, what: string, actual: number, name: keyof WindowLimits): void {
  if (actual > windowLimits()[name]) throw tooLarge(source, `${actual} ${what}`, name);
}

function assertAtMost(source: string, what: string, actual: number, limit: number): void {
  if (actual > limit)
    throw new WindowError('too-large', `${source} has ${actual} ${what}, and the limit is ${limit}`);
}

function unreadable(source: string, why: string): WindowError {
  return new WindowError('unreadable', `${source} is not readable as Parquet: ${why}`);
}
