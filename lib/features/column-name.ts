/** Names of columns, as people read them in an alert: "cpu_usage (change over 5m)". */
import { formatDuration } from '../base/duration.ts';
import type { ColumnSource, Transform } from './planned-column.ts';

/** @param step ms */
export function nameColumn(source: ColumnSource, transforms: readonly Transform[], step: number): string {
  if (source.kind === 'calendar') return `${nameSource(source)} (${source.wave}, ${source.timeZone})`;
  const derived = transforms.map((transform) => describeTransform(transform, step)).join(', ');
  return derived === '' ? nameSource(source) : `${nameSource(source)} (${derived})`;
}

/** What the column is about: a metric, "use / limit", "hour_of_day", "data_availability". */
export function nameSource(source: ColumnSource): string {
  switch (source.kind) {
    case 'metric':
      return source.metric;
    case 'ratio':
      return `${source.of} / ${source.to}`;
    case 'calendar':
      return source.cycle;
    case 'availability':
      return 'data_availability';
  }
}

/** "change over 5m". @param step ms */
export function describeTransform(transform: Transform, step: number): string {
  if (transform.kind === 'log') return 'log';
  const over = formatDuration(transform.rows * step);
  switch (transform.kind) {
    case 'change':
      return `change over ${over}`;
    case 'relative_change':
      return `relative change over ${over}`;
    case 'rate':
    case 'uptime':
      return `rate per second over ${over}`;
    case 'lag':
      return `${over} ago`;
    case 'rolling':
      return `${transform.statistic === 'iqr' ? 'IQR' : transform.statistic} over ${over}`;
  }
}
