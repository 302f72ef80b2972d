/** What a Prometheus answers beside good series: relabelled, restarted and half-broken exporters. */
import type { MatrixSeries } from '../../lib/source/metric-source.ts';
import type { QueryRange, RangeQuery } from '../../lib/source/query-source.ts';

/** Every series of them for a query. */
type Make = (query: RangeQuery) => readonly MatrixSeries[];

/** Nothing of these can be used. */
export const UNUSABLE_SERIES: Readonly<Record<string, Make>> = {
  'series without its label': (query) => [seriesOf(query, { instance: 'a' }, 1)],
  'two series without a label': (query) => [seriesOf(query, {}, 1), seriesOf(query, { instance: 'b' }, 2)],
};

/** Of an entity of their own, which a model would learn from. */
export const USABLE_SERIES: Readonly<Record<string, Make>> = {
  'series that overlap': (query) => [
    seriesOf(query, { pod: 'odd', instance: 'before' }, 1),
    seriesOf(query, { pod: 'odd', instance: 'after' }, 2),
  ],
  'series of no numbers': (query) => [seriesOf(query, { pod: 'odd' }, NaN)],
  'series of huge numbers': (query) => [seriesOf(query, { pod: 'odd' }, 1e300)],
  'series with a name of 300 kB': (query) => [seriesOf(query, { pod: 'A'.repeat(300_000) }, 1)],
  'series that prototypes know': (query) => [seriesOf(query, { pod: '__proto__' }, 1)],
  'a hundred short-lived series': (query) =>
    Array.from({ length: 100 }, (_, at) => seriesOf(query, { pod: `odd-${query.start}-${at}` }, at)),
};

/** @param active kinds that are answered by now */
export function poisonQueries(queryRange: QueryRange, active: ReadonlySet<string>): QueryRange {
  const kinds = { ...UNUSABLE_SERIES, ...USABLE_SERIES };
  return async (query) => {
    const good = await queryRange(query);
    return [...good, ...[...active].flatMap((kind) => kinds[kind]?.(query) ?? [])];
  };
}

function seriesOf(
  { start, end, step }: RangeQuery,
  labels: Readonly<Record<string, string>>,
  value: number,
): MatrixSeries {
  const times = Float64Array.from({ length: (end - start) / step }, (_, at) => start + at * step);
  return { labels, times, values: times.map(() => value) };
}
