/** What the decision stage would have opened on these scores, and when. */
import type { DecisionPolicy, ScoredRows } from '../decision/contract.ts';
import { decideWindow } from '../decision/decide.ts';
import { sliceEvidence } from '../evidence/evidence.ts';
import type { AlertedEvent } from '../maths/metrics/detection-delay.ts';

export interface ReplayOptions {
  /** Sorted by entity, then time, on a grid of `step`. */
  readonly rows: ScoredRows;
  readonly policy: DecisionPolicy;
  /** Ms. */
  readonly step: number;
  /** Epoch ms: earlier rows open no anomaly. */
  readonly watchFrom: number;
}

export interface ReplayedAlert extends AlertedEvent {
  /** Epoch ms from which on it may have begun, where that is before its start. */
  readonly earliestStart?: number | undefined;
  /** Epoch ms of the row at which people were told of its end; undefined for one that is still open. */
  readonly resolvedAt: number | undefined;
}

export interface Replay {
  /** By entity, then start. */
  readonly alerts: readonly ReplayedAlert[];
  /** Per row, 1 = anomalous. */
  readonly anomalous: Uint8Array;
}

/** @throws ModelError where a score is infinite */
export function findAlerts(given: ReplayOptions): readonly AlertedEvent[] {
  return replayRows(given).alerts.map(({ resolvedAt: _, earliestStart: __, ...alert }) => alert);
}

/**
 * Replays the rows one at a time through `decideWindow`, each entity by itself, so that an anomaly's opening is known
 * to the row. (Decisions do not depend on how rows are cut into windows, nor, but for pods that are gone, entities on one another.) An anomaly
 * that is still open at the end ends a step after its newest anomalous row.
 * @throws ModelError where a score is infinite
 */
export function replayRows({ rows, policy, step, watchFrom }: ReplayOptions): Replay {
  const alerts = new Map<string, ReplayedAlert>();
  const anomalous = new Uint8Array(rows.times.length);
  let tracks: Parameters<typeof decideWindow>[0]['tracks'] = {};
  for (let row = 0; row < rows.times.length; row++) {
    if (row > 0 && rows.entityOf[row] !== rows.entityOf[row - 1]) tracks = {};
    const decision = decideWindow({
      rows: oneRow(rows, row),
      policy,
      tracks,
      watchFrom,
      step,
      detector: '',
      modelVersion: '',
    });
    tracks = decision.tracks;
    anomalous[row] = decision.anomalous[0]!;
    const now = rows.times[row]!;
    for (const { anomalyId, entity, start, lastAnomalous, state, ...transition } of decision.transitions) {
      const known = alerts.get(keyOf(entity, anomalyId));
      const opened = state === 'opened' ? now : known?.alertedAt;
      const earliestStart = transition.earliestStart ?? known?.earliestStart;
      if (opened !== undefined)
        alerts.set(keyOf(entity, anomalyId), {
          entity,
          start,
          ...(earliestStart !== undefined && { earliestStart }),
          end: lastAnomalous + step,
          alertedAt: opened,
          resolvedAt: state === 'resolved' || state === 'settled' ? now : undefined,
        });
    }
    // An open anomaly grows without a transition.
    for (const [entity, { open }] of Object.entries(tracks)) {
      const alert = open && alerts.get(keyOf(entity, open.id));
      if (open && alert) alerts.set(keyOf(entity, open.id), { ...alert, end: open.lastAnomalous + step });
    }
  }
  return { alerts: [...alerts.values()], anomalous };
}

function oneRow(rows: ScoredRows, row: number): ScoredRows {
  const { evidence } = rows;
  return {
    ...(evidence !== undefined && { evidence: sliceEvidence(evidence, row, row + 1) }),
    entities: [rows.entities[rows.entityOf[row]!]!],
    entityOf: new Uint32Array(1),
    times: rows.times.subarray(row, row + 1),
    scores: rows.scores.subarray(row, row + 1),
    deviations: rows.deviations.subarray(row, row + 1),
  };
}

function keyOf(entity: string, anomalyId: string): string {
  return `${entity}\n${anomalyId}`;
}
