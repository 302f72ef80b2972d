/**
 * One-step predictions of a series that was not differenced. The differences are taken into the autoregression, which
 * then is not stationary; the state is known from where training ended, or unknown altogether.
 *
 * Right after a measured row, with the past known, the covariance of what comes next is R R' and the filter is the plain
 * recursion of the model. It leaves that state in a gap and comes back to it once the measured rows since are enough.
 */
import { type Companion, isSteady, observeCovariance, setSteady, skipCovariance } from './covariance.ts';

/** What is known before a row is seen. Changed in place. */
export interface FilterState {
  /** Means of the row's state, one row ahead; one more entry, always 0. The first is the value expected. */
  readonly a: Float64Array;
  /** Covariance of it, upper triangle, in units of the innovations' variance; not up to date while `steady`. */
  readonly P: Float64Array;
  /** Covariance is R R'. */
  steady: boolean;
  /** Scratch. */
  readonly first: Float64Array;
}

/** All that happened is known: the state of a series that was `a`'s up to here. */
export function createState({ size }: Companion): FilterState {
  return {
    a: new Float64Array(size + 1),
    P: new Float64Array(size * size),
    steady: true,
    first: new Float64Array(size),
  };
}

/**
 * Variance of an unknown state, in units of the innovations' variance. Large against what a metric covers in its own
 * noise, and small enough for differences of it to keep 8 digits.
 */
const UNKNOWN = 1e7;

/** Nothing is known but that the series was about `level` all the time. */
export function forgetState(state: FilterState, companion: Companion, level: number): void {
  const { size } = companion;
  settleMean(state, companion, level);
  state.steady = false;
  for (let i = 0; i < size; i++) for (let j = i; j < size; j++) state.P[i * size + j] = i === j ? UNKNOWN : 0;
}

/** Means after a long time at `level`: α_i = Σ_(j≥i) φ_j level. */
function settleMean({ a }: FilterState, { size, phi }: Companion, level: number): void {
  let sum = 0;
  for (let i = size - 1; i >= 0; i--) {
    sum += phi[i]!;
    a[i] = sum * level;
  }
}

/** Standard deviation of the next value, in units of the innovations'; at least 1. */
export function deviationAhead({ P, steady }: FilterState): number {
  return steady ? 1 : Math.sqrt(Math.max(P[0]!, 1));
}

/** Takes in a measured value and goes on to the next row. */
export function observe(state: FilterState, companion: Companion, value: number): void {
  const { a, P, first } = state;
  const { size, phi, r } = companion;
  const v = value - a[0]!;
  const last = size - 1;
  if (state.steady) {
    for (let i = 0; i < last; i++) a[i] = a[i + 1]! + phi[i]! * value + r[i + 1]! * v;
    a[last] = phi[last]! * value;
    return;
  }
  const gain = v / P[0]!;
  for (let i = 0; i < last; i++) a[i] = a[i + 1]! + phi[i]! * value + P[i + 1]! * gain;
  a[last] = phi[last]! * value;
  observeCovariance(P, companion, first);
  state.steady = isSteady(P, companion);
}

/** Goes on to the next row without having seen this one. */
export function skip(state: FilterState, companion: Companion): void {
  if (state.steady) setSteady(state.P, companion);
  state.steady = false;
  skipMean(state, companion);
  skipCovariance(state.P, companion, state.first);
}

export function skipMean({ a }: Pick<FilterState, 'a'>, { size, phi }: Companion): void {
  const a0 = a[0]!;
  for (let i = 0; i < size; i++) a[i] = a[i + 1]! + phi[i]! * a0;
}

export function copyState(from: FilterState, to: FilterState): void {
  to.a.set(from.a);
  to.P.set(from.P);
  to.steady = from.steady;
}
