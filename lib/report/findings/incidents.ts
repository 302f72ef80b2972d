/** What would have been alerted: the decision stage run over the training rows, with the code that alerts. */
import type { DecisionPolicy, ScoredRows } from '../../decision/contract.ts';
import { decideWindow } from '../../decision/decide.ts';

export interface DecidedIncident {
  readonly entity: string;
  /** Epoch ms, half-open. One that is still open at the end of the data ends a step after its newest anomalous row. */
  readonly start: number;
  readonly end: number;
  readonly tellingRow: number;
  readonly peakScore: number;
}

export interface Decided {
  /** Per row, 1 = anomalous. */
  readonly anomalous: Uint8Array;
  /** By entity in the order of the rows, then by start. */
  readonly incidents: readonly DecidedIncident[];
}

/** @param given.step ms between rows */
export function decideRows(given: {
  readonly rows: ScoredRows;
  readonly policy: DecisionPolicy;
  readonly step: number;
  readonly detector: string;
  readonly modelVersion: string;
}): Decided {
  const { anomalous, transitions } = decideWindow({
    ...given,
    tracks: {},
    watchFrom: Number.NEGATIVE_INFINITY,
  });
  const byId = new Map<string, DecidedIncident>();
  // The last transition of an anomaly knows the most.
  for (const { anomalyId, entity, start, lastAnomalous, end, tellingRow, peakScore } of transitions)
    byId.set(anomalyId, {
      entity,
      start,
      end: end ?? lastAnomalous + given.step,
      tellingRow: tellingRow ?? byId.get(anomalyId)!.tellingRow,
      peakScore,
    });
  return { anomalous, incidents: [...byId.values()] };
}
