import { SourceError } from '../base/errors.ts';
import { describeSeries, showSeries } from './matrix-response.ts';
import type { MatrixSeries } from './metric-source.ts';

/**
 * Series of consecutive chunks, put together by their labels.
 * @throws SourceError where a chunk has the same labels twice, so that samples would mix
 */
export function mergeChunks(chunks: readonly (readonly MatrixSeries[])[], subject: string): MatrixSeries[] {
  const parts = new Map<string, MatrixSeries[]>();
  for (const chunk of chunks) {
    const seen = new Set<string>();
    for (const series of chunk) {
      const key = describeSeries(series.labels);
      if (seen.has(key))
        throw new SourceError(
          'duplicate-series',
          `${subject} gave series ${showSeries(series.labels)} twice in one answer`,
        );
      seen.add(key);
      const known = parts.get(key);
      if (known) known.push(series);
      else parts.set(key, [series]);
    }
  }
  return [...parts.values()].map(joinSeries);
}

function joinSeries(parts: readonly MatrixSeries[]): MatrixSeries {
  const first = parts[0]!;
  if (parts.length === 1) return first;
  const length = parts.reduce((sum, part) => sum + part.times.length, 0);
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  let at = 0;
  for (const part of parts) {
    times.set(part.times, at);
    values.set(part.values, at);
    at += part.times.length;
  }
  const hasHistograms = parts.some((part) => part.hasHistograms);
  return { labels: first.labels, times, values, ...(hasHistograms && { hasHistograms }) };
}
