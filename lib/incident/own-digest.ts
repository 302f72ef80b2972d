/** Incidents of detectors that have a digest of their own (`spec.alerts.digest`): told of once a day, whatever the budget. */
import { DAY } from '../features/zone-clock.ts';
import type { Incident } from './contract.ts';
import { nextDigest } from './digest.ts';
import { isOpen } from './severity.ts';

/** Whether nobody is to hear of it by itself: each of its open anomalies has a digest (of all, once none is open), and it is not critical. */
export function isForOwnDigest({ severity, members }: Pick<Incident, 'severity' | 'members'>): boolean {
  if (severity === 'critical') return false;
  const open = members.filter(isOpen);
  return (open.length > 0 ? open : members).every(({ digest }) => digest !== undefined);
}

/**
 * As it is once its digest is known. What a silence keeps from today's goes into the next one.
 * @param now epoch ms, as `passDigests` has it
 */
export function withOwnDigest(incident: Incident, now: number): Incident {
  const { status, members, silencedBy, ownDigestDue } = incident;
  if (status !== 'held') return incident;
  const isKnown =
    ownDigestDue === undefined ? !isForOwnDigest(incident) : ownDigestDue > now || silencedBy === undefined;
  if (isKnown) return incident;
  let due = Infinity;
  // A loop: spread arguments have a limit, and an incident may have more members.
  for (const { digest } of members) if (digest !== undefined) due = Math.min(due, nextDigest(now, digest));
  // Its manifest names no digest any more, and a silence keeps it from being told: a day later, until it is.
  if (due === Infinity && ownDigestDue !== undefined) due = nextDigest(now, { time: ownDigestDue % DAY });
  return { ...incident, ownDigestDue: due };
}
