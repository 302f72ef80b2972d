/** Members' surprises become one score. */
import { type ScoreTail, surprisesOf } from '../../../maths/score-tail.ts';
import type { EnsembleParams } from './params.ts';

/**
 * Up to here a surprise counts as it is: once in a million rows. Beyond, nothing that training has seen bears out how
 * much a tail claims, and a tail may claim 10^9; then it grows with the logarithm, so that one member alone can't drown
 * the others.
 */
const PLAIN_UP_TO = 6;

/** Members of one ensemble, in order. */
export interface Scale {
  readonly tails: readonly ScoreTail[];
  /** They add up to 1. */
  readonly weights: readonly number[];
  readonly combine: EnsembleParams['combine'];
  /** At most as many as there are members. */
  readonly agree: number;
}

/** A member's raw scores on the common scale; NaN where it has none. */
export function toCommonScale(tail: ScoreTail, scores: Float64Array): Float64Array {
  return surprisesOf(tail, scores).map(tame);
}

/** @param surprises per member, of the same rows; NaN in any of them makes the row's score NaN */
export function combineSurprises(
  surprises: readonly Float64Array[],
  scale: Omit<Scale, 'tails'>,
): Float64Array {
  const [first = new Float64Array()] = surprises;
  return first.map((_, row) =>
    combineRow(
      surprises.map((one) => one[row]!),
      scale,
    ),
  );
}

/**
 * What each member adds to a row's score, as shares that add up to 1. Of `max` it is the member that decides, of
 * `k-of-m` those that agree; equal shares where none is surprised.
 */
export function shareRow(surprises: readonly number[], scale: Omit<Scale, 'tails'>): readonly number[] {
  const score = combineRow(surprises, scale);
  const parts = surprises.map((surprise, i) => {
    if (scale.combine === 'max' || scale.combine === 'k-of-m') return surprise >= score ? surprise : 0;
    return surprise * scale.weights[i]!;
  });
  const total = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => (total > 0 ? part / total : 1 / parts.length));
}

function combineRow(surprises: readonly number[], { combine, weights, agree }: Omit<Scale, 'tails'>): number {
  if (combine === 'max') return surprises.reduce((a, b) => Math.max(a, b));
  if (combine === 'k-of-m')
    return surprises.some(Number.isNaN) ? NaN : surprises.toSorted((a, b) => b - a)[agree - 1]!;
  return surprises.reduce((sum, surprise, i) => sum + weights[i]! * surprise, 0);
}

function tame(surprise: number): number {
  return surprise <= PLAIN_UP_TO ? surprise : PLAIN_UP_TO + Math.log1p(surprise - PLAIN_UP_TO);
}
