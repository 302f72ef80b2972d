import { divideDecimal } from '../maths/parse-decimal.ts';

/** What programs write without digits. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ...['inf', '+inf', 'infinity', '+infinity'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-inf', '-infinity'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
  ['true', 1],
  ['false', 0],
]);
const LONGEST_WORD = '+infinity'.length;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Digits that fit into a double exactly, and the ones that `divideDecimal` takes beside them. */
const HIGH_DIGITS = 15;
const LOW_DIGITS = 6;
const [PLUS, MINUS, POINT, ZERO, NINE] = [43, 45, 46, 48, 57];

/**
 * A decimal with a point, an optional exponent and nothing else; no thousands separators, units or commas. NaN and
 * ±Inf may be written as Prometheus, pandas and DuckDB write them; true and false are 1 and 0.
 * @returns undefined where it is none of these; rounded as Number() rounds otherwise
 */
export function parseCellNumber(bytes: Buffer, from: number, to: number): number | undefined {
  let at = from;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  let high = 0;
  let low = 0;
  let digits = 0;
  let significant = 0;
  let places = -1;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === POINT && places === -1) places = 0;
    else if (byte >= ZERO && byte <= NINE) {
      digits++;
      if (places !== -1) places++;
      if (significant > 0 || byte !== ZERO) significant++;
      if (significant <= HIGH_DIGITS) high = high * 10 + byte - ZERO;
      else if (significant <= HIGH_DIGITS + LOW_DIGITS) low = low * 10 + byte - ZERO;
      else return parseSlowly(bytes, from, to);
    } else return parseSlowly(bytes, from, to);
  }
  if (digits === 0) return parseSlowly(bytes, from, to);
  const lowDigits = Math.max(0, significant - HIGH_DIGITS);
  const number = divideDecimal(high, low, lowDigits, Math.max(0, places));
  if (Number.isNaN(number)) return parseSlowly(bytes, from, to);
  return negative ? -number : number;
}

function parseSlowly(bytes: Buffer, from: number, to: number): number | undefined {
  const text = bytes.toString('latin1', from, to);
  if (DECIMAL.test(text)) return Number(text);
  if (text.length > LONGEST_WORD) return undefined;
  return WORDS.get(text.toLowerCase());
}
