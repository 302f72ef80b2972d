import type { MetricSource } from '../../lib/source/metric-source.ts';
import { createQuerySource } from '../../lib/source/query-source.ts';
import type { MetricWindow } from '../../lib/window/window.ts';

/** A window as a Prometheus would tell it: a query is the name of a metric. */
export function tellWindow(window: MetricWindow): MetricSource {
  return createQuerySource('a window', async ({ query, start, end, step }) => {
    const column = window.columns[window.metrics.indexOf(query)]!;
    return window.entities.map((pod, entity) => {
      const rows = Array.from(window.times.keys()).filter(
        (row) =>
          window.entityOf[row] === entity &&
          window.times[row]! >= start &&
          window.times[row]! < end &&
          (window.times[row]! - start) % step === 0,
      );
      return {
        labels: { pod },
        times: Float64Array.from(rows, (row) => window.times[row]!),
        values: Float64Array.from(rows, (row) => column[row]!),
      };
    });
  });
}
