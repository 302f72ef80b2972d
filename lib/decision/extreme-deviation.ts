/**
 * How far out a single metric may be before it is anomalous, whatever the model says. A model of many metrics can be blind
 * to one of them: an isolation forest's score saturates, since no split lies beyond the values that it saw.
 */
import type { DecisionPolicy, ScoredRows } from './contract.ts';

/** An anomaly takes this many times the deviation that training itself reached… */
export const EXTREME_FACTOR = 5;
/** …and this many robust standard deviations at least: a short or very quiet training says little about tails. */
export const LEAST_EXTREME = 20;

/**
 * EXTREME_FACTOR times the deviation at which the training rows would have opened an anomaly of their own: the largest
 * that any k of n consecutive rows reached together. Single spikes, which the k of n rule passes over, do not raise it.
 *
 * @param given.labels 1 where a row is known to be anomalous: it has no part in what is usual
 * @param given.step ms between rows; a gap ends a run, as it does in `decideWindow`
 */
export function calibrateExtreme(given: {
  readonly rows: Pick<ScoredRows, 'entityOf' | 'times' | 'deviations'>;
  readonly labels: Uint8Array | undefined;
  readonly policy: Pick<DecisionPolicy, 'k' | 'n'>;
  readonly step: number;
}): number {
  const { rows, labels, policy, step } = given;
  const { entityOf, times, deviations } = rows;
  let reached = 0;
  let run: number[] = [];
  for (let row = 0; row < times.length; row++) {
    const follows = row > 0 && entityOf[row] === entityOf[row - 1] && times[row]! - times[row - 1]! <= step;
    if (!follows) run = [];
    run.push(labels?.[row] === 1 || deviations[row] === Infinity ? 0 : deviations[row]!);
    if (run.length > policy.n) run.shift();
    // Cheap first: most rows are not far out.
    if (run.length >= policy.k && deviations[row]! > reached)
      reached = Math.max(reached, kthLargest(run, policy.k));
  }
  return Math.max(LEAST_EXTREME, EXTREME_FACTOR * reached);
}

/** The value that k of them reach. */
function kthLargest(values: readonly number[], k: number): number {
  return values.toSorted((a, b) => b - a)[k - 1]!;
}
