/** What a metric is measured in, where that is beyond doubt. A wrong unit misleads at 3 am; none does not. */
import { PRESETS } from '../config/presets/presets.ts';

export const METRIC_UNITS = [
  'bytes',
  'bytes/s',
  'seconds',
  'milliseconds',
  /** 0 to 1. */
  'ratio',
  /** 0 to 100. */
  'percent',
  'cores',
  'celsius',
] as const;
export type MetricUnit = (typeof METRIC_UNITS)[number];

/** https://prometheus.io/docs/practices/naming/#base-units, and what people add to them. The first match holds. */
const SUFFIXES: readonly (readonly [suffix: RegExp, unit: MetricUnit | undefined])[] = [
  // A point in time, not a length of it.
  [/_(timestamp|time|created|expiry|until)_seconds$/, undefined],
  [/_bytes_per_second$/, 'bytes/s'],
  [/_bytes$/, 'bytes'],
  // https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md: bytes, whose names do not say so.
  [/^container_memory_(rss|cache|swap|mapped_file|kernel_usage)$/, 'bytes'],
  [/_seconds$/, 'seconds'],
  [/_(milliseconds|millis|ms)$/, 'milliseconds'],
  [/_ratio$/, 'ratio'],
  [/_(percent|percentage|pct)$/, 'percent'],
  [/_cores$/, 'cores'],
  [/_celsius$/, 'celsius'],
];

/** These turn a value into one per second, or into a number of series: the name's unit is then in doubt… */
const CHANGES_UNIT =
  /\b(rate|irate|deriv|count|count_values|changes|resets|absent|stdvar|group)\s*(by|without)?\s*\(/;
/** …but for a quantile of a histogram, whose buckets have to be rates. */
const KEEPS_UNIT = /\bhistogram_quantile\s*\(/;

/**
 * @param query PromQL that gives the metric; undefined for a column of a dropped file
 * @returns undefined where in doubt
 */
export function unitOfMetric(metric: string, query: string | undefined): MetricUnit | undefined {
  const preset = Object.values(PRESETS)
    .flatMap(({ metrics }) => metrics)
    .find((known) => known.name === metric && known.query === query);
  if (preset !== undefined) return preset.unit === 'count' ? undefined : preset.unit;
  const unit = SUFFIXES.find(([suffix]) => suffix.test(metric))?.[1];
  if (unit === 'bytes/s' || query === undefined || KEEPS_UNIT.test(query)) return unit;
  return CHANGES_UNIT.test(query) ? undefined : unit;
}
