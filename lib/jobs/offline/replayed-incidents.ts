/** What a replay's incidents come to: which anomalies each is made of, and when people were told. */
import type { Alert } from '../../alert/alert.ts';
import type { Severity } from '../../config/severity.ts';
import type { Incident } from '../../incident/contract.ts';
import { rankMembers } from '../../incident/rank-members.ts';
import type { AlertedEvent } from '../../maths/metrics/detection-delay.ts';
import { overlaps, type TimeEvent } from '../../maths/metrics/events.ts';
import type { FoundAnomaly, ReplayNotify, ToldMessage } from './replay-notify.ts';

/** The stretch of one entity. */
export interface ReplayedAnomaly extends TimeEvent {
  readonly anomalyId: string;
  readonly incidentId: string;
  readonly isOpen: boolean;
  /** Epoch ms of the first message that told of it, whether by itself or with others; undefined where none did. */
  readonly toldAt: number | undefined;
}

/** One that people were told of, by its own messages or in a digest. */
export interface BacktestIncident extends AlertedEvent {
  readonly incidentId: string;
  /** Of the probable culprit. */
  readonly entity: string;
  /** The loudest that it ever was. */
  readonly severity: Severity;
  /** By the newest data; `end` is then a step after the newest anomalous row. */
  readonly isOpen: boolean;
  /** As people were told of it first. */
  readonly summary: string;
  /** Messages about it. */
  readonly alerts: number;
  /** The budget of its day, or its detector's digest, held it back: a digest was the first to tell of it. */
  readonly isFromDigest: boolean;
  /** That are, or were, part of it. */
  readonly entities: number;
  readonly anomalies: readonly ReplayedAnomaly[];
  /** Whether one of its anomalies overlaps a labelled event; undefined without labels. */
  readonly isRight: boolean | undefined;
}

/** Incidents that no message tells of. */
export interface UntoldIncidents {
  /** For their first message, when the data ended. */
  readonly waiting: number;
  /** For the next digest, when the data ended. */
  readonly held: number;
  /** Over before there was anything to tell: pods that had just begun. */
  readonly dropped: number;
}

/**
 * By the time of their onset.
 * @param given.step ms
 * @param given.openOf how far an anomaly reaches that is still open
 */
export function listAnomalies(given: {
  readonly told: Pick<ReplayNotify, 'anomalies' | 'messages'>;
  readonly step: number;
  readonly openOf: (entity: string) => { readonly id: string; readonly lastAnomalous: number } | undefined;
}): readonly ReplayedAnomaly[] {
  const { told, step, openOf } = given;
  const messagesOf = groupMessages(told.messages);
  return [...told.anomalies]
    .map(([anomalyId, { foundAt, anomaly, incidentId }]: [string, FoundAnomaly]): ReplayedAnomaly => {
      const { entity, start, end, lastAnomalous } = anomaly;
      const open = openOf(entity);
      const newest = open?.id === anomalyId ? open.lastAnomalous : Date.parse(lastAnomalous);
      return {
        anomalyId,
        incidentId,
        entity,
        start: Date.parse(start),
        end: end === null ? newest + step : Date.parse(end),
        isOpen: end === null,
        // A message tells of all that belong to its incident by then: who joins silently is told of in the next one.
        toldAt: messagesOf.get(incidentId)?.find(({ at }) => at >= foundAt)?.at,
      };
    })
    .sort((a, b) => a.start - b.start);
}

/** By their first message. */
export function listIncidents(given: {
  readonly told: Pick<ReplayNotify, 'incidents' | 'messages'>;
  readonly anomalies: readonly ReplayedAnomaly[];
  readonly labelled: readonly TimeEvent[] | undefined;
}): readonly BacktestIncident[] {
  const { told, anomalies, labelled } = given;
  const anomaliesOf = Map.groupBy(anomalies, ({ incidentId }) => incidentId);
  return [...groupMessages(told.messages)].map(([incidentId, messages]): BacktestIncident => {
    const incident = told.incidents.get(incidentId)!;
    const own = anomaliesOf.get(incidentId) ?? [];
    const { at, alert } = messages[0]!;
    return {
      incidentId,
      entity: rankMembers(incident.members)[0]!.entity,
      severity: incident.severity,
      start: own.reduce((least, { start }) => Math.min(least, start), Infinity),
      end: own.reduce((most, { end }) => Math.max(most, end), -Infinity),
      isOpen: own.some(({ isOpen }) => isOpen),
      alertedAt: at,
      summary: summaryOf(alert, incidentId),
      alerts: messages.length,
      isFromDigest: alert.state === 'digest',
      entities: new Set(own.map(({ entity }) => entity)).size,
      anomalies: own,
      isRight: labelled && own.some((anomaly) => labelled.some((event) => overlaps(event, anomaly))),
    };
  });
}

export function countUntold({ incidents, messages }: ReplayNotify): UntoldIncidents {
  const told = groupMessages(messages);
  const untold = [...incidents.values()].filter(({ id }) => !told.has(id));
  const count = (status: Incident['status']): number =>
    untold.filter((incident) => incident.status === status).length;
  return { waiting: count('waiting'), held: count('held'), dropped: count('closed') };
}

/** By incident, in their order. */
function groupMessages(messages: readonly ToldMessage[]): ReadonlyMap<string, readonly ToldMessage[]> {
  const byIncident = new Map<string, ToldMessage[]>();
  for (const message of messages)
    for (const id of message.incidentIds) byIncident.set(id, [...(byIncident.get(id) ?? []), message]);
  return byIncident;
}

/** In a digest, the sentence that is about it, where there was room for one. */
function summaryOf({ state, summary, members }: Alert, incidentId: string): string {
  if (state !== 'digest') return summary;
  return members?.find((member) => member.incidentId === incidentId)?.summary ?? summary;
}
