/** Something that happens to simulated services, and when. */
import type { Random } from '../maths/random.ts';
import type { ServiceColumns } from './metrics.ts';

export interface Incident {
  readonly scenario: string;
  readonly entity: string;
  /** Epoch milliseconds: first anomalous row, and behind the last one. */
  readonly start: number;
  readonly end: number;
}

/** One service before its values are rounded. */
export interface SimulatedService {
  readonly name: string;
  readonly size: number;
  readonly columns: ServiceColumns;
}

export interface ScenarioPlan {
  /** Longest stretch that one incident takes, milliseconds. */
  readonly duration: number;
  /** Hours of the day, UTC, in which it may begin. */
  readonly hours: readonly [from: number, to: number];
  /** Services that it needs, and happens to. */
  readonly services: number | 'all';
  /**
   * Where it may begin, beside the hours.
   * @returns whether it fits between a row and the one before it
   */
  readonly fits?: (season: number, seasonBefore: number) => boolean;
  /** Which services it happens to: the first one's place. By turns where it is left out. */
  readonly firstService?: number;
}

export interface Scenario {
  readonly summary: string;
  /** Undefined: nothing happens. */
  readonly plan: ScenarioPlan | undefined;
  /** Changes how busy a service is, before its life is simulated: per row, around 1. */
  readonly changeDemand?: (demand: Float64Array, context: IncidentContext) => void;
  /** Changes what the services report. @param services the ones that it happens to */
  readonly changeColumns?: (services: readonly SimulatedService[], context: IncidentContext) => void;
  /** When each of the services is affected. */
  readonly incidents: (
    names: readonly string[],
    context: IncidentContext,
  ) => readonly Omit<Incident, 'scenario'>[];
}

export interface IncidentContext {
  /** Epoch milliseconds of the rows. */
  readonly times: Float64Array;
  readonly step: number;
  readonly start: number;
  readonly random: Random;
}

/** Of a list of incidents as CSV. */
const COLUMNS = ['start', 'end', 'entity', 'scenario'] as const;

/** Calls `change` for the rows of [start, start + duration), with the share of it that has passed, 0 to 1. */
export function forRows(
  { times }: IncidentContext,
  range: { readonly start: number; readonly duration: number },
  change: (row: number, passed: number) => void,
): void {
  for (let row = 0; row < times.length; row++) {
    const passed = (times[row]! - range.start) / range.duration;
    if (passed >= 0 && passed < 1) change(row, passed);
  }
}

/** Times as ISO 8601 UTC; `end` is the first moment after the incident. */
export function formatIncidents(incidents: readonly Incident[], format: 'json' | 'csv'): string {
  const rows = incidents.map(({ entity, start, end, scenario }) => ({
    entity,
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    scenario,
  }));
  if (format === 'json') return `${JSON.stringify(rows, null, 2)}\n`;
  // Names of services and scenarios need no quotes.
  return [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))]
    .map((cells) => `${cells.join(',')}\n`)
    .join('');
}
