/** The one place where this bench meets the product's decision stage: scored rows in, what people were told out. */
import { replayRows } from '../../lib/evaluation/find-alerts.ts';
import type { DetectorRun } from '../quality/run-detector.ts';

export interface Incident {
  readonly entity: string;
  /** Epoch ms of its first anomalous row, and a step behind its last one. */
  readonly start: number;
  readonly end: number;
  /** Epoch ms from which on it may have begun, where that is before its start. */
  readonly earliestStart?: number | undefined;
  /** Epoch ms of the row at which people were told of it. */
  readonly alertedAt: number;
  /** Epoch ms of the row at which they were told of its end; undefined: it still lies open. */
  readonly resolvedAt: number | undefined;
}

export interface Told {
  readonly incidents: readonly Incident[];
  /** Per row, 1 = anomalous. */
  readonly anomalous: Uint8Array;
}

/** By the version's own policy, row after row; a version without one, as its training was too short, tells nothing. */
export function findIncidents({
  scored,
  policy,
  step,
}: Pick<DetectorRun, 'scored' | 'policy' | 'step'>): Told {
  if (policy === undefined) return { incidents: [], anomalous: new Uint8Array(scored.times.length) };
  const { alerts, anomalous } = replayRows({ rows: scored, policy, step, watchFrom: -Infinity });
  return { incidents: alerts, anomalous };
}
