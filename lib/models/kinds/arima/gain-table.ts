/**
 * Gains of a filter that starts from the same covariance again and again. As long as every row is learned from they do
 * not depend on the values, so that a row costs as much as its state is long, not the square of it.
 */
import { type Companion, isSteady, observeCovariance } from './covariance.ts';
import type { FilterState } from './level-filter.ts';

export interface GainStep {
  /** Covariance before the row. Not to be changed. */
  readonly P: Float64Array;
  /** Of the innovation, in units of σ. */
  readonly deviation: number;
  /** By how much the innovation moves entry i + 1 of the state: P_1,(i+1) / P_11. */
  readonly gains: Float64Array;
  readonly isSteady: boolean;
}

/** @returns what holds of row `step`, the first being 0 */
export function createGains(companion: Companion, start: () => Float64Array): (step: number) => GainStep {
  const steps: GainStep[] = [];
  const scratch = new Float64Array(companion.size);
  return (step) => {
    while (steps.length <= step) steps.push(describe(advance(steps.at(-1))));
    return steps[step]!;
  };

  function advance(last: GainStep | undefined): Float64Array {
    if (last === undefined) return start();
    const P = last.P.slice();
    observeCovariance(P, companion, scratch);
    return P;
  }

  function describe(P: Float64Array): GainStep {
    const gains = P.subarray(1, companion.size).map((each) => each / P[0]!);
    return { P, deviation: Math.sqrt(Math.max(P[0]!, 1)), gains, isSteady: isSteady(P, companion) };
  }
}

/** As `observe` of a state whose gains are those. */
export function observeWith(
  { gains }: GainStep,
  { a }: FilterState,
  { size, phi }: Companion,
  value: number,
): void {
  const v = value - a[0]!;
  const last = size - 1;
  for (let i = 0; i < last; i++) a[i] = a[i + 1]! + phi[i]! * value + gains[i]! * v;
  a[last] = phi[last]! * value;
}
