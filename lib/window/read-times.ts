import { type Data, DataType, type Vector } from 'apache-arrow';
import type { WindowError } from '../base/errors.ts';
import {
  badTime,
  EARLIEST,
  LATEST,
  nullTime,
  OUTSIDE_YEARS,
  type Refuse,
  type TimeColumn,
  withoutBadTimes,
} from './bad-times.ts';
import { parseIsoTime } from './iso-time.ts';
import { type ColumnName, isNumeric } from './read-numbers.ts';
import { isText, readStrings } from './read-strings.ts';

/**
 * How large an epoch number is tells its unit: each range is the time from 1973-03-03 to 2286-11-20 in that unit, and
 * what lies between the ranges cannot be told apart.
 */
const EPOCH_UNITS: readonly EpochUnit[] = [
  { unit: 's', from: 1e8, to: 1e10, perMillisecond: 1e-3 },
  { unit: 'ms', from: 1e11, to: 1e13, perMillisecond: 1 },
  { unit: 'µs', from: 1e14, to: 1e16, perMillisecond: 1e3 },
  { unit: 'ns', from: 1e17, to: 1e19, perMillisecond: 1e6 },
];

export interface EpochUnit {
  readonly unit: string;
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly perMillisecond: number;
}

const DAY = 86_400_000;
/** Of a column of numbers, to tell their unit. */
const SAMPLED_ROWS = 1_000;
/** By Arrow's TimeUnit: second, millisecond, microsecond, nanosecond. */
const UNITS_PER_MILLISECOND = [1e-3, 1, 1e3, 1e6] as const;

/** TIMESTAMP (INT96 among them) or DATE. */
export function isTemporal(type: DataType): boolean {
  return DataType.isTimestamp(type) || DataType.isDate(type);
}

/** Whether `readTimes` takes a column of this type. */
export function canBeTime(type: DataType): boolean {
  const isNumber = isNumeric(type) && (DataType.isInt(type) || DataType.isFloat(type));
  return isTemporal(type) || isText(type) || isNumber;
}

/**
 * Epoch milliseconds, UTC where the file names no zone. Finer units are cut to the millisecond; a fraction of an epoch
 * in floating point is rounded to it. NaN in rows that are left out.
 * @throws WindowError `null-time`, or `bad-time` for a value outside every range, of another unit than most rows, or no
 *   ISO 8601: with `onLeftOut` only where that is so of every row
 */
export function readTimes(vector: Vector, column: TimeColumn): Float64Array {
  return withoutBadTimes(column, (refuse) => read(vector, column, refuse));
}

function read(vector: Vector, column: ColumnName, refuse: Refuse): Float64Array {
  const type = vector.type as DataType;
  if (isText(type)) return readIsoTimes(vector, column, refuse);
  const times = new Float64Array(vector.length).fill(Number.NaN);
  const scale = isTemporal(type) ? temporalScale(type) : epochScale(vector, column, refuse);
  let from = 0;
  for (const data of vector.data) {
    fill(times, from, { data, scale, column, refuse });
    from += data.length;
  }
  return times;
}

function readIsoTimes(vector: Vector, column: ColumnName, refuse: Refuse): Float64Array {
  const { codes, values, firstNull } = readStrings(vector, column);
  const times = new Float64Array(codes.length).fill(Number.NaN);
  const parsed = values.map(parseIsoTime);
  for (let row = 0; row < times.length; row++) {
    const time = parsed[codes[row]!];
    if (firstNull !== -1 && row >= firstNull && vector.get(row) === null) refuse.tell(nullTime(column, row));
    else if (time === undefined)
      refuse.tell(badTime(column, row, JSON.stringify(values[codes[row]!]), 'no ISO 8601 date or time'));
    else times[row] = time;
  }
  return times;
}

/** What a raw value is multiplied or divided by, and what it may be. */
interface Scale {
  readonly perMillisecond: number;
  /** Bounds of the raw value: inclusive, exclusive. */
  readonly from: number;
  readonly to: number;
  readonly expected: string;
}

function temporalScale(type: DataType): Scale {
  const perMillisecond = DataType.isTimestamp(type)
    ? UNITS_PER_MILLISECOND[type.unit]
    : DataType.isDate(type) && type.unit === 0
      ? 1 / DAY
      : 1;
  const expected = OUTSIDE_YEARS;
  return { perMillisecond, from: EARLIEST * perMillisecond, to: LATEST * perMillisecond, expected };
}

