/** A source without history, in memory: it tells what holds now, as a cluster's own metrics do. */
import { RetryLaterError, SourceError } from '../../lib/base/errors.ts';
import type { Deadline } from '../../lib/models/framework/contract.ts';
import { describeSeries } from '../../lib/source/matrix-response.ts';
import { MAX_SERIES, type MatrixSeries, type MetricSource } from '../../lib/source/metric-source.ts';

export interface Gauge {
  readonly labels: Readonly<Record<string, string>>;
  /** By epoch ms; undefined where there is none. */
  readonly valueAt: (time: number) => number | undefined;
}

/**
 * @param gaugesOf those of a query
 * @throws SourceError where `gaugesOf` throws one
 */
export function createClusterSource(
  gaugesOf: (query: string) => readonly Gauge[],
  { now, deadline }: { readonly now: () => number; readonly deadline: Deadline },
): MetricSource {
  return {
    name: 'a cluster in memory',
    forDetector: ({ metrics }) => ({
      history: false,
      async readNow({ signal } = {}) {
        if (signal?.aborted) throw new RetryLaterError('aborted', 'the cluster was called off');
        if (deadline.remaining() <= 0) throw new RetryLaterError('deadline', 'no time is left');
        return metrics.map(({ name, query }) => ({
          name,
          query,
          series: measure(gaugesOf(query), now()),
        }));
      },
    }),
  };
}

function measure(gauges: readonly Gauge[], time: number): MatrixSeries[] {
  if (gauges.length > MAX_SERIES)
    throw new SourceError('too-many-series', `${gauges.length} gauges, and the limit is ${MAX_SERIES}`);
  const seen = new Set<string>();
  const all: MatrixSeries[] = [];
  for (const { labels, valueAt } of gauges) {
    const key = describeSeries(labels);
    if (seen.has(key)) throw new SourceError('duplicate-series', `gauge ${key} is there twice`);
    seen.add(key);
    const value = valueAt(time);
    if (value === undefined) continue;
    all.push({
      labels,
      times: Float64Array.of(time),
      values: Float64Array.of(Number.isFinite(value) ? value : Number.NaN),
    });
  }
  return all;
}
