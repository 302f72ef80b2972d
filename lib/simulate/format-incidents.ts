import type { Incident } from './incident.ts';

const COLUMNS = ['start', 'end', 'entity', 'scenario'] as const;

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
