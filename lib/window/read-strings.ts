import { isUtf8 } from 'node:buffer';
import { type Data, DataType, type Vector } from 'apache-arrow';
import { WindowError } from '../base/errors.ts';
import { type CodedColumn, type CodedStrings, createStringCoder, type StringCoder } from './coded-strings.ts';
import type { ColumnName } from './read-numbers.ts';

/** A column of texts. */
export interface TextColumn extends ColumnName {
  /** Different texts that it may have; absent: any number. */
  readonly mostValues?: number;
}

/** Collects values while rows are read. */
interface Coder {
  readonly codes: Uint32Array;
  readonly strings: StringCoder;
  firstNull: number;
  at: number;
}

/** Whether `readStrings` takes a column of this type. */
export function isText(type: DataType): boolean {
  if (DataType.isDictionary(type)) return isText(type.dictionary);
  return (
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isUtf8View(type) ||
    DataType.isBinary(type) ||
    DataType.isLargeBinary(type)
  );
}

/**
 * Plain or dictionary-encoded strings; byte arrays without a type are taken as strings, as old writers leave them.
 * @throws WindowError `bad-value` for bytes that are not UTF-8, `unreadable` for a code outside the dictionary,
 *   `too-large` for more different texts than `column.mostValues`
 */
export function readStrings(vector: Vector, column: TextColumn): CodedStrings {
  const { mostValues = Infinity } = column;
  const strings = createStringCoder({ ...column, mostValues });
  const coder: Coder = {
    codes: new Uint32Array(vector.length),
    strings,
    firstNull: -1,
    at: 0,
  };
  for (const data of vector.data) {
    if (DataType.isDictionary(data.type)) readCodes(coder, data, column);
    else if (DataType.isUtf8View(data.type)) readViews(coder, vector, data.length);
    else readBytes(coder, data, column);
  }
  return { codes: coder.codes, values: strings.values, firstNull: coder.firstNull };
}

/**
 * Joins several columns row by row with "/", in the given order: ("a/b", "c") and ("a", "b/c") have the same name.
 * @throws WindowError `too-large` for more different names than `column.mostValues`
 */
export function joinStrings(columns: readonly CodedStrings[], column: CodedColumn): CodedStrings {
  return columns.reduce((left, right) => {
    const codes = new Uint32Array(left.codes.length);
    const names = createStringCoder(column);
    const codeOf = new Map<number, number>();
    for (let row = 0; row < codes.length; row++) {
      const pair = left.codes[row]! * right.values.length + right.codes[row]!;
      let code = codeOf.get(pair);
      if (code === undefined) {
        code = names.codeFor(`${left.values[left.codes[row]!]}/${right.values[right.codes[row]!]}`);
        codeOf.set(pair, code);
      }
      codes[row] = code;
    }
    return { codes, values: names.values, firstNull: -1 };
  });
}

function readCodes(coder: Coder, data: Data, column: TextColumn): void {
  const dictionary = readStrings(data.dictionary!, column);
  const codes = data.values as Int32Array;
  const mapped = new Int32Array(dictionary.codes.length).fill(-1);
  for (let row = 0; row < data.length; row++) {
    if (data.nullCount > 0 && !data.getValid(row)) {
      addNull(coder);
      continue;
    }
    const code = Number(codes[row]!);
    if (!(code < mapped.length))
      throw new WindowError(
        'unreadable',
        `${column.source}: column ${column.name}, row ${coder.at + 1}: code ${code} of ${mapped.length}`,
      );
    if (mapped[code] === -1)
      mapped[code] = coder.strings.codeFor(dictionary.values[dictionary.codes[code]!]!);
    coder.codes[coder.at++] = mapped[code]!;
  }
}

function readViews(coder: Coder, vector: Vector, length: number): void {
  for (let row = 0; row < length; row++) {
    const value: string | null = vector.get(coder.at);
    if (value === null) addNull(coder);
    else coder.codes[coder.at++] = coder.strings.codeFor(value);
  }
}

function readBytes(coder: Coder, data: Data, column: ColumnName): void {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  const bytes = Buffer.from(data.values.buffer, data.values.byteOffset, data.values.byteLength);
  let start = 0;
  let end = 0;
  let code = -1;
  for (let row = 0; row < data.length; row++) {
    if (data.nullCount > 0 && !data.getValid(row)) {
      addNull(coder);
      continue;
    }
    const from = Number(offsets[row]!);
    const to = Number(offsets[row + 1]!);
    // Files sorted by entity repeat the same bytes row after row: those are not decoded again.
    if (code === -1 || bytes.compare(bytes, start, end, from, to) !== 0) {
      code = coder.strings.codeFor(decode(bytes.subarray(from, to), coder.at, column));
      start = from;
      end = to;
    }
    coder.codes[coder.at++] = code;
  }
}

function decode(bytes: Buffer, row: number, column: ColumnName): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw new WindowError(
    'bad-value',
    `${column.source}: column ${column.name}, row ${row + 1}: 0x${bytes.toString('hex', 0, 16)} is not UTF-8 text`,
  );
}

function addNull(coder: Coder): void {
  if (coder.firstNull === -1) coder.firstNull = coder.at;
  coder.codes[coder.at++] = coder.strings.codeFor('');
}
