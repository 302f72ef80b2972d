import type { Alert } from '../../lib/alert/alert.ts';

/** A plausible alert; what a test is about goes into `overrides`. */
export function createAlert(overrides: Partial<Alert> = {}): Alert {
  return {
    formatVersion: 1,
    notificationId: 'inc1-0001',
    incidentId: 'inc1',
    state: 'opened',
    detector: 'shop',
    targetService: 'payment',
    entity: 'shop/payment',
    severity: 'warning',
    summary: 'memory of shop/payment is unusual',
    reasons: [{ metric: 'memory', share: 0.8, value: 9.5, usualLow: 1, usualHigh: 4, usual: 2 }],
    reasonsLeftOut: 0,
    score: 0.81,
    threshold: 0.62,
    start: '2026-11-22T08:00:00.000Z',
    lastAnomalous: '2026-11-22T08:05:00.000Z',
    end: null,
    model: {
      version: '20261121T000000Z-0123456789ab',
      kind: 'isolation-forest',
      trainedFrom: '2026-11-14T00:00:00.000Z',
      trainedTo: '2026-11-21T00:00:00.000Z',
    },
    objects: {
      window: 'windows/detector=shop/date=2026-11-22/20261122T080000Z_20261122T081500Z.parquet',
      scores: 'scores/detector=shop/date=2026-11-22/20261122T080000Z_20261122T081500Z.parquet',
      incident: 'incidents/detector=shop/inc1.json',
    },
    ...overrides,
  };
}
