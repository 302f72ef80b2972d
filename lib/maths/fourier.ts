/** The discrete Fourier transform, and what of a series it shows: power by frequency, correlation by lag. */
import { EvaluationError } from '../base/errors.ts';

/** Real and imaginary parts, of the same length. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * In place: X_k = sum over n of x_n exp(-2πi kn/N). Radix 2 (Cooley and Tukey, "An algorithm for the machine calculation
 * of complex Fourier series", 1965), N log N.
 * @throws EvaluationError where the length is no power of two
 */
export function transform({ re, im }: Complex): void {
  const size = re.length;
  if (size === 0 || (size & (size - 1)) !== 0 || im.length !== size)
    throw new EvaluationError(
      'bad-length',
      `${size} and ${im.length} values to transform, not a power of two of each`,
    );
  reverseBits(re);
  reverseBits(im);
  const { cosines, sines } = takeTurns(size);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / 2 / half;
    for (let begin = 0; begin < size; begin += 2 * half)
      for (let k = 0; k < half; k++) {
        const cos = cosines[k * stride]!;
        const sin = sines[k * stride]!;
        const from = begin + k;
        const to = from + half;
        const oddRe = re[to]! * cos - im[to]! * sin;
        const oddIm = re[to]! * sin + im[to]! * cos;
        re[to] = re[from]! - oddRe;
        im[to] = im[from]! - oddIm;
        re[from]! += oddRe;
        im[from]! += oddIm;
      }
  }
}

/** Of the angles -2πk / size, k below size / 2. */
interface Turns {
  readonly size: number;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** Of the newest size: the series of a training are as long as each other, and the angles took most of the time. */
let turns: Turns = { size: 0, cosines: new Float64Array(), sines: new Float64Array() };

function takeTurns(size: number): Turns {
  if (turns.size === size) return turns;
  const half = size / 2;
  turns = { size, cosines: new Float64Array(half), sines: new Float64Array(half) };
  for (let k = 0; k < half; k++) {
    const angle = (-Math.PI * k) / half;
    turns.cosines[k] = Math.cos(angle);
    turns.sines[k] = Math.sin(angle);
  }
  return turns;
}

export interface Spectrum {
  /** Power at k / size turns a place, k from 0 to size / 2. */
  readonly power: Float64Array;
  /** Places that the power is of: the series with zeros behind it. */
  readonly size: number;
  /**
   * Correlation of the series with itself k places later, k from 0 to half its length: over the pairs of which both are
   * measured, by the variance of all. NaN where there is no pair or no variance.
   */
  readonly correlation: Float64Array;
}

/**
 * By the Wiener-Khinchin theorem, of the series behind as many zeros as keep its end from meeting its beginning.
 * @param series about a mean of 0; NaN where missing, which counts as 0 in the power and not at all in the correlation
 */
export function findSpectrum(series: Float64Array): Spectrum {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2 * series.length, 2)));
  const values = powerOf(series, size, (value) => (Number.isNaN(value) ? 0 : value));
  const power = values.slice(0, size / 2 + 1);
  // The power is even, so that the transform is its own inverse but for the size.
  const sums = { re: values, im: new Float64Array(size) };
  transform(sums);
  const countPairs = openPairs(series, size);
  const variance = sums.re[0]! / size / countPairs(0);
  const correlation = new Float64Array((series.length >> 1) + 1);
  for (let lag = 0; lag < correlation.length; lag++) {
    const both = countPairs(lag);
    correlation[lag] = both > 0 && variance > 0 ? sums.re[lag]! / size / both / variance : Number.NaN;
  }
  return { power, size, correlation };
}

/** How many pairs of places so far apart are both measured. */
function openPairs(series: Float64Array, size: number): (lag: number) => number {
  if (!series.some(Number.isNaN)) return (lag) => series.length - lag;
  const re = powerOf(series, size, (value) => Number(!Number.isNaN(value)));
  transform({ re, im: new Float64Array(size) });
  return (lag) => Math.round(re[lag]! / size);
}

function powerOf(series: Float64Array, size: number, take: (value: number) => number): Float64Array {
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let i = 0; i < series.length; i++) re[i] = take(series[i]!);
  transform({ re, im });
  for (let k = 0; k < size; k++) re[k] = re[k]! * re[k]! + im[k]! * im[k]!;
  return re;
}

function reverseBits(values: Float64Array): void {
  const size = values.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const value = values[i]!;
    values[i] = values[j]!;
    values[j] = value;
  }
}