/**
 * The unit that most of the rows have, by a sample of them: one row in seconds among milliseconds costs itself, also where it is
 * the first. Where none has any, the first row is told of.
 */
function epochScale(vector: Vector, column: ColumnName, refuse: Refuse): Scale {
  const first: number | bigint | null = vector.get(0);
  // Whoever takes no file with such a row stops here; whoever does is told of it row by row.
  if (!refuse.isLenient && !EPOCH_UNITS.some((unit) => isIn(unit, first))) throw noEpoch(first, column);
  const stride = Math.max(1, Math.floor(vector.length / SAMPLED_ROWS));
  const found = countUnits(vector, stride) ?? countUnits(vector, 1);
  if (found === undefined) throw noEpoch(first, column);
  const { unit, row } = found;
  const expected = `outside ${unit.from} to ${unit.to}, the range of ${unit.unit} that most rows are in, such as row ${row + 1}`;
  return { ...unit, expected };
}

/** Of as many rows, the unit that comes first; undefined: no row has any. */
function countUnits(
  vector: Vector,
  stride: number,
): { readonly unit: EpochUnit; readonly row: number } | undefined {
  const found = EPOCH_UNITS.map((unit) => ({ unit, rows: 0, row: -1 }));
  for (let row = 0; row < vector.length; row += stride) {
    const value: number | bigint | null = vector.get(row);
    const one = found.find(({ unit }) => isIn(unit, value));
    if (one !== undefined && one.rows++ === 0) one.row = row;
  }
  return found.filter(({ rows }) => rows > 0).sort((a, b) => b.rows - a.rows || a.row - b.row)[0];
}

function isIn({ from, to }: EpochUnit, value: number | bigint | null): boolean {
  return value !== null && value >= from && value < to;
}

function noEpoch(value: number | bigint | null, column: ColumnName): WindowError {
  if (value === null) return nullTime(column, 0);
  const ranges = EPOCH_UNITS.map(({ unit, from, to }) => `${from} to ${to} (${unit})`).join(', ');
  return badTime(column, 0, value, `not an epoch time in any of the ranges ${ranges}`);
}

function fill(
  times: Float64Array,
  start: number,
  given: {
    readonly data: Data;
    readonly scale: Scale;
    readonly column: ColumnName;
    readonly refuse: Refuse;
  },
): void {
  const { data, scale, column, refuse } = given;
  const values = data.values as BigInt64Array | Int32Array | Float64Array;
  const { perMillisecond } = scale;
  if (values instanceof BigInt64Array && perMillisecond === 1 && data.nullCount === 0) {
    const onBad = (row: number): void =>
      refuse.tell(badTime(column, start + row, values[row], scale.expected));
    fillMilliseconds(times.subarray(start, start + data.length), values, { scale, onBad });
    return;
  }
  const divisor = perMillisecond > 1 ? BigInt(perMillisecond) : 1n;
  const factor = perMillisecond < 1 ? Math.round(1 / perMillisecond) : 1;
  for (let row = 0; row < data.length; row++) {
    if (data.nullCount > 0 && !data.getValid(row)) {
      refuse.tell(nullTime(column, start + row));
      continue;
    }
    const value = values[row]!;
    if (!(value >= scale.from && value < scale.to)) {
      refuse.tell(badTime(column, start + row, value, scale.expected));
      continue;
    }
    times[start + row] =
      typeof value === 'bigint'
        ? Number(floorDivide(value, divisor)) * factor
        : Math.round((value * factor) / Number(divisor));
  }
}

/** As `fill`, of the usual kind, in halves: a BigInt each took a third of the time of reading. @param given.onBad of a row */
function fillMilliseconds(
  times: Float64Array,
  values: BigInt64Array,
  { scale, onBad }: { readonly scale: Scale; readonly onBad: (row: number) => void },
): void {
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  for (let row = 0; row < times.length; row++) {
    const time = halves[2 * row + 1]! * 2 ** 32 + (halves[2 * row]! >>> 0);
    if (time >= scale.from && time < scale.to) times[row] = time;
    else onBad(row);
  }
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  if (divisor === 1n) return value;
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}
