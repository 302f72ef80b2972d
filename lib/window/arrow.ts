/** Typed arrays in, Arrow columns out, without a copy of the values. */
import {
  Bool,
  type DataType,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMillisecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { TidewatchError } from '../base/errors.ts';

/** A column to write. Every array has one entry per row. */
export type ColumnToWrite =
  /** Epoch milliseconds, whole, never missing: TIMESTAMP(MILLIS, UTC). */
  | { readonly name: string; readonly type: 'timestamp'; readonly values: Float64Array }
  /** NaN is written as null: DOUBLE or FLOAT. */
  | { readonly name: string; readonly type: 'double'; readonly values: Float64Array }
  | { readonly name: string; readonly type: 'float'; readonly values: Float32Array }
  /** 0 or 1: BOOLEAN. */
  | { readonly name: string; readonly type: 'boolean'; readonly values: Uint8Array }
  /** 32-bit signed integers. */
  | { readonly name: string; readonly type: 'integer'; readonly values: Int32Array }
  /** `codes` index into `dictionary`: dictionary-encoded STRING. */
  | {
      readonly name: string;
      readonly type: 'string';
      readonly dictionary: readonly string[];
      readonly codes: Uint32Array;
    };

type Column = { readonly field: Field; readonly data: ReturnType<typeof makeData> };

/** @throws TidewatchError `bad-table` where columns differ in length or share a name that is one, or a time is not whole */
export function makeTable(columns: readonly ColumnToWrite[]): Table {
  const length = columns[0] ? lengthOf(columns[0]) : 0;
  for (const column of columns) {
    if (lengthOf(column) !== length)
      throw new TidewatchError(
        'bad-table',
        `column ${column.name} has ${lengthOf(column)} rows and ${columns[0]!.name} has ${length}`,
      );
  }
  const names = columns.map((column) => column.name).filter((name) => name !== '');
  if (new Set(names).size < names.length)
    throw new TidewatchError('bad-table', `two columns share a name: ${names}`);
  const made = columns.map(makeColumn);
  const schema = new Schema(made.map((column) => column.field));
  const children = made.map((column) => column.data);
  return new Table(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children })));
}

function makeColumn(column: ColumnToWrite, index: number): Column {
  const length = lengthOf(column);
  switch (column.type) {
    case 'timestamp':
      return describe(
        column.name,
        false,
        makeData({ type: new TimestampMillisecond('UTC'), data: wholeTimes(column) }),
      );
    case 'double':
      return describe(
        column.name,
        true,
        makeData({ type: new Float64(), data: column.values, ...validity(column.values) }),
      );
    case 'float':
      return describe(
        column.name,
        true,
        makeData({ type: new Float32(), data: column.values, ...validity(column.values) }),
      );
    case 'boolean':
      return describe(
        column.name,
        false,
        makeData({ type: new Bool(), length, data: packBits(column.values) }),
      );
    case 'integer':
      return describe(column.name, false, makeData({ type: new Int32(), data: column.values }));
    case 'string': {
      // An explicit id: apache-arrow counts up otherwise, and the bytes would depend on what was written before.
      const type = new Dictionary(new Utf8(), new Int32(), index);
      const dictionary = vectorFromArray(column.dictionary, new Utf8());
      assertCodes(column);
      const data = new Int32Array(column.codes.buffer, column.codes.byteOffset, length);
      return describe(column.name, false, makeData({ type, data, dictionary }));
    }
  }
}

function describe(name: string, nullable: boolean, data: ReturnType<typeof makeData>): Column {
  return { field: new Field(name, data.type as DataType, nullable), data };
}

function lengthOf(column: ColumnToWrite): number {
  return column.type === 'string' ? column.codes.length : column.values.length;
}

function assertCodes(column: ColumnToWrite & { readonly type: 'string' }): void {
  const size = column.dictionary.length;
  const row = column.codes.findIndex((code) => code >= size);
  if (row !== -1)
    throw new TidewatchError(
      'bad-table',
      `column ${column.name}, row ${row}: code ${column.codes[row]} of ${size}`,
    );
}

function wholeTimes(column: { readonly name: string; readonly values: Float64Array }): BigInt64Array {
  const times = new BigInt64Array(column.values.length);
  for (let row = 0; row < times.length; row++) {
    const time = column.values[row]!;
    if (!Number.isSafeInteger(time))
      throw new TidewatchError(
        'bad-table',
        `column ${column.name}, row ${row}: ${time} is no whole millisecond`,
      );
    times[row] = BigInt(time);
  }
  return times;
}

/** Arrow's validity bitmap: bit set where the value counts. None where every value does. */
function validity(values: Float64Array | Float32Array): { nullBitmap?: Uint8Array; nullCount: number } {
  let nullCount = 0;
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row]!)) nullCount++;
  if (nullCount === 0) return { nullCount };
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
  for (let row = 0; row < values.length; row++)
    if (!Number.isNaN(values[row]!)) nullBitmap[row >> 3] = nullBitmap[row >> 3]! | (1 << (row & 7));
  return { nullBitmap, nullCount };
}

function packBits(values: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 64) * 8);
  for (let row = 0; row < values.length; row++)
    if (values[row] !== 0) bits[row >> 3] = bits[row >> 3]! | (1 << (row & 7));
  return bits;
}
