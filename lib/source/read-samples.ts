/** The hot loop of an export: `[[1700000000,"1.5"],…]` into two typed arrays. */
import { SourceError } from '../base/errors.ts';
import { quoteForeign } from '../base/foreign-text.ts';
import { divideDecimal } from '../maths/parse-decimal.ts';
import {
  CLOSE_BRACKET,
  COMMA,
  expectByte,
  type JsonCursor,
  malformed,
  OPEN_BRACKET,
  peekByte,
  QUOTE,
} from './json-cursor.ts';

/** The cells a sample may stand on: `start + i × step` below `end`. Epoch milliseconds. */
export interface SampleGrid {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;
const MINUS = 0x2d;
/** Digits are collected in an integer up to 10^15 and, after the point, in another of 6 digits. */
const HIGH_LIMIT = 1e14;
const MAX_LOW_DIGITS = 6;
/** Characters of a value that an error shows. */
const LONGEST_SHOWN = 80;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Reads the series of one answer. Complete series, as most are, share one array of times. */
export type SampleReader = (cursor: JsonCursor) => Samples;

export function createSampleReader(grid: SampleGrid): SampleReader {
  const capacity = (grid.end - grid.start) / grid.step;
  const times = new Float64Array(capacity);
  const values = new Float64Array(capacity);
  let complete: Float64Array | undefined;
  return (cursor) => {
    const count = readSamples(cursor, grid, times, values);
    if (count === capacity) complete ??= times.slice();
    return {
      times: count === capacity && complete ? complete : times.slice(0, count),
      values: values.slice(0, count),
    };
  };
}

/**
 * Reads the array of samples that starts at the cursor. Not finite numbers become NaN.
 * @returns how many there are
 * @throws SourceError where a time is off the grid or not after the one before it, or a value is no number
 */
function readSamples(
  cursor: JsonCursor,
  grid: SampleGrid,
  times: Float64Array,
  values: Float64Array,
): number {
  const { start, end, step } = grid;
  let count = 0;
  let previous = Number.NEGATIVE_INFINITY;
  expectByte(cursor, OPEN_BRACKET);
  if (peekByte(cursor) === CLOSE_BRACKET) {
    cursor.at++;
    return 0;
  }
  while (true) {
    expectByte(cursor, OPEN_BRACKET);
    const time = readTime(cursor);
    // The next cell is the usual case, and saves the division.
    if (time !== previous + step || time >= end) {
      if (time < start || time >= end || (time - start) % step !== 0) throw offGrid(cursor, time, grid);
      if (time <= previous) throw notAscending(cursor, time, previous);
    }
    expectByte(cursor, COMMA);
    times[count] = time;
    values[count] = readValue(cursor);
    previous = time;
    count++;
    expectByte(cursor, CLOSE_BRACKET);
    if (cursor.bytes[cursor.at] !== COMMA && peekByte(cursor) !== COMMA) break;
    cursor.at++;
  }
  expectByte(cursor, CLOSE_BRACKET);
  return count;
}

/** Seconds, with a fraction or an exponent if need be, as epoch milliseconds. */
function readTime(cursor: JsonCursor): number {
  const { bytes } = cursor;
  if (!(bytes[cursor.at]! >= ZERO)) peekByte(cursor);
  const start = cursor.at;
  let at = start;
  let seconds = 0;
  let byte = bytes[at]!;
  while (byte >= ZERO && byte <= NINE) {
    seconds = seconds * 10 + (byte - ZERO);
    byte = bytes[++at]!;
  }
  if (byte === COMMA && at > start) {
    cursor.at = at;
    return seconds * 1000;
  }
  while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== CLOSE_BRACKET) at++;
  const text = bytes.toString('latin1', start, at).trim();
  const whole = at < bytes.length;
  if (!whole) cursor.at = at;
  if (!whole || !DECIMAL.test(text)) throw malformed(cursor, 'a time in seconds was expected');
  cursor.at = at;
  return Math.round(Number(text) * 1000);
}

function readValue(cursor: JsonCursor): number {
  expectByte(cursor, QUOTE);
  const { bytes } = cursor;
  const start = cursor.at;
  let at = start;
  let byte = bytes[at]!;
  const negative = byte === MINUS;
  if (negative) byte = bytes[++at]!;
  const first = at;
  let high = 0;
  while (byte >= ZERO && byte <= NINE && high < HIGH_LIMIT) {
    high = high * 10 + (byte - ZERO);
    byte = bytes[++at]!;
  }
  let places = 0;
  let low = 0;
  let lowDigits = 0;
  if (byte === DOT && at > first) {
    const point = at;
    byte = bytes[++at]!;
    while (byte >= ZERO && byte <= NINE) {
      if (high < HIGH_LIMIT) high = high * 10 + (byte - ZERO);
      else {
        low = low * 10 + (byte - ZERO);
        lowDigits++;
      }
      byte = bytes[++at]!;
    }
    places = at - point - 1;
  }
  if (byte === QUOTE && at > first && lowDigits <= MAX_LOW_DIGITS) {
    const value = divideDecimal(high, low, lowDigits, places);
    if (!Number.isNaN(value)) {
      cursor.at = at + 1;
      return negative ? -value : value;
    }
  }
  return readOtherValue(cursor, start);
}

/** Very long decimals, exponents and the words of PromQL. */
function readOtherValue(cursor: JsonCursor, start: number): number {
  const end = cursor.bytes.indexOf(QUOTE, start);
  if (end < 0) {
    cursor.at = cursor.bytes.length;
    throw malformed(cursor, 'a closing quote was expected');
  }
  const text = cursor.bytes.toString('latin1', start, end);
  cursor.at = end + 1;
  if (text === 'NaN' || text === '+Inf' || text === '-Inf' || text === 'Inf') return Number.NaN;
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new SourceError(
    'bad-value',
    `${cursor.subject} gave the value ${JSON.stringify(quoteForeign(text, LONGEST_SHOWN))}, which is no 64-bit number`,
  );
}

function offGrid(cursor: JsonCursor, time: number, { start, end, step }: SampleGrid): SourceError {
  return new SourceError(
    'off-grid',
    `${cursor.subject} gave a sample at ${time / 1000} s, which is not on the grid that was asked for: from ${start / 1000} to below ${end / 1000} s, every ${step / 1000} s`,
  );
}

function notAscending(cursor: JsonCursor, time: number, previous: number): SourceError {
  return new SourceError(
    'not-ascending',
    `${cursor.subject} gave a sample at ${time / 1000} s after the one at ${previous / 1000} s`,
  );
}
