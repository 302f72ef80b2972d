/**
 * Files of the one layout that `encode-parquet.ts` writes, which are nearly all that a deployment reads: zstd by Node, pages
 * as they lie in memory. Every other file, and one of these that is damaged, is for parquet-wasm.
 */
import { type ColumnToWrite, checkColumns, countRows } from './columns.ts';
import {
  decodeBooleans,
  decodeCodes,
  decodeDictionary,
  decodeFloats,
  decodeTimes,
  mostBytesOf,
} from './decode-values.ts';
import { CREATED_BY, ENCODING, OPTIONAL, PAGE, TYPE_OF, ZSTD } from './encode-parquet.ts';
import {
  BYTES,
  readThriftPrefix,
  readThriftStruct,
  type ThriftStruct,
  type ThriftValue,
  type WantedFields,
} from './thrift.ts';
import { decompress } from './zstd.ts';

/** Bytes of a page's header that are looked at: ours takes thirty. */
const MOST_HEADER = 256;
/** Bytes of all texts of a dictionary: 50,000 names of five thousand characters. A string of Node's ends at 512 MB. */
const MOST_DICTIONARY = 256 * 2 ** 20;
const ANY: WantedFields = { 0: {} };
/** Field numbers of parquet.thrift, as `encode-parquet.ts` writes them. */
const FOOTER: WantedFields = {
  2: { 1: ANY, 3: ANY, 4: BYTES, 6: ANY },
  3: ANY,
  4: { 1: { 3: { 4: ANY, 5: ANY, 6: ANY, 9: ANY, 11: ANY } }, 3: ANY },
  5: { 1: BYTES, 2: BYTES },
  6: BYTES,
};
const HEADER: WantedFields = { 1: ANY, 2: ANY, 3: ANY, 5: { 1: ANY, 2: ANY }, 7: { 1: ANY, 2: ANY } };

type Kind = ColumnToWrite['type'];
type TextColumn = ColumnToWrite & { readonly type: 'string' };

const ARRAY_OF = {
  timestamp: Float64Array,
  double: Float64Array,
  float: Float32Array,
  boolean: Uint8Array,
  integer: Int32Array,
} as const;

interface Column {
  readonly name: string;
  readonly kind: Kind;
}

interface Chunk {
  readonly at: number;
  /** Where its dictionary is, of text. */
  readonly dictionaryAt: number;
  /** Of all of its pages, before they were compressed. */
  readonly bytes: number;
}

