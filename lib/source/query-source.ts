/** A source with history that is asked by one query at a time: each metric of a detector is a query of its own. */
import type { GridRange, MatrixSeries, MetricSource } from './metric-source.ts';

export interface RangeQuery extends GridRange {
  readonly query: string;
}

/** Every series of the query over its range, or an error: see `SourceWithHistory`. */
export type QueryRange = (query: RangeQuery) => Promise<readonly MatrixSeries[]>;

/**
 * The source whose metrics `queryRange` answers, all at the same time; the first one that fails calls the others off.
 * @param name for messages
 */
export function createQuerySource(name: string, queryRange: QueryRange): MetricSource {
  return {
    name,
    forDetector: ({ metrics }) => ({
      history: true,
      async readRange(range) {
        const controller = new AbortController();
        const signal = range.signal ? AbortSignal.any([range.signal, controller.signal]) : controller.signal;
        try {
          return await Promise.all(
            metrics.map(async ({ name, query }) => ({
              name,
              query,
              series: await queryRange({ ...range, query, signal }),
            })),
          );
        } catch (error) {
          controller.abort(error);
          throw error;
        }
      },
    }),
  };
}
