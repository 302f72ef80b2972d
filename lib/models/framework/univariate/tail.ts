/**
 * How unusual a residual is for its own series: -log2 of the share of training residuals that went as far on the same
 * side, so that a metric that often jumps does not drown one that never does. A standardised residual alone does not say
 * that: 6 is nothing for one metric and has never been seen of another, and a latency goes far up but never far down.
 *
 * Up to the 1 in 64 it is read between the sizes that 1 in 4, 16 and 64 residuals exceed on that side; beyond, the sizes
 * are taken to follow a power law, whose exponent is Hill's estimate on the residuals past the 1 in 64 (Hill 1975). A
 * power law grows with the logarithm of the size: a constant that moved by 1e18 gets a large finite number.
 */
import { quantile } from '../../../maths/quantile.ts';

/** Bits of the sizes that are kept of a side. */
const BITS: readonly number[] = [2, 4, 6];
/** What a normal residual exceeds as often. */
const NORMAL_SIZES: readonly number[] = [0.6745, 1.5341, 2.1539];
/** Those sizes, then the exponent. */
const SIDE_LENGTH = BITS.length + 1;
/** Of a series: residuals above 0, then those below. */
export const TAIL_LENGTH: number = 2 * SIDE_LENGTH;
/**
 * A side on which a series hardly ever strayed is no more sure of itself than half a normal one: residuals are measured
 * in units that already allow for the noise.
 */
const LEAST_OF_NORMAL = 0.5;
/** Of Hill's exponent: 2 is a tail without a variance; a normal one looks like 6 to 10 at that depth. */
const LEAST_EXPONENT = 1;
const MOST_EXPONENT = 8;
/** Residuals past the 1 in 64 that it weighs as many as that the tail is taken to be a normal one. */
const PRIOR_EXCEEDANCES = 8;
const PRIOR_EXPONENT = 6;

/** Of standardised residuals, NaN left out; without any, the tails of normal ones. Length: TAIL_LENGTH. */
export function fitTail(residuals: Float64Array): Float32Array {
  const sorted = residuals.filter((residual) => !Number.isNaN(residual)).sort();
  const tail = new Float32Array(TAIL_LENGTH);
  tail.set(fitSide(sorted), 0);
  for (let i = 0; i < sorted.length; i++) sorted[i] = -sorted[i]!;
  tail.set(fitSide(sorted.reverse()), SIDE_LENGTH);
  return tail;
}

/** @param sorted ascending; the side is the upper one */
function fitSide(sorted: Float64Array): readonly number[] {
  if (sorted.length === 0) return [...NORMAL_SIZES, PRIOR_EXPONENT];
  const sizes = BITS.map((bits, i) =>
    Math.max(quantile(sorted, 1 - 2 ** -bits), LEAST_OF_NORMAL * NORMAL_SIZES[i]!),
  );
  const last = sizes.at(-1)!;
  let count = PRIOR_EXCEEDANCES;
  let logs = PRIOR_EXCEEDANCES / PRIOR_EXPONENT;
  for (let i = sorted.length - 1; i >= 0 && sorted[i]! > last; i--) {
    count++;
    logs += Math.log(sorted[i]! / last);
  }
  return [...sizes, Math.min(Math.max(count / logs, LEAST_EXPONENT), MOST_EXPONENT)];
}

/** Bits: 2 where a quarter of the training residuals went as far on that side; 0 for no residual, and without bound. */
export function measureSurprise(tails: ArrayLike<number>, offset: number, residual: number): number {
  const side = residual >= 0 ? offset : offset + SIDE_LENGTH;
  const size = Math.abs(residual);
  let lowSize = 0;
  let lowBits = 0;
  for (let i = 0; i < BITS.length; i++) {
    const highSize = tails[side + i]!;
    const highBits = BITS[i]!;
    if (size < highSize) return lowBits + ((highBits - lowBits) * (size - lowSize)) / (highSize - lowSize);
    lowSize = highSize;
    lowBits = highBits;
  }
  return lowBits + tails[side + BITS.length]! * Math.log2(size / lowSize);
}

/** @returns what is wrong with the tail of one series; undefined where nothing is */
export function findTailFault(tail: ArrayLike<number>): string | undefined {
  const values = Array.from(tail);
  const isSound = [0, SIDE_LENGTH].every((side) => {
    const [first, second, last, exponent] = values.slice(side) as [number, number, number, number];
    return first > 0 && second >= first && last >= second && exponent > 0;
  });
  return isSound && values.every(Number.isFinite) ? undefined : `its tail is ${values.join(', ')}`;
}
