/** When an anomaly has become so much worse that people want to hear of it again. */
import type { DecisionPolicy } from './contract.ts';

/**
 * Once the score has risen by as much again as it stood above the threshold when people were last told, so that each update
 * means "twice as far out" on any scale of scores…
 */
const EXCESS_GROWTH = 1;
/** …and by this share of the threshold at least: an anomaly that opened right at it does not double on noise. */
const LEAST_RISE = 0.05;
/** By evidence: once it has grown so many times since. */
const EVIDENCE_GROWTH = 2;

/** An update is sent, and reasons are taken from a later row than those that opened the anomaly, after such a rise. */
export function isMaterialRise(from: number, to: number, { threshold, by }: DecisionPolicy): boolean {
  // Evidence is a multiple of what is usual: twice as much is twice as far out, wherever it began.
  if (by === 'evidence') return to >= EVIDENCE_GROWTH * from;
  const rise = to - from;
  return rise > 0 && rise >= Math.max(EXCESS_GROWTH * (from - threshold), LEAST_RISE * Math.abs(threshold));
}
