import type { DecisionPolicy } from './contract.ts';

/**
 * Whether a row by itself is anomalous. NaN, no score or no deviation, never is.
 * @param deviation Infinity where a metric that was constant moved: how far says nothing then, so the score decides
 */
export function isAnomalous(score: number, deviation: number, policy: DecisionPolicy): boolean {
  if (score >= policy.threshold && deviation >= policy.minDeviation) return true;
  const { extremeDeviation } = policy;
  return (
    extremeDeviation !== undefined &&
    deviation >= extremeDeviation &&
    deviation < Infinity &&
    !Number.isNaN(score)
  );
}
