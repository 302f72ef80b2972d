/** What the decision stage would have opened on these scores, and when. */
import type { DecisionPolicy, ScoredRows } from '../decision/contract.ts';
import { decideWindow } from '../decision/decide.ts';
import type { AlertedEvent } from './metrics/detection-delay.ts';

/**
 * Replays the rows one at a time through `decideWindow`, each entity by itself, so that an incident's opening is known
 * to the row. (Decisions do not depend on how rows are cut into windows, nor entities on one another.) An incident
 * that is still open at the end ends a step after its newest anomalous row.
 * @returns by entity, then start
 * @throws ModelError where a score is infinite
 */
export function findAlerts(given: {
  /** Sorted by entity, then time, on a grid of `step`. */
  readonly rows: ScoredRows;
  readonly policy: DecisionPolicy;
  /** Ms. */
  readonly step: number;
  /** Epoch ms: earlier rows open no incident. */
  readonly watchFrom: number;
}): readonly AlertedEvent[] {
  const { rows, policy, step, watchFrom } = given;
  const alerts = new Map<string, AlertedEvent>();
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
    const alertedAt = rows.times[row]!;
    for (const { incidentId, entity, start, lastAnomalous, state } of decision.transitions) {
      const opened = state === 'opened' ? alertedAt : alerts.get(keyOf(entity, incidentId))?.alertedAt;
      if (opened !== undefined)
        alerts.set(keyOf(entity, incidentId), {
          entity,
          start,
          end: lastAnomalous + step,
          alertedAt: opened,
        });
    }
    // An open incident grows without a transition.
    for (const [entity, { open }] of Object.entries(tracks)) {
      const alert = open && alerts.get(keyOf(entity, open.id));
      if (open && alert) alerts.set(keyOf(entity, open.id), { ...alert, end: open.lastAnomalous + step });
    }
  }
  return [...alerts.values()];
}

function oneRow(rows: ScoredRows, row: number): ScoredRows {
  return {
    entities: [rows.entities[rows.entityOf[row]!]!],
    entityOf: new Uint32Array(1),
    times: rows.times.subarray(row, row + 1),
    scores: rows.scores.subarray(row, row + 1),
    deviations: rows.deviations.subarray(row, row + 1),
  };
}

function keyOf(entity: string, incidentId: string): string {
  return `${entity}\n${incidentId}`;
}
