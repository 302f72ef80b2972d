/**
 * Columns as a Parquet file of the one layout that Tidewatch writes: row groups of ROWS_OF_GROUP rows, in each a page a column,
 * PLAIN or, of text, a dictionary with numbers into it; zstd by Node. `decode-parquet.ts` reads that layout and no other.
 * Format: https://parquet.apache.org/docs/file-format/ and parquet.thrift of https://github.com/apache/parquet-format
 */
import { type ColumnToWrite, countRows, type MetadataEntry } from './columns.ts';
import { describeValues, encodeDictionary, encodeValues, type Rows } from './encode-values.ts';
import {
  binary,
  boolean,
  i32,
  i64,
  list,
  struct,
  type ThriftField,
  text,
  writeThriftStruct,
} from './thrift-writer.ts';
import { compress } from './zstd.ts';

/** A page of doubles is a megabyte then. */
export const ROWS_OF_GROUP = 131_072;
/** Says which layout it is, to `decode-parquet.ts`; the same under every release, so that the same columns give the same bytes. */
export const CREATED_BY = 'tidewatch version 2';

/** Numbers of parquet.thrift, from here on. */
export const ENCODING = { plain: 0, rle: 3, dictionary: 8 } as const;
export const ZSTD = 6;
export const PAGE = { data: 0, dictionary: 2 } as const;
const REQUIRED = 0;
export const OPTIONAL = 1;
const MAGIC: Uint8Array = Buffer.from('PAR1', 'latin1');
const TYPE_DEFINED_ORDER: ThriftField = struct([1, struct()]);

interface StoredType {
  readonly physical: number;
  /** From before there were logical types; both are written. */
  readonly converted?: number;
  readonly logical?: ThriftField;
  readonly isNullable: boolean;
}

/** Each is told from the others by `physical`, `converted` and `isNullable`. */
export const TYPE_OF: Readonly<Record<ColumnToWrite['type'], StoredType>> = {
  boolean: { physical: 0, isNullable: false },
  integer: { physical: 1, isNullable: false },
  timestamp: {
    physical: 2,
    converted: 9,
    // TIMESTAMP, in UTC, in milliseconds.
    logical: struct([8, struct([1, boolean(true)], [2, struct([1, struct()])])]),
    isNullable: false,
  },
  float: { physical: 4, isNullable: true },
  double: { physical: 5, isNullable: true },
  string: { physical: 6, converted: 0, logical: struct([1, struct()]), isNullable: false },
};

/** What stands in a page before it is compressed. */
interface PageContent {
  readonly bytes: Uint8Array;
  readonly values: number;
  readonly kind: 'data' | 'dictionary';
}

/** @param columns of the same length, whose names and values are checked */
export function encodeParquet(columns: readonly ColumnToWrite[], metadata?: MetadataEntry): Uint8Array {
  const rows = columns[0] === undefined ? 0 : countRows(columns[0]);
  const parts: Uint8Array[] = [MAGIC];
  const groups: ThriftField[] = [];
  let at = MAGIC.length;
  for (let from = 0; from < rows; from += ROWS_OF_GROUP) {
    const of: Rows = { from, to: Math.min(rows, from + ROWS_OF_GROUP) };
    const chunks: ThriftField[] = [];
    let size = 0;
    for (const column of columns) {
      const chunk = encodeChunk(column, of, at);
      parts.push(...chunk.parts);
      chunks.push(chunk.described);
      at += chunk.compressed;
      size += chunk.uncompressed;
    }
    groups.push(struct([1, list('struct', chunks)], [2, i64(size)], [3, i64(of.to - from)]));
  }
  const footer = writeThriftStruct([
    [1, i32(1)],
    [2, list('struct', [describeRoot(columns.length), ...columns.map(describeColumn)])],
    [3, i64(rows)],
    [4, list('struct', groups)],
    [5, metadata && list('struct', [struct([1, text(metadata.key)], [2, text(metadata.value)])])],
    [6, text(CREATED_BY)],
    [
      7,
      list(
        'struct',
        columns.map(() => TYPE_DEFINED_ORDER),
      ),
    ],
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, MAGIC]);
}

function describeRoot(columns: number): ThriftField {
  return struct([4, text('schema')], [5, i32(columns)]);
}

function describeColumn({ name, type }: ColumnToWrite): ThriftField {
  const { physical, converted, logical, isNullable } = TYPE_OF[type];
  return struct(
    [1, i32(physical)],
    [3, i32(isNullable ? OPTIONAL : REQUIRED)],
    [4, text(name)],
    [6, converted === undefined ? undefined : i32(converted)],
    [10, logical],
  );
}

interface Chunk {
  readonly parts: readonly Uint8Array[];
  readonly described: ThriftField;
  readonly compressed: number;
  readonly uncompressed: number;
}

/** @param at where in the file it begins */
function encodeChunk(column: ColumnToWrite, rows: Rows, at: number): Chunk {
  const dictionary =
    column.type === 'string'
      ? encodePage({ bytes: encodeDictionary(column), values: column.dictionary.length, kind: 'dictionary' })
      : undefined;
  const data = encodePage(
    { bytes: encodeValues(column, rows), values: rows.to - rows.from, kind: 'data' },
    column,
  );
  const parts = [...(dictionary?.parts ?? []), ...data.parts];
  const compressed = (dictionary?.compressed ?? 0) + data.compressed;
  const uncompressed = (dictionary?.uncompressed ?? 0) + data.uncompressed;
  const { nulls, least, most } = describeValues(column, rows);
  const encodings =
    column.type === 'string'
      ? [ENCODING.plain, ENCODING.rle, ENCODING.dictionary]
      : [ENCODING.plain, ENCODING.rle];
  const metadata = struct(
    [1, i32(TYPE_OF[column.type].physical)],
    [2, list('i32', encodings.map(i32))],
    [3, list('binary', [text(column.name)])],
    [4, i32(ZSTD)],
    [5, i64(rows.to - rows.from)],
    [6, i64(uncompressed)],
    [7, i64(compressed)],
    [9, i64(at + (dictionary?.compressed ?? 0))],
    [11, dictionary && i64(at)],
    [12, struct([3, i64(nulls)], [5, most && binary(most)], [6, least && binary(least)])],
  );
  return { parts, described: struct([2, i64(at)], [3, metadata]), compressed, uncompressed };
}

interface EncodedPage {
  readonly parts: readonly Uint8Array[];
  /** With the header. */
  readonly compressed: number;
  readonly uncompressed: number;
}

function encodePage({ bytes, values, kind }: PageContent, column?: ColumnToWrite): EncodedPage {
  const body = compress(bytes);
  const header = writeThriftStruct([
    [1, i32(PAGE[kind])],
    [2, i32(bytes.length)],
    [3, i32(body.length)],
    [
      5,
      kind === 'data'
        ? struct(
            [1, i32(values)],
            [2, i32(column?.type === 'string' ? ENCODING.dictionary : ENCODING.plain)],
            [3, i32(ENCODING.rle)],
            [4, i32(ENCODING.rle)],
          )
        : undefined,
    ],
    [7, kind === 'dictionary' ? struct([1, i32(values)], [2, i32(ENCODING.plain)]) : undefined],
  ]);
  return {
    parts: [header, body],
    compressed: header.length + body.length,
    uncompressed: header.length + bytes.length,
  };
}
