/**
 * Writes structs of Thrift's compact protocol, as far as Parquet's metadata needs it.
 * Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** A value with its type on the wire. */
export type ThriftField =
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'i32' | 'i64'; readonly value: number }
  | { readonly type: 'binary'; readonly value: Uint8Array }
  | { readonly type: 'struct'; readonly value: ThriftFields }
  | { readonly type: 'list'; readonly of: ListItem; readonly value: readonly ThriftField[] };

type ListItem = 'i32' | 'binary' | 'struct';

/** By number, in ascending order; undefined: the field is left out. */
export type ThriftFields = readonly (readonly [number: number, field: ThriftField | undefined])[];

const TYPE = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;
/** Sizes of lists from here on stand in a number of their own. */
const LONG_LIST = 15;
/** Distances between field numbers from here on, likewise. */
const FAR_FIELD = 16;

export const i32 = (value: number): ThriftField => ({ type: 'i32', value });
/** @param value up to 2^53 */
export const i64 = (value: number): ThriftField => ({ type: 'i64', value });
export const binary = (value: Uint8Array): ThriftField => ({ type: 'binary', value });
export const text = (value: string): ThriftField => binary(Buffer.from(value, 'utf8'));
export const boolean = (value: boolean): ThriftField => ({ type: 'boolean', value });
export const struct = (...value: ThriftFields): ThriftField => ({ type: 'struct', value });
export const list = (of: ListItem, value: readonly ThriftField[]): ThriftField => ({
  type: 'list',
  of,
  value,
});

/** The struct of these fields. */
export function writeThriftStruct(fields: ThriftFields): Uint8Array {
  const parts: Uint8Array[] = [];
  const bytes: number[] = [];
  writeStruct({ bytes, parts }, fields);
  return Buffer.concat([...parts, Uint8Array.from(bytes)]);
}

/** `parts` are whole; `bytes` are what follows them. */
interface Out {
  readonly bytes: number[];
  readonly parts: Uint8Array[];
}

function writeStruct(out: Out, fields: ThriftFields): void {
  let last = 0;
  for (const [number, field] of fields) {
    if (field === undefined) continue;
    const distance = number - last;
    const type = typeOf(field);
    if (distance < FAR_FIELD) out.bytes.push((distance << 4) | type);
    else {
      out.bytes.push(type);
      writeVarint(out, zigzag(number));
    }
    last = number;
    // The type of a boolean field is its value.
    if (field.type !== 'boolean') writeValue(out, field);
  }
  out.bytes.push(0);
}

function writeValue(out: Out, field: Exclude<ThriftField, { readonly type: 'boolean' }>): void {
  switch (field.type) {
    case 'i32':
    case 'i64':
      writeVarint(out, zigzag(field.value));
      return;
    case 'binary':
      writeVarint(out, BigInt(field.value.length));
      out.parts.push(Uint8Array.from(out.bytes), field.value);
      out.bytes.length = 0;
      return;
    case 'struct':
      writeStruct(out, field.value);
      return;
    case 'list': {
      const size = field.value.length;
      out.bytes.push((Math.min(size, LONG_LIST) << 4) | TYPE[field.of]);
      if (size >= LONG_LIST) writeVarint(out, BigInt(size));
      for (const item of field.value) {
        if (item.type !== field.of) throw new TypeError(`a list of ${field.of} holds ${item.type}`);
        writeValue(out, item);
      }
    }
  }
}

function typeOf(field: ThriftField): number {
  return field.type === 'boolean' ? (field.value ? TYPE.true : TYPE.false) : TYPE[field.type];
}

function zigzag(value: number): bigint {
  const whole = BigInt(value);
  return whole < 0n ? -2n * whole - 1n : 2n * whole;
}

function writeVarint({ bytes }: Out, value: bigint): void {
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
}
