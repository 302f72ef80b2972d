/** What stands in the pages of a column: values, which of them there are, and the least and the largest. */
import type { ColumnToWrite } from './columns.ts';

/** Rows of one group, `to` exclusive. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

export interface Statistics {
  readonly nulls: number;
  /** As PLAIN has them; undefined where there is no value. */
  readonly least: Uint8Array | undefined;
  readonly most: Uint8Array | undefined;
}

export type TextColumn = ColumnToWrite & { readonly type: 'string' };
type FloatColumn = ColumnToWrite & { readonly type: 'double' | 'float' };

/** Mean rows of a run of the same code from which on runs are shorter than codes by themselves. */
const RUNS_PAY = 4;
const TWO_32 = 2 ** 32;
/** Of text in statistics: longer ones are left out, and the readers go without. */
const LONGEST_STATISTIC = 256;

/** Of a data page: definition levels where a value can be missing, then the values that are there. */
export function encodeValues(column: ColumnToWrite, rows: Rows): Uint8Array {
  switch (column.type) {
    case 'timestamp':
      return encodeTimes(column.values, rows);
    case 'integer':
      return bytesOf(column.values.slice(rows.from, rows.to));
    case 'boolean':
      return packBits(rows.to - rows.from, (i) => column.values[rows.from + i] !== 0);
    case 'string':
      return encodeCodes(column, rows);
    default:
      return encodeFloats(column, rows);
  }
}

/** Of a dictionary page: each text behind its length. */
export function encodeDictionary({ dictionary }: TextColumn): Uint8Array {
  return Buffer.concat(
    dictionary.flatMap((value) => {
      const utf8 = Buffer.from(value, 'utf8');
      return [uint32(utf8.length), utf8];
    }),
  );
}

/** Bits that a number into a dictionary of that size takes. */
export function bitsOfCodes(size: number): number {
  return size <= 1 ? 0 : 32 - Math.clz32(size - 1);
}

/** Whole numbers as int64, in halves: a BigInt each would take longer than all else. */
function encodeTimes(values: Float64Array, { from, to }: Rows): Uint8Array {
  const halves = new Int32Array(2 * (to - from));
  for (let row = from, at = 0; row < to; row++) {
    const high = Math.floor(values[row]! / TWO_32);
    halves[at++] = values[row]! - high * TWO_32;
    halves[at++] = high;
  }
  return bytesOf(halves);
}

function encodeFloats({ values }: FloatColumn, { from, to }: Rows): Uint8Array {
  const count = to - from;
  const own = values.slice(from, to);
  let there = 0;
  for (let i = 0; i < count; i++) {
    const value = own[i]!;
    if (!Number.isNaN(value)) own[there++] = value;
  }
  const isThere = (i: number): boolean => !Number.isNaN(values[from + i]!);
  const levels =
    there === count
      ? Uint8Array.of(...varint(count << 1), 1)
      : Buffer.concat([Uint8Array.from(varint((Math.ceil(count / 8) << 1) | 1)), packBits(count, isThere)]);
  return Buffer.concat([uint32(levels.length), levels, bytesOf(own.subarray(0, there))]);
}

/** A byte with the width, then runs of the same code, or all codes one after the other where runs are short. */
function encodeCodes({ codes, dictionary }: TextColumn, { from, to }: Rows): Uint8Array {
  const bits = bitsOfCodes(dictionary.length);
  let runs = 0;
  for (let row = from; row < to; row++) if (row === from || codes[row] !== codes[row - 1]) runs++;
  const count = to - from;
  if (bits === 0 || count >= RUNS_PAY * runs)
    return Uint8Array.from(encodeRuns(codes.subarray(from, to), bits));
  return Buffer.concat([
    Uint8Array.of(bits, ...varint((Math.ceil(count / 8) << 1) | 1)),
    packCodes(codes.subarray(from, to), bits),
  ]);
}

function encodeRuns(codes: Uint32Array, bits: number): number[] {
  const out = [bits];
  const width = Math.ceil(bits / 8);
  for (let start = 0; start < codes.length; ) {
    const code = codes[start]!;
    let end = start + 1;
    while (end < codes.length && codes[end] === code) end++;
    out.push(...varint((end - start) << 1));
    for (let byte = 0; byte < width; byte++) out.push((code >>> (8 * byte)) & 255);
    start = end;
  }
  return out;
}

/** Least significant bit first, in groups of eight codes. */
function packCodes(codes: Uint32Array, bits: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(codes.length / 8) * bits);
  for (let i = 0, at = 0; i < codes.length; i++)
    for (let bit = 0; bit < bits; bit++, at++)
      out[at >> 3] = out[at >> 3]! | (((codes[i]! >>> bit) & 1) << (at & 7));
  return out;
}

/** Least significant bit first, in groups of eight. */
function packBits(count: number, isSet: (i: number) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (let i = 0; i < count; i++) if (isSet(i)) bits[i >> 3] = bits[i >> 3]! | (1 << (i & 7));
  return bits;
}

/** By the rules of parquet.thrift: NaN is no value, and a zero is the one farther out. */
export function describeValues(column: ColumnToWrite, { from, to }: Rows): Statistics {
  if (column.type === 'string') return describeText(column, { from, to });
  const { type, values } = column;
  let [least, most, nulls] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (value < least) least = value;
    if (value > most) most = value;
    if (Number.isNaN(value)) nulls++;
  }
  if (nulls === to - from) return { nulls, least: undefined, most: undefined };
  const plain = (value: number, zero: number): Uint8Array => {
    if (type === 'timestamp') return bytesOf(BigInt64Array.of(BigInt(value)));
    if (type === 'boolean') return Uint8Array.of(value === 0 ? 0 : 1);
    if (type === 'integer') return bytesOf(Int32Array.of(value));
    const signed = value === 0 ? zero : value;
    return bytesOf(type === 'float' ? Float32Array.of(signed) : Float64Array.of(signed));
  };
  return { nulls, least: plain(least, -0), most: plain(most, 0) };
}

function describeText({ codes, dictionary }: TextColumn, { from, to }: Rows): Statistics {
  const used = new Uint8Array(dictionary.length);
  for (let row = from; row < to; row++) used[codes[row]!] = 1;
  const texts = dictionary.filter((_, code) => used[code] === 1).map((value) => Buffer.from(value, 'utf8'));
  if (texts.length === 0 || texts.some(({ length }) => length > LONGEST_STATISTIC))
    return { nulls: 0, least: undefined, most: undefined };
  const [first] = texts;
  return {
    nulls: 0,
    least: texts.reduce((a, b) => (Buffer.compare(b, a) < 0 ? b : a), first!),
    most: texts.reduce((a, b) => (Buffer.compare(b, a) > 0 ? b : a), first!),
  };
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function uint32(value: number): Uint8Array {
  return bytesOf(Uint32Array.of(value));
}

/** @param value below 2^31 */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}
