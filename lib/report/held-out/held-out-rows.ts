/** What the report draws of rows that the fit never saw: plain data, and what is worked out of it. */
import { findEvents, overlaps, type TimeEvent } from '../../maths/metrics/events.ts';
import { measureSeparation, type NoSeparation, type Separation } from '../findings/separation.ts';

/** One that would have been told of, had the version watched these rows. */
export interface ToldIncident extends TimeEvent {
  /** Epoch ms of the row at which people would have been told. */
  readonly alertedAt: number;
  /** …and of the row at which they would have been told of its end; undefined for one that is still open. */
  readonly resolvedAt: number | undefined;
}

/** A labelled event that no incident overlaps. */
export interface MissedEvent extends TimeEvent {
  /** Why, for people. */
  readonly said: string;
}

export interface HeldOutRows {
  /** Epoch ms, half-open. */
  readonly range: { readonly start: number; readonly end: number };
  /** Ms. */
  readonly step: number;
  /** Of the version. */
  readonly threshold: number;
  readonly level: 'evidence' | 'score';
  /** Rows sorted by entity, then time. */
  readonly entities: readonly string[];
  readonly entityOf: Uint32Array;
  /** Epoch ms. */
  readonly times: Float64Array;
  /** One per row, what the policy holds against its threshold; NaN where the row says nothing. */
  readonly levels: Float64Array;
  /** Per row, 1 = anomalous. */
  readonly anomalous: Uint8Array;
  /** Per row, 1 = labelled anomalous; undefined where nothing says it. */
  readonly labels: Uint8Array | undefined;
  readonly incidents: readonly ToldIncident[];
  readonly missed: readonly MissedEvent[];
}

/** Rows of one entity among the held-out ones. */
export interface HeldOutEntity {
  readonly entity: string;
  /** Half-open. */
  readonly from: number;
  readonly to: number;
  /** NaN where no row says anything. */
  readonly peak: number;
  readonly incidents: readonly ToldIncident[];
  readonly labelled: readonly TimeEvent[];
  /** Of the labelled ones. */
  readonly missed: readonly MissedEvent[];
}

export interface HeldOutFindings {
  /** Worst first: missed events, then false incidents, other incidents, the highest level. */
  readonly entities: readonly HeldOutEntity[];
  readonly events: readonly TimeEvent[];
  readonly separation: Separation | NoSeparation;
}

/** @param rows at least one */
export function findHeldOut(rows: HeldOutRows): HeldOutFindings {
  const { labels, levels, anomalous, incidents } = rows;
  const events = labels === undefined ? [] : findEvents({ ...rows, flags: labels });
  return {
    entities: listEntities(rows, events).sort(byTrouble),
    events,
    separation: measureSeparation({
      labels,
      scores: levels,
      decided: { anomalous, incidents },
      events,
      of: 'the held-out part',
    }),
  };
}

/** Whether anything that is labelled lies inside the incident. */
export function isOfEvent(incident: ToldIncident, events: readonly TimeEvent[]): boolean {
  return events.some((event) => overlaps(event, incident));
}

function listEntities(rows: HeldOutRows, events: readonly TimeEvent[]): HeldOutEntity[] {
  const { entities, entityOf, levels, incidents, missed } = rows;
  const listed: HeldOutEntity[] = [];
  for (let from = 0, to = 0; from < entityOf.length; from = to) {
    let peak = Number.NaN;
    for (to = from; to < entityOf.length && entityOf[to] === entityOf[from]; to++)
      if (!(levels[to]! <= peak) && !Number.isNaN(levels[to]!)) peak = levels[to]!;
    const entity = entities[entityOf[from]!]!;
    const isOwn = (event: TimeEvent): boolean => event.entity === entity;
    listed.push({
      entity,
      from,
      to,
      peak,
      incidents: incidents.filter(isOwn),
      labelled: events.filter(isOwn),
      missed: missed.filter(isOwn),
    });
  }
  return listed;
}

function byTrouble(a: HeldOutEntity, b: HeldOutEntity): number {
  return (
    b.missed.length - a.missed.length ||
    falseOf(b) - falseOf(a) ||
    b.incidents.length - a.incidents.length ||
    heightOf(b) - heightOf(a) ||
    (a.entity < b.entity ? -1 : 1)
  );
}

function falseOf({ incidents, labelled }: HeldOutEntity): number {
  return incidents.filter((incident) => !isOfEvent(incident, labelled)).length;
}

function heightOf({ peak }: HeldOutEntity): number {
  return Number.isNaN(peak) ? Number.NEGATIVE_INFINITY : peak;
}
