/** What `encode-values.ts` puts into a page, read back. Every error is a RangeError: the page is not of that layout. */
import { isUtf8 } from 'node:buffer';
import type { ColumnToWrite } from './columns.ts';
import { bitsOfCodes } from './encode-values.ts';

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** What stands in front of the values or codes of a page, and what a last group of eight is filled up with. */
const MOST_BESIDE = 64;

/** Bytes that a data page takes at the most: of texts a run of one row takes five, and longer ones take fewer a row. */
export function mostBytesOf(kind: ColumnToWrite['type'], rows: number): number {
  const ofRow = { boolean: 1 / 8, integer: 4, timestamp: 8, float: 4 + 1 / 8, double: 8 + 1 / 8, string: 5 }[
    kind
  ];
  return Math.ceil(ofRow * rows) + MOST_BESIDE;
}

/** Values of doubles or floats, NaN where there is none. */
export function decodeFloats(
  page: Uint8Array<ArrayBuffer>,
  rows: number,
  kind: 'double' | 'float',
): Float64Array | Float32Array {
  const cursor: Cursor = { bytes: page, at: 4 };
  const levels = new DataView(page.buffer, page.byteOffset, page.length).getUint32(0, true);
  const run = readVarint(cursor);
  const end = 4 + levels;
  // A typed array begins at a multiple of its elements' size: values are moved there.
  const there = page.slice(end).buffer;
  const values = kind === 'double' ? new Float64Array(there) : new Float32Array(there);
  if ((run & 1) === 0) {
    if (run >>> 1 !== rows || page[cursor.at] !== 1 || cursor.at + 1 !== end || values.length !== rows)
      throw new RangeError('levels of another layout');
    return values;
  }
  const groups = run >>> 1;
  if (groups !== Math.ceil(rows / 8) || cursor.at + groups !== end)
    throw new RangeError('levels of another layout');
  const bits = page.subarray(cursor.at, end);
  const data = kind === 'double' ? new Float64Array(rows) : new Float32Array(rows);
  let next = 0;
  for (let row = 0; row < rows; row++)
    data[row] = ((bits[row >> 3]! >> (row & 7)) & 1) === 1 ? values[next++]! : Number.NaN;
  if (next !== values.length)
    throw new RangeError(`${next} values by their levels, ${values.length} in the page`);
  return data;
}

/** Whole milliseconds in 64 bits. In halves: a BigInt each took a third of the time of reading. */
export function decodeTimes(page: Uint8Array<ArrayBuffer>, rows: number): Float64Array {
  const halves = new Int32Array(page.buffer, page.byteOffset, 2 * rows);
  const times = new Float64Array(rows);
  for (let row = 0; row < rows; row++) times[row] = halves[2 * row + 1]! * 2 ** 32 + (halves[2 * row]! >>> 0);
  return times;
}

/** 0 or 1, from a bit each, the least significant first. */
export function decodeBooleans(page: Uint8Array, rows: number): Uint8Array {
  const flags = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) flags[row] = (page[row >> 3]! >> (row & 7)) & 1;
  return flags;
}

/** Texts, each behind its length. */
export function decodeDictionary(page: Uint8Array, count: number): readonly string[] {
  if (4 * count > page.length) throw new RangeError(`${count} texts in ${page.length} bytes`);
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.length);
  const texts: string[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const from = at + 4;
    at = from + bytes.readUInt32LE(at);
    const text = bytes.subarray(from, at);
    if (at > bytes.length || !isUtf8(text)) throw new RangeError('a text beyond its page, or none');
    texts.push(text.toString('utf8'));
  }
  if (at !== page.length) throw new RangeError('bytes behind the last text');
  return texts;
}

/** Runs of one code, or of codes one after the other. @param given.size of the dictionary */
export function decodeCodes(
  page: Uint8Array,
  given: { readonly rows: number; readonly size: number },
): Uint32Array {
  const { rows, size } = given;
  const codes = new Uint32Array(rows);
  const cursor: Cursor = { bytes: page, at: 1 };
  const bits = page[0]!;
  if (bits !== bitsOfCodes(size)) throw new RangeError(`${bits} bits for ${size} texts`);
  const width = Math.ceil(bits / 8);
  for (let row = 0; row < rows; ) {
    const run = readVarint(cursor);
    if ((run & 1) === 0) {
      let code = 0;
      for (let byte = 0; byte < width; byte++) code |= readByte(cursor) << (8 * byte);
      const to = row + (run >>> 1);
      if (to > rows || to === row) throw new RangeError('a run of another length');
      codes.fill(code, row, to);
      row = to;
      continue;
    }
    const bytes = (run >>> 1) * bits;
    if (cursor.at + bytes > page.length) throw new RangeError('codes beyond their page');
    const count = Math.min(8 * (run >>> 1), rows - row);
    unpack(page.subarray(cursor.at, cursor.at + bytes), bits, codes.subarray(row, row + count));
    cursor.at += bytes;
    row += count;
    if (count === 0) throw new RangeError('a run of nothing');
  }
  return codes;
}

/** Least significant bit first. */
function unpack(packed: Uint8Array, bits: number, into: Uint32Array): void {
  for (let i = 0, at = 0; i < into.length; i++) {
    let code = 0;
    for (let bit = 0; bit < bits; bit++, at++) code |= ((packed[at >> 3]! >> (at & 7)) & 1) << bit;
    into[i] = code;
  }
}

function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++];
  if (byte === undefined) throw new RangeError('ends too early');
  return byte;
}

/** Below 2^31. */
function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = readByte(cursor);
    value += (byte & 127) * 2 ** shift;
    if (byte < 128 && value < 2 ** 31) return value;
  }
  throw new RangeError('a number too large');
}
