/**
 * How far a statistic goes without a fault: the level that it exceeds once in a return period, from the largest value of each
 * of many blocks of rows that no part of the judging model had seen (block maxima; Coles, "An Introduction to Statistical
 * Modeling of Extreme Values", 2001, chapters 3 and 4). Each metric has its own level, so that a noisy metric
 * does not raise the level of the others.
 */
import { excessOf, fitGeneralisedPareto } from '../maths/generalised-pareto.ts';
import { quantile } from '../maths/quantile.ts';

/** Between the tail of a few excesses and an exponential one: see `fitGeneralisedPareto`. */
const SHAPE_DEVIATION = 0.2;
/** Standard errors of the extrapolated part that are added to it: few blocks say little of a tail. */
const MARGIN = 2;

/**
 * @param maxima of blocks, 0 or above
 * @param probability of a block to exceed the level, above 0
 * @returns 0 where there is no block, or all are 0
 */
export function findReturnLevel(maxima: readonly number[], probability: number): number {
  if (maxima.length === 0) return 0;
  const sorted = Float64Array.from(maxima).sort();
  const from = sorted.length > 1 ? quantile(sorted, 0.5) : 0;
  const excesses = sorted.filter((value) => value > from).map((value) => value - from);
  if (excesses.length === 0) return from;
  const fitted = fitGeneralisedPareto(excesses, { shapeDeviation: SHAPE_DEVIATION });
  const mean = excesses.reduce((sum, value) => sum + value / excesses.length, 0);
  // A tail with an end that nobody has seen is not believed.
  const tail = fitted.shape < 0 ? { shape: 0, scale: mean } : fitted;
  const share = excesses.length / sorted.length;
  const beyond = excessOf(tail, Math.max(0, Math.log(share / probability)));
  return Math.min(from + (1 + MARGIN / Math.sqrt(excesses.length)) * beyond, Number.MAX_VALUE);
}

/** The largest value of each block of so many judged rows; of a rest, where it is more than half of a block or all there is. */
export function findBlockMaxima(
  values: ArrayLike<number>,
  { judged, block }: { readonly judged: (i: number) => boolean; readonly block: number },
): readonly number[] {
  const maxima: number[] = [];
  let most = 0;
  let rows = 0;
  for (let i = 0; i < values.length; i++) {
    if (!judged(i)) continue;
    if (values[i]! > most) most = values[i]!;
    if (++rows < block) continue;
    maxima.push(most);
    most = 0;
    rows = 0;
  }
  if (rows > block / 2 || (rows > 0 && maxima.length === 0)) maxima.push(most);
  return maxima;
}
