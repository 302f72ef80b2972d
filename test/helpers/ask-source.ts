import type { GridRange, MatrixSeries, MetricSource } from '../../lib/source/metric-source.ts';
import type { RangeQuery } from '../../lib/source/query-source.ts';

/** The series of one query, as of a detector with no other metric. */
export async function askSource(
  source: MetricSource,
  { query, ...range }: RangeQuery & Pick<GridRange, 'newest'>,
): Promise<readonly MatrixSeries[]> {
  const opened = source.forDetector({ name: 'd', metrics: [{ name: 'm', query }], entityLabels: [] });
  if (!opened.history) throw new Error(`${source.name} has no history`);
  const [matrix] = await opened.readRange(range);
  return matrix!.series;
}
