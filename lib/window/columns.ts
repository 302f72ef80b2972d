/** Columns to write, and what holds of them whoever writes them. */
import { TidewatchError } from '../base/errors.ts';

/** One entry of a file's key-value metadata. */
export interface MetadataEntry {
  readonly key: string;
  readonly value: string;
}

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

export function countRows(column: ColumnToWrite): number {
  return column.type === 'string' ? column.codes.length : column.values.length;
}

/**
 * @throws TidewatchError `bad-table` where columns differ in length or share a name that is one, a time is not whole, or a code
 *   is outside its dictionary
 */
export function checkColumns(columns: readonly ColumnToWrite[]): void {
  const [first] = columns;
  for (const column of columns) {
    if (countRows(column) !== countRows(first!))
      throw new TidewatchError(
        'bad-table',
        `column ${column.name} has ${countRows(column)} rows and ${first!.name} has ${countRows(first!)}`,
      );
    if (column.type === 'string') checkCodes(column);
    if (column.type === 'timestamp') checkTimes(column);
  }
  const names = columns.map((column) => column.name).filter((name) => name !== '');
  if (new Set(names).size < names.length)
    throw new TidewatchError('bad-table', `two columns share a name: ${names}`);
}

function checkCodes({ name, codes, dictionary }: ColumnToWrite & { readonly type: 'string' }): void {
  const row = codes.findIndex((code) => code >= dictionary.length);
  if (row !== -1)
    throw new TidewatchError(
      'bad-table',
      `column ${name}, row ${row}: code ${codes[row]} of ${dictionary.length}`,
    );
}

function checkTimes({ name, values }: ColumnToWrite & { readonly type: 'timestamp' }): void {
  const row = values.findIndex((time) => !Number.isSafeInteger(time));
  if (row !== -1)
    throw new TidewatchError(
      'bad-table',
      `column ${name}, row ${row}: ${values[row]} is no whole millisecond`,
    );
}