/** What was written. */
export interface OwnTable {
  readonly columns: readonly ColumnToWrite[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * @param bytes whose footer has been checked against the limits
 * @returns undefined where it is none of these files, or damaged
 */
export function decodeOwnParquet(bytes: Uint8Array): OwnTable | undefined {
  try {
    return decode(bytes);
  } catch {
    // Whatever is wrong with it: parquet-wasm reads it or says why it cannot be read.
    return undefined;
  }
}

function decode(bytes: Uint8Array): OwnTable | undefined {
  const end = bytes.length - 8;
  const length = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true);
  const footer = readThriftStruct(bytes.subarray(end - length, end), FOOTER);
  if (textOf(footer.get(6)) !== CREATED_BY) return undefined;
  const columns = structsOf(footer.get(2)).slice(1).map(readColumn);
  const metadata = new Map(
    structsOf(footer.get(5) ?? []).map((entry) => [textOf(entry.get(1)), textOf(entry.get(2))] as const),
  );
  const groups = structsOf(footer.get(4)).map((group) => ({
    rows: numberOf(group.get(3)),
    chunks: structsOf(group.get(1)),
  }));
  const decoded = columns.map((column, index) =>
    joinParts(
      column,
      groups.map(({ rows, chunks }) => {
        if (chunks.length !== columns.length) throw new RangeError('a chunk is missing');
        return decodeChunk(bytes, readChunk(chunks[index]!), { ...column, rows });
      }),
    ),
  );
  checkColumns(decoded);
  return { columns: decoded, metadata };
}

function readColumn(element: ThriftStruct): Column {
  const [type, repetition, converted] = [1, 3, 6].map((field) => numberOf(element.get(field) ?? -1n));
  const isOptional = repetition === OPTIONAL;
  const kind = (Object.keys(TYPE_OF) as Kind[]).find(
    (each) =>
      TYPE_OF[each].physical === type &&
      (TYPE_OF[each].converted ?? -1) === converted &&
      TYPE_OF[each].isNullable === isOptional,
  );
  if (kind === undefined) throw new RangeError('a column of another type');
  return { name: textOf(element.get(4)), kind };
}

function readChunk(chunk: ThriftStruct): Chunk {
  const metadata = chunk.get(3);
  if (!(metadata instanceof Map) || numberOf(metadata.get(4)) !== ZSTD) throw new RangeError('no zstd');
  return {
    at: numberOf(metadata.get(9)),
    dictionaryAt: numberOf(metadata.get(11) ?? 0n),
    bytes: numberOf(metadata.get(6)),
  };
}

function decodeChunk(
  bytes: Uint8Array,
  chunk: Chunk,
  { name, kind, rows }: Column & { readonly rows: number },
): ColumnToWrite {
  const most = Math.min(chunk.bytes, mostBytesOf(kind, rows));
  const page = readPage(bytes, { at: chunk.at, kind: 'data', most });
  if (page.values !== rows) throw new RangeError(`${page.values} values of ${rows} rows`);
  if (kind === 'string') {
    // The limits of a file hold for both pages together.
    const left = Math.min(MOST_DICTIONARY, chunk.bytes - page.bytes.length);
    const texts = readPage(bytes, { at: chunk.dictionaryAt, kind: 'dictionary', most: left });
    const dictionary = decodeDictionary(texts.bytes, texts.values);
    return { name, type: kind, dictionary, codes: decodeCodes(page.bytes, { rows, size: texts.values }) };
  }
  if (page.encoding !== ENCODING.plain) throw new RangeError(`encoding ${page.encoding}`);
  if (kind === 'double' || kind === 'float')
    return { name, type: kind, values: decodeFloats(page.bytes, rows, kind) } as ColumnToWrite;
  const size = kind === 'boolean' ? Math.ceil(rows / 8) : rows * (kind === 'timestamp' ? 8 : 4);
  if (page.bytes.length !== size) throw new RangeError(`${page.bytes.length} bytes of ${size}`);
  if (kind === 'timestamp') return { name, type: kind, values: decodeTimes(page.bytes, rows) };
  if (kind === 'integer') return { name, type: kind, values: new Int32Array(page.bytes.buffer, 0, rows) };
  return { name, type: kind, values: decodeBooleans(page.bytes, rows) };
}

/** The parts of a column, one a row group. */
function joinParts({ name, kind }: Column, parts: readonly ColumnToWrite[]): ColumnToWrite {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const rows = parts.reduce((sum, part) => sum + countRows(part), 0);
  if (kind === 'string') return { name, type: kind, ...joinTexts(parts as readonly TextColumn[], rows) };
  const values = new ARRAY_OF[kind](rows);
  let from = 0;
  for (const part of parts as readonly Exclude<ColumnToWrite, TextColumn>[]) {
    values.set(part.values, from);
    from += part.values.length;
  }
  return { name, type: kind, values } as ColumnToWrite;
}

/** Each part has numbers of its own. */
function joinTexts(
  parts: readonly TextColumn[],
  rows: number,
): { readonly dictionary: readonly string[]; readonly codes: Uint32Array } {
  const codes = new Uint32Array(rows);
  let [from, texts] = [0, 0];
  for (const part of parts) {
    for (const code of part.codes) codes[from++] = texts + code;
    texts += part.dictionary.length;
  }
  return { dictionary: parts.flatMap(({ dictionary }) => dictionary), codes };
}

interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly values: number;
  readonly encoding: number;
}

/** @param given.most bytes, before they were compressed: a header may claim any number, and zeros compress to nothing */
function readPage(
  bytes: Uint8Array,
  given: { readonly at: number; readonly kind: keyof typeof PAGE; readonly most: number },
): Page {
  const { at, kind, most } = given;
  const { struct, length } = readThriftPrefix(bytes.subarray(at, at + MOST_HEADER), HEADER);
  const [type, uncompressed, compressed] = [1, 2, 3].map((field) => numberOf(struct.get(field)));
  const own = struct.get(kind === 'data' ? 5 : 7);
  if (type !== PAGE[kind] || !(own instanceof Map)) throw new RangeError('a page of another type');
  if (uncompressed! > most) throw new RangeError(`a page of ${uncompressed} bytes, and ${most} are its most`);
  const from = at + length;
  const to = from + compressed!;
  if (to > bytes.length) throw new RangeError('a page beyond the file');
  return {
    bytes: decompress(bytes.subarray(from, to), uncompressed!),
    values: numberOf(own.get(1)),
    encoding: numberOf(own.get(2)),
  };
}

function structsOf(value: ThriftValue): readonly ThriftStruct[] {
  if (!Array.isArray(value)) throw new RangeError('no list');
  return value.map((each) => {
    if (each instanceof Map) return each;
    throw new RangeError('no struct');
  });
}

/** Whole, 0 or above; -1 is said by the caller for what may be missing. */
function numberOf(value: ThriftValue): number {
  if (typeof value === 'bigint' && value >= -1n && value <= BigInt(Number.MAX_SAFE_INTEGER))
    return Number(value);
  throw new RangeError('no number');
}

function textOf(value: ThriftValue): string {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8');
  throw new RangeError('no text');
}
