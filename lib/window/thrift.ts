/** Reads one struct of Thrift's compact protocol, bounds checked. Byte strings are skipped: nobody here needs them. */

export type ThriftStruct = Map<number, ThriftValue>;
export type ThriftValue = bigint | boolean | undefined | ThriftStruct | ThriftValue[];

/** The bytes are not a struct of the compact protocol. */
export class ThriftSyntaxError extends Error {}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Parquet's own metadata nests to 8 or so. */
const MAX_DEPTH = 32;
const TYPE = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

/** @throws ThriftSyntaxError */
export function readThriftStruct(bytes: Uint8Array): ThriftStruct {
  return readStruct({ bytes, at: 0 }, 0);
}

function readStruct(cursor: Cursor, depth: number): ThriftStruct {
  if (depth > MAX_DEPTH) throw new ThriftSyntaxError(`structs nested deeper than ${MAX_DEPTH}`);
  const struct: ThriftStruct = new Map();
  let field = 0;
  for (;;) {
    const header = readByte(cursor);
    if (header === 0) return struct;
    field = header >> 4 === 0 ? Number(readZigzag(cursor)) : field + (header >> 4);
    const type = header & 15;
    struct.set(
      field,
      type === TYPE.true || type === TYPE.false ? type === TYPE.true : readValue(cursor, type, depth),
    );
  }
}

function readValue(cursor: Cursor, type: number, depth: number): ThriftValue {
  switch (type) {
    case TYPE.true:
    case TYPE.false:
      return readByte(cursor) === TYPE.true;
    case TYPE.byte:
      return BigInt(readByte(cursor));
    case TYPE.i16:
    case TYPE.i32:
    case TYPE.i64:
      return readZigzag(cursor);
    case TYPE.double:
      return skip(cursor, 8);
    case TYPE.binary:
      return skip(cursor, readLength(cursor));
    case TYPE.list:
    case TYPE.set:
      return readList(cursor, depth);
    case TYPE.map:
      return skipMap(cursor, depth);
    case TYPE.struct:
      return readStruct(cursor, depth + 1);
    default:
      throw new ThriftSyntaxError(`unknown type ${type} at byte ${cursor.at - 1}`);
  }
}

function readList(cursor: Cursor, depth: number): ThriftValue[] {
  if (depth > MAX_DEPTH) throw new ThriftSyntaxError(`lists nested deeper than ${MAX_DEPTH}`);
  const header = readByte(cursor);
  const size = header >> 4 === 15 ? readLength(cursor) : header >> 4;
  const list: ThriftValue[] = [];
  for (let index = 0; index < size; index++) list.push(readValue(cursor, header & 15, depth + 1));
  return list;
}

function skipMap(cursor: Cursor, depth: number): undefined {
  if (depth > MAX_DEPTH) throw new ThriftSyntaxError(`maps nested deeper than ${MAX_DEPTH}`);
  const size = readLength(cursor);
  if (size === 0) return;
  const types = readByte(cursor);
  for (let index = 0; index < size; index++) {
    readValue(cursor, types >> 4, depth + 1);
    readValue(cursor, types & 15, depth + 1);
  }
}

function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at];
  if (byte === undefined) throw new ThriftSyntaxError(`ends after ${cursor.bytes.length} bytes`);
  cursor.at++;
  return byte;
}

function skip(cursor: Cursor, length: number): undefined {
  if (length > cursor.bytes.length - cursor.at)
    throw new ThriftSyntaxError(`a value of ${length} bytes at byte ${cursor.at} of ${cursor.bytes.length}`);
  cursor.at += length;
}

/** Sizes that cannot fit into the bytes that are left end as "ends after": every element takes a byte at least. */
function readLength(cursor: Cursor): number {
  return Number(readUnsigned(cursor));
}

function readZigzag(cursor: Cursor): bigint {
  const raw = readUnsigned(cursor);
  return (raw >> 1n) ^ -(raw & 1n);
}

function readUnsigned(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = readByte(cursor);
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new ThriftSyntaxError(`a number longer than 10 bytes before byte ${cursor.at}`);
}
