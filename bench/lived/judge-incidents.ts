/**
 * What people were told, held against labels.
 *
 * - An event is a run of label 1 (`findEvents`). An incident is true where the row that opened it lies in an event or is
 *   one of the GRACE_ROWS rows behind it; any other is false.
 * - An event is found where an incident opened in it (or in those rows behind it), or where one that opened in an
 *   earlier event has an anomalous row in it: that one is carried over, and has no delay. An event that is merely
 *   covered, by an incident that opened outside of any, is not found.
 * - An incident lies open from the row that opened it to the row at which people are told of its end.
 */
import { findEvents, type TimeEvent } from '../../lib/maths/metrics/events.ts';
import type { Incident, Told } from './find-incidents.ts';

/** Rows behind an event's end in which an incident is still about that event. */
const GRACE_ROWS = 5;

export interface WatchedRows {
  readonly entities: readonly string[];
  readonly entityOf: Uint32Array;
  /** Epoch ms, ascending within an entity. */
  readonly times: Float64Array;
  readonly labels: Uint8Array;
  /** 1: neither normal nor an event, and what is told of there is neither true nor false. */
  readonly ignored?: Uint8Array | undefined;
  /** 0 where nothing was measured: a row of the grid within a gap. */
  readonly measured?: Uint8Array | undefined;
  /** Ms. */
  readonly step: number;
}

/** Adds up over files. Times are ms. */
export interface LivedFigures {
  readonly series: number;
  readonly watched: number;
  readonly events: number;
  /** Per event, 1 = found. */
  readonly which: readonly (0 | 1)[];
  readonly found: number;
  /** Of those found: by an incident of an earlier event. */
  readonly carried: number;
  /** Not found, though a false incident lay open in them. */
  readonly covered: number;
  /** Of each event that an incident opened in: from its start to that row. */
  readonly delays: readonly number[];
  readonly incidents: number;
  readonly falseIncidents: number;
  /** Of all incidents, true or false: opened by a row in which nothing was measured. */
  readonly inGaps: number;
  readonly inAlert: number;
  /** Unlabelled time, and that of it in which an incident lay open. */
  readonly outside: number;
  readonly inAlertOutside: number;
  /** Of each true incident that resolved: from the end of the last event that it overlaps. */
  readonly openAfter: readonly number[];
  /** True incidents that still lay open where the data ends. */
  readonly unresolved: number;
}

export const NO_FIGURES: LivedFigures = {
  series: 0,
  watched: 0,
  events: 0,
  which: [],
  found: 0,
  carried: 0,
  covered: 0,
  delays: [],
  incidents: 0,
  falseIncidents: 0,
  inGaps: 0,
  inAlert: 0,
  outside: 0,
  inAlertOutside: 0,
  openAfter: [],
  unresolved: 0,
};

export function judgeIncidents(rows: WatchedRows, { incidents, anomalous }: Told): LivedFigures {
  const { labels, step, ignored } = rows;
  const events = findEvents({ ...rows, flags: labels });
  const setAside = ignored === undefined ? [] : findEvents({ ...rows, flags: ignored });
  const opened = incidents.map((incident) => ({
    ...incident,
    event: findOpenedIn(events, incident, step),
  }));
  const right = opened.filter(({ event }) => event !== undefined);
  const wrong = opened.filter(
    (incident) => incident.event === undefined && findOpenedIn(setAside, incident, step) === undefined,
  );
  const alarming = findRowsOf(rows, anomalous);
  const delays: number[] = [];
  const which: (0 | 1)[] = [];
  let carried = 0;
  let covered = 0;
  for (const event of events) {
    const own = right.filter((incident) => incident.event === event);
    const isCarried = right.some((incident) => reachesInto(incident, event, alarming));
    which.push(own.length > 0 || isCarried ? 1 : 0);
    if (own.length > 0) delays.push(Math.min(...own.map(({ alertedAt }) => alertedAt)) - event.start);
    else if (isCarried) carried++;
    else if (wrong.some((incident) => isOpenIn(incident, event))) covered++;
  }
  return {
    series: rows.entities.length,
    events: events.length,
    which,
    found: delays.length + carried,
    carried,
    covered,
    delays,
    incidents: incidents.length,
    falseIncidents: wrong.length,
    inGaps: countInGaps(rows, incidents),
    openAfter: right.flatMap(({ resolvedAt, event, ...incident }) => {
      if (resolvedAt === undefined) return [];
      const ends = events.filter((each) => overlapsWhileOpen(incident, each)).map(({ end }) => end);
      return [Math.max(0, resolvedAt - Math.max(event!.end, ...ends))];
    }),
    unresolved: right.filter(({ resolvedAt }) => resolvedAt === undefined).length,
    ...measureTime(rows, incidents),
  };
}

