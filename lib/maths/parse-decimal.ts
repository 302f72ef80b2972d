/**
 * Decimals as doubles, rounded as Number() rounds them, from bytes and without a string in between. A share or a rate
 * has 16 to 18 digits, and making a string of each is most of the work of reading a matrix.
 */

/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
const MAX_PLACES = 22;
/** Integers below it are exact in a double. */
const EXACT_MANTISSA = 2 ** 53;
/** Veltkamp's splitter: halves a double's 53 bits. */
const SPLITTER = 2 ** 27 + 1;
/** Far above the error of the quotient below, which is within 2^-100 of it. */
const DOUBT = 2 ** -40;

/**
 * (high × 10^lowDigits + low) / 10^places; NaN where this way cannot tell the last bit, which Number() then has to.
 * @param high an integer below 10^15
 * @param low an integer of at most 6 digits
 */
export function divideDecimal(high: number, low: number, lowDigits: number, places: number): number {
  if (places > MAX_PLACES) return Number.NaN;
  const divisor = POWERS_OF_TEN[places]!;
  const scale = POWERS_OF_TEN[lowDigits]!;
  const product = high * scale;
  const mantissa = product + low;
  // One division of two exact numbers is rounded exactly (Clinger, "How to read floating point numbers accurately", 1990).
  if (mantissa < EXACT_MANTISSA) return mantissa / divisor;
  // Otherwise twice the precision: mantissa + rest is exact (Dekker 1971), and so is the remainder of the first quotient.
  const rest = productError(high, scale, product) + low - (mantissa - product);
  const quotient = mantissa / divisor;
  const multiple = quotient * divisor;
  const correction = (mantissa - multiple - productError(quotient, divisor, multiple) + rest) / divisor;
  const result = quotient + correction;
  const certain =
    quotient + correction * (1 + DOUBT) === result && quotient + correction * (1 - DOUBT) === result;
  return certain ? result : Number.NaN;
}

/** a × b − product, exactly. */
function productError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}
