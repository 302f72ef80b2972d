/** Which anomalies people are told of together: by the product's own grouping, at its defaults, as they come. */
import { DEFAULT_GROUPING } from '../../lib/config/grouping.ts';
import { advanceIncidents } from '../../lib/incident/advance.ts';
import type { AnomalyChange, IncidentsState, Member } from '../../lib/incident/contract.ts';
import { rankMembers } from '../../lib/incident/rank-members.ts';
import type { Incident as Anomaly } from './find-incidents.ts';

/**
 * @param anomalies of one detector, each entity a workload of its own
 * @param step ms
 * @returns those of each incident, the probable culprit first
 */
export function groupAnomalies(
  anomalies: readonly Anomaly[],
  { detector, step }: { readonly detector: string; readonly step: number },
): readonly (readonly Anomaly[])[] {
  const changes = anomalies.flatMap((anomaly, at) => {
    const { entity, start, end, earliestStart, alertedAt, resolvedAt } = anomaly;
    const common = {
      anomalyId: String(at),
      detector,
      entity,
      start,
      earliestStart,
      workload: entity,
      siblings: 1,
      dependsOn: [],
      step,
    };
    const opened = {
      ...common,
      state: 'opened',
      sequence: 1,
      lastAnomalous: alertedAt,
      cap: 'critical',
    } as const;
    const over = { ...opened, state: 'resolved', sequence: 2, lastAnomalous: end - step, end } as const;
    return [
      { time: alertedAt, change: opened },
      ...(resolvedAt === undefined ? [] : [{ time: resolvedAt, change: over }]),
    ];
  });
  changes.sort((a, b) => a.time - b.time);
  const membersOf = new Map<string, readonly Member[]>();
  let state: IncidentsState = { incidents: [], openings: [] };
  let due = Number.POSITIVE_INFINITY;
  for (const { time, change } of changes) {
    while (due < time) advance([], due);
    advance([change], time);
  }
  return [...membersOf.values()].map((members) =>
    rankMembers(members).map(({ anomalyId }) => anomalies[Number(anomalyId)]!),
  );

  function advance(changes: readonly AnomalyChange[], now: number): void {
    const next = advanceIncidents({ state, changes, policy: DEFAULT_GROUPING, now });
    state = next.state;
    due = Math.max(next.due, now + 1);
    for (const { id, members } of state.incidents) membersOf.set(id, members);
  }
}