export function addFigures(all: readonly LivedFigures[]): LivedFigures {
  return all.reduce((sum, each) => {
    const added = Object.keys(NO_FIGURES).map((name) => {
      const [a, b] = [sum[name as keyof LivedFigures], each[name as keyof LivedFigures]];
      return [name, typeof a === 'number' ? a + (b as number) : [...a, ...(b as readonly number[])]];
    });
    return Object.fromEntries(added) as LivedFigures;
  }, NO_FIGURES);
}

/** The event that its opening row lies in; else the latest one that this row is shortly behind. */
function findOpenedIn(
  events: readonly TimeEvent[],
  { entity, alertedAt }: Incident,
  step: number,
): TimeEvent | undefined {
  const own = events.filter((event) => event.entity === entity && event.start <= alertedAt);
  return (
    own.find(({ end }) => alertedAt < end) ?? own.findLast(({ end }) => alertedAt < end + GRACE_ROWS * step)
  );
}

/** Times of anomalous rows by entity. */
function findRowsOf({ entities, entityOf, times }: WatchedRows, flags: Uint8Array): Map<string, number[]> {
  const found = new Map<string, number[]>(entities.map((entity) => [entity, []]));
  for (let row = 0; row < flags.length; row++)
    if (flags[row] === 1) found.get(entities[entityOf[row]!]!)!.push(times[row]!);
  return found;
}

function reachesInto(incident: Incident, event: TimeEvent, alarming: Map<string, number[]>): boolean {
  if (!overlapsWhileOpen(incident, event) || incident.alertedAt >= event.start) return false;
  const to = Math.min(event.end, incident.end);
  return alarming.get(event.entity)!.some((time) => time >= event.start && time < to);
}

function countInGaps(
  { entities, entityOf, times, measured }: WatchedRows,
  incidents: readonly Incident[],
): number {
  const gaps = new Set<string>();
  measured?.forEach((flag, row) => {
    if (flag === 0) gaps.add(`${times[row]} ${entities[entityOf[row]!]}`);
  });
  return incidents.filter(({ entity, alertedAt }) => gaps.has(`${alertedAt} ${entity}`)).length;
}

/** From its opening to its last anomalous row. */
function overlapsWhileOpen(
  { entity, alertedAt, end }: Omit<Incident, 'resolvedAt'>,
  event: TimeEvent,
): boolean {
  return entity === event.entity && alertedAt < event.end && event.start < end;
}

function isOpenIn({ entity, alertedAt, resolvedAt = Infinity }: Incident, event: TimeEvent): boolean {
  return entity === event.entity && alertedAt < event.end && event.start < resolvedAt;
}

function measureTime(
  { entities, entityOf, times, labels, ignored, step }: WatchedRows,
  incidents: readonly Incident[],
): Pick<LivedFigures, 'watched' | 'inAlert' | 'outside' | 'inAlertOutside'> {
  const byEntity = Map.groupBy(incidents, ({ entity }) => entity);
  let [inAlert, outside, inAlertOutside] = [0, 0, 0];
  // Incidents of one entity follow one another, as do its rows.
  let left: Incident[] = [];
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    if (row === 0 || entityOf[row] !== entityOf[row - 1])
      left = (byEntity.get(entities[entityOf[row]!]!) ?? []).toSorted((a, b) => b.alertedAt - a.alertedAt);
    while ((left.at(-1)?.resolvedAt ?? Infinity) <= time) left.pop();
    const isOpen = (left.at(-1)?.alertedAt ?? Infinity) <= time;
    const isNormal = labels[row] === 0 && ignored?.[row] !== 1;
    if (isOpen) inAlert += step;
    if (isNormal) outside += step;
    if (isOpen && isNormal) inAlertOutside += step;
  }
  return { watched: times.length * step, inAlert, outside, inAlertOutside };
}
