import { type Data, DataType, type Vector } from 'apache-arrow';

/** Where a column comes from, for messages. */
export interface ColumnName {
  readonly source: string;
  readonly name: string;
  /** Hears of each integer that a double does not hold exactly: its row, and what it was. */
  readonly onRounded?: (row: number, value: bigint) => void;
  /** Hears of each infinite value, which becomes NaN. */
  readonly onInfinite?: (row: number, value: number) => void;
}

/** Whether `readNumbers` takes a column of this type. */
export function isNumeric(type: DataType): boolean {
  if (DataType.isDictionary(type)) return isNumeric(type.dictionary);
  return (
    DataType.isInt(type) ||
    DataType.isFloat(type) ||
    DataType.isDecimal(type) ||
    DataType.isBool(type) ||
    DataType.isNull(type)
  );
}

/**
 * One double per row: nulls, NaN and ±Infinity as NaN, booleans as 0 and 1, decimals as the nearest double. A column of
 * nulls without a type is all NaN. An integer beyond ±2^53 is the nearest double, as Prometheus has it: how exactly a
 * cgroup's "no limit" is known changes nothing.
 */
export function readNumbers(vector: Vector, column: ColumnName): Float64Array {
  const only = vector.data.length === 1 ? vector.data[0] : undefined;
  // The usual case costs nothing: the buffer came out of the decoder for us alone.
  if (only && only.values instanceof Float64Array && DataType.isFloat(only.type))
    return blankOut(only.values.subarray(0, only.length), only, column, 0);
  const numbers = new Float64Array(vector.length);
  let from = 0;
  for (const data of vector.data) {
    fill(numbers.subarray(from, from + data.length), data, column, from);
    blankOut(numbers, data, column, from);
    from += data.length;
  }
  return numbers;
}

function fill(into: Float64Array, data: Data, column: ColumnName, from: number): void {
  const type = data.type as DataType;
  if (DataType.isNull(type)) into.fill(Number.NaN);
  else if (DataType.isDictionary(type)) fillFromDictionary(into, data, column);
  else if (DataType.isBool(type)) for (let row = 0; row < into.length; row++) into[row] = bitAt(data, row);
  else if (DataType.isDecimal(type)) fillFromDecimal(into, data, type.scale, type.bitWidth / 32);
  else if (DataType.isFloat(type) && type.precision === 0)
    for (let row = 0; row < into.length; row++) into[row] = fromHalf(data.values[row]);
  else if (data.values instanceof BigInt64Array || data.values instanceof BigUint64Array)
    fillFromBigInts(into, data, data.values, column, from);
  else into.set((data.values as Float32Array).subarray(0, into.length));
}

function fillFromDictionary(into: Float64Array, data: Data, column: ColumnName): void {
  const dictionary = readNumbers(data.dictionary!, column);
  const codes = data.values as Int32Array;
  for (let row = 0; row < into.length; row++) into[row] = dictionary[codes[row]!] ?? Number.NaN;
}

function fillFromBigInts(
  into: Float64Array,
  data: Data,
  values: BigInt64Array | BigUint64Array,
  column: ColumnName,
  from: number,
): void {
  for (let row = 0; row < into.length; row++) {
    const number = Number(values[row]!);
    if (column.onRounded && !Number.isSafeInteger(number) && data.getValid(row))
      column.onRounded(from + row, values[row]!);
    into[row] = number;
  }
}

/** Two's complement, least significant word first. */
function fillFromDecimal(into: Float64Array, data: Data, scale: number, words: number): void {
  const values = data.values as Uint32Array;
  for (let row = 0; row < into.length; row++) {
    let unscaled = 0n;
    for (let word = words - 1; word >= 0; word--)
      unscaled = (unscaled << 32n) | BigInt(values[row * words + word]!);
    into[row] = Number(`${BigInt.asIntN(words * 32, unscaled)}e${-scale}`);
  }
}

function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  let size = (1 + fraction) * 2 ** (exponent - 15);
  if (exponent === 0) size = fraction * 2 ** -14;
  else if (exponent === 31) size = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return bits & 0x8000 ? -size : size;
}

function bitAt(data: Data, row: number): number {
  const at = data.offset + row;
  return ((data.values as Uint8Array)[at >> 3]! >> (at & 7)) & 1;
}

/** Sets what is null or infinite to NaN, in place. */
function blankOut(numbers: Float64Array, data: Data, column: ColumnName, from: number): Float64Array {
  const to = from + data.length;
  for (let row = from; row < to; row++) {
    const number = numbers[row]!;
    if (number - number === 0) continue;
    if (!Number.isNaN(number) && data.getValid(row - from)) column.onInfinite?.(row, number);
    numbers[row] = Number.NaN;
  }
  // A column of nulls without a type counts them and has no bitmap; it is all NaN already.
  if (data.nullCount === 0 || data.nullBitmap === undefined || DataType.isNull(data.type)) return numbers;
  // Not `data.getValid`: it asks for the type anew at every row, which took half of the time of reading.
  const valid = data.nullBitmap;
  for (let row = from, bit = data.offset; row < to; row++, bit++)
    if (((valid[bit >> 3]! >> (bit & 7)) & 1) === 0) numbers[row] = Number.NaN;
  return numbers;
}
