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
import { type ColumnToWrite, checkColumns, countRows } from './columns.ts';

type Column = { readonly field: Field; readonly data: ReturnType<typeof makeData> };

/** @param metadata of the file @throws TidewatchError `bad-table` as `checkColumns` does */
export function makeTable(
  columns: readonly ColumnToWrite[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Table {
  checkColumns(columns);
  const length = columns[0] ? countRows(columns[0]) : 0;
  const made = columns.map(makeColumn);
  const schema = new Schema(
    made.map((column) => column.field),
    new Map(metadata),
  );
  const children = made.map((column) => column.data);
  return new Table(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children })));
}

function makeColumn(column: ColumnToWrite, index: number): Column {
  const length = countRows(column);
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
      const data = new Int32Array(column.codes.buffer, column.codes.byteOffset, length);
      return describe(column.name, false, makeData({ type, data, dictionary }));
    }
  }
}

function describe(name: string, nullable: boolean, data: ReturnType<typeof makeData>): Column {
  return { field: new Field(name, data.type as DataType, nullable), data };
}

function wholeTimes({ values }: { readonly values: Float64Array }): BigInt64Array {
  const times = new BigInt64Array(values.length);
  for (let row = 0; row < times.length; row++) times[row] = BigInt(values[row]!);
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
