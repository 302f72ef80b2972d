import type { AnomalyChange } from '../../lib/incident/contract.ts';

export const MINUTE = 60_000;
/** A Monday, 09:00 UTC. */
export const NINE: number = Date.parse('2026-11-23T09:00:00Z');

/** A plausible anomaly that opens at nine; what a test is about goes into `overrides`. */
export function createChange(overrides: Partial<AnomalyChange> = {}): AnomalyChange {
  const { entity = 'shop/payment-5ff676694b-fzj9z', detector = 'shop' } = overrides;
  const start = overrides.start ?? NINE;
  return {
    anomalyId: `${detector}-${entity}-${start}`,
    state: 'opened',
    sequence: 1,
    detector,
    entity,
    start,
    lastAnomalous: start + 2 * MINUTE,
    level: 50,
    cap: 'warning',
    workload: 'payment',
    siblings: 1,
    dependsOn: [],
    step: MINUTE,
    ...overrides,
  };
}

/** The same anomaly, over. */
export function endOf(change: AnomalyChange, overrides: Partial<AnomalyChange> = {}): AnomalyChange {
  return {
    ...change,
    state: 'resolved',
    sequence: change.sequence + 1,
    end: change.lastAnomalous + change.step,
    ...overrides,
  };
}
