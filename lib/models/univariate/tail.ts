/**
 * How unusual a residual is for its own series: -log2 of the share of training residuals that were as large, so that a
 * metric that often jumps does not drown one that never does. A standardised residual alone does not say that: 6 is
 * nothing for one metric and has never been seen of another.
 *
 * Up to the 1 in 32 it is read between the sizes that 1 in 2, 8 and 32 residuals reach; beyond, the sizes are taken to
 * follow a power law, whose exponent is Hill's estimate on the residuals past the 1 in 32 (Hill 1975). A power law grows
 * with the logarithm of the size: a constant that moved by 1e18 gets a large finite number.
 */
import { quantileOf } from '../../statistics/quantile.ts';

/** Sizes that are exceeded once in 2, 8 and 32, then the exponent. */
export const TAIL_LENGTH = 4;
const BITS: readonly number[] = [1, 3, 5];
/** What a normal residual exceeds as often. */
const NORMAL_SIZES: readonly number[] = [0.6745, 1.5341, 2.1539];
/**
 * A series that was fitted so well that its residuals are next to nothing is no more sure of itself than half a normal
 * one: residuals are measured in units that already allow for the noise.
 */
const LEAST_OF_NORMAL = 0.5;
/** Of Hill's exponent: 2 is a tail without a variance; a normal one looks like 6 to 10 at that depth. */
const LEAST_EXPONENT = 1;
const MOST_EXPONENT = 8;
/** Residuals past the 1 in 32 that Hill's estimate is given the weight of, at the exponent of a normal tail. */
const PRIOR_EXCEEDANCES = 8;
const PRIOR_EXPONENT = 6;

/** Of standardised residuals, NaN left out; without any, the tail of normal ones. Length: TAIL_LENGTH. */
export function fitTail(residuals: Float64Array): Float32Array {
  const sizes = residuals
    .filter((residual) => !Number.isNaN(residual))
    .map(Math.abs)
    .sort();
  if (sizes.length === 0) return Float32Array.of(...NORMAL_SIZES, PRIOR_EXPONENT);
  const knots = BITS.map((bits, i) =>
    Math.max(quantileOf(sizes, 1 - 2 ** -bits), LEAST_OF_NORMAL * NORMAL_SIZES[i]!),
  );
  const last = knots.at(-1)!;
  let count = PRIOR_EXCEEDANCES;
  let logs = PRIOR_EXCEEDANCES / PRIOR_EXPONENT;
  for (let i = sizes.length - 1; i >= 0 && sizes[i]! > last; i--) {
    count++;
    logs += Math.log(sizes[i]! / last);
  }
  const exponent = Math.min(Math.max(count / logs, LEAST_EXPONENT), MOST_EXPONENT);
  return Float32Array.of(...knots, exponent);
}

/** Bits: 1 where half of the training residuals were as large; 0 for no residual, and without bound. */
export function measureSurprise(tails: ArrayLike<number>, offset: number, residual: number): number {
  const size = Math.abs(residual);
  let lowSize = 0;
  let lowBits = 0;
  for (let i = 0; i < BITS.length; i++) {
    const highSize = tails[offset + i]!;
    const highBits = BITS[i]!;
    if (size < highSize) return lowBits + ((highBits - lowBits) * (size - lowSize)) / (highSize - lowSize);
    lowSize = highSize;
    lowBits = highBits;
  }
  return lowBits + tails[offset + BITS.length]! * Math.log2(size / lowSize);
}

/** @returns what is wrong with the tail of one series; undefined where nothing is */
export function findTailFault(tail: ArrayLike<number>): string | undefined {
  const values = Array.from(tail);
  const [half, eighth, last, exponent] = values as [number, number, number, number];
  const isSound =
    values.every(Number.isFinite) && half > 0 && eighth >= half && last >= eighth && exponent > 0;
  return isSound ? undefined : `its tail is ${values.join(', ')}`;
}
