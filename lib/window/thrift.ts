/**
 * Reads one struct of Thrift's compact protocol, bounds checked. Every field that the caller does not name is skipped, or a
 * footer of 8 MB would take gigabytes.
 */

export type ThriftStruct = Map<number, ThriftValue>;
export type ThriftValue = bigint | boolean | undefined | Uint8Array | ThriftStruct | ThriftValue[];

/** Fields that are kept, each with those of the struct, or of the structs of the list, that it holds. */
export interface WantedFields {
  readonly [field: number]: WantedFields;
}

/** Of a field that holds bytes, or a list of such: they are kept, without a copy. Those of any other field are skipped. */
export const BYTES: WantedFields = {};

/** The bytes are not a struct of the compact protocol. */
export class ThriftSyntaxError extends Error {}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  /** Kept or skipped. */
  values: number;
  /** Structs that are kept. */
  structs: number;
}

/** Parquet's own metadata nests to 8 or so. */
const MAX_DEPTH = 32;
/** 40,000 column chunks, as 40 million values in row groups of a thousand rows have, come to 1.2 million. */
const MAX_THRIFT_VALUES = 2_000_000;
/** Two for each of them, and one for each row group. */
const MAX_KEPT_STRUCTS = 200_000;
const NOTHING: WantedFields = {};
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
export function readThriftStruct(bytes: Uint8Array, wanted: WantedFields): ThriftStruct {
  return readThriftPrefix(bytes, wanted).struct;
}

/** A struct that other bytes follow. @returns with how many bytes it takes @throws ThriftSyntaxError */
export function readThriftPrefix(
  bytes: Uint8Array,
  wanted: WantedFields,
): { readonly struct: ThriftStruct; readonly length: number } {
  const cursor = { bytes, at: 0, values: 0, structs: 0 };
  const struct = readStruct(cursor, 0, wanted);
  return { struct, length: cursor.at };
}

function readStruct(cursor: Cursor, depth: number, wanted: WantedFields): ThriftStruct {
  if (depth > MAX_DEPTH) throw new ThriftSyntaxError(`structs nested deeper than ${MAX_DEPTH}`);
  if (wanted !== NOTHING && ++cursor.structs > MAX_KEPT_STRUCTS)
    throw new ThriftSyntaxError(`more than ${MAX_KEPT_STRUCTS} row groups and column chunks`);
  const struct: ThriftStruct = wanted === NOTHING ? SKIPPED : new Map();
  let field = 0;
  for (;;) {
    const header = readByte(cursor);
    if (header === 0) return struct;
    field = header >> 4 === 0 ? Number(readZigzag(cursor)) : field + (header >> 4);
    const type = header & 15;
    const inner = wanted[field];
    if (type === TYPE.true || type === TYPE.false) {
      if (inner !== undefined) struct.set(field, type === TYPE.true);
      continue;
    }
    const value = readValue(cursor, type, depth, inner ?? NOTHING);
    if (inner !== undefined) struct.set(field, value);
  }
}

/** Stands for every struct that nobody wants; never written to. */
const SKIPPED: ThriftStruct = new Map();

function readValue(cursor: Cursor, type: number, depth: number, wanted: WantedFields): ThriftValue {
  if (++cursor.values > MAX_THRIFT_VALUES)
    throw new ThriftSyntaxError(`more than ${MAX_THRIFT_VALUES} values`);
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
    case TYPE.binary: {
      const length = readLength(cursor);
      skip(cursor, length);
      return wanted === BYTES ? cursor.bytes.subarray(cursor.at - length, cursor.at) : undefined;
    }
    case TYPE.list:
    case TYPE.set:
      return readList(cursor, depth, wanted);
    case TYPE.map:
      return skipMap(cursor, depth);
    case TYPE.struct:
      return readStruct(cursor, depth + 1, wanted);
    default:
      throw new ThriftSyntaxError(`unknown type ${type} at byte ${cursor.at - 1}`);
  }
}

function readList(cursor: Cursor, depth: number, wanted: WantedFields): ThriftValue[] {
  if (depth > MAX_DEPTH) throw new ThriftSyntaxError(`lists nested deeper than ${MAX_DEPTH}`);
  const header = readByte(cursor);
  const size = header >> 4 === 15 ? readLength(cursor) : header >> 4;
  const list: ThriftValue[] = [];
  for (let index = 0; index < size; index++) {
    const value = readValue(cursor, header & 15, depth + 1, wanted);
    if (wanted !== NOTHING) list.push(value);
  }
  return list;
}

function skipMap(cursor: Cursor, depth: number): undefined {
  if (depth > MAX_DEPTH) throw new ThriftSyntaxError(`maps nested deeper than ${MAX_DEPTH}`);
  const size = readLength(cursor);
  if (size === 0) return;
  const types = readByte(cursor);
  for (let index = 0; index < size; index++) {
    readValue(cursor, types >> 4, depth + 1, NOTHING);
    readValue(cursor, types & 15, depth + 1, NOTHING);
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
