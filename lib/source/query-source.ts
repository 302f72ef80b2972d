/** A source with history that is asked by one query at a time: each metric of a detector is a query of its own. */
import type { Deadline } from '../models/framework/contract.ts';
import { askPastRefusals } from './ask-past-refusals.ts';
import type { GridRange, MatrixSeries, MetricSource } from './metric-source.ts';

export interface RangeQuery extends Omit<GridRange, 'newest'> {
  readonly query: string;
}

/** Every series of the query over its range, or an error: see `SourceWithHistory`. */
export type QueryRange = (query: RangeQuery) => Promise<readonly MatrixSeries[]>;

/**
 * The source whose metrics `queryRange` answers, all at the same time; the first one that fails calls the others off.
 * @param name for messages
 * @param deadline of the run: how long it may ask past what is refused
 */
export function createQuerySource(
  name: string,
  queryRange: QueryRange,
  deadline: Deadline = { remaining: () => Infinity },
): MetricSource {
  return {
    name,
    forDetector: ({ metrics }) => ({
      history: true,
      async readRange(range) {
        const controller = new AbortController();
        const signal = range.signal ? AbortSignal.any([range.signal, controller.signal]) : controller.signal;
        try {
          return await Promise.all(
            metrics.map(async ({ name, query }) => {
              const { newest, ...asked } = { ...range, query, signal };
              if (newest === undefined) return { name, query, series: await queryRange(asked) };
              const { series, refused } = await askPastRefusals((part) => queryRange({ ...asked, ...part }), {
                ...asked,
                newest,
                subject: `query ${query}`,
                deadline,
              });
              return { name, query, series, ...(refused.length > 0 && { refused }) };
            }),
          );
        } catch (error) {
          controller.abort(error);
          throw error;
        }
      },
    }),
  };
}
