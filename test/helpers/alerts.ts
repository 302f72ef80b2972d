import type { Alert, AnomalyFacts, DescribedAnomaly } from '../../lib/alert/alert.ts';

const FACTS: AnomalyFacts = {
  formatVersion: 1,
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
  },
};

/** A plausible alert; what a test is about goes into `overrides`. */
export function createAlert(overrides: Partial<Alert> = {}): Alert {
  return {
    ...FACTS,
    notificationId: 'inc1-0001',
    incidentId: 'inc1',
    state: 'opened',
    objects: { ...FACTS.objects, incident: 'incidents/inc1.json' },
    ...overrides,
  };
}

/** A plausible anomaly, as one of its changes left it; what a test is about goes into `overrides`. */
export function createAnomaly(overrides: Partial<DescribedAnomaly> = {}): DescribedAnomaly {
  return { ...FACTS, anomalyId: 'a1', changeId: 'a1-0001', state: 'opened', ...overrides };
}

/** The alert of an incident of that anomaly alone. */
export function alertOf({ anomalyId, changeId: _, ...facts }: DescribedAnomaly): Alert {
  return createAlert({
    ...facts,
    incidentId: anomalyId,
    objects: { ...facts.objects, incident: `incidents/${anomalyId}.json` },
  });
}
