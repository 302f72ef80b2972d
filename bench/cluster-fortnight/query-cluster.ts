/** The cluster's Prometheus, with its outage. */
import { SourceError } from '../../lib/base/errors.ts';
import type { MatrixSeries } from '../../lib/source/metric-source.ts';
import type { QueryRange } from '../../lib/source/query-source.ts';
import { inFortnight } from './cluster.ts';
import type { MeasuredPod } from './measure.ts';
import { type MetricName, OUTAGE, type Scale } from './plan.ts';

/** @param now epoch ms */
export function queryCluster(pods: readonly MeasuredPod[], { step }: Scale, now: () => number): QueryRange {
  return async ({ query, start, end }) => {
    if (now() >= inFortnight(OUTAGE.from) && now() < inFortnight(OUTAGE.to))
      throw new SourceError('unreachable', 'the cluster: connection refused');
    return pods.flatMap((pod): MatrixSeries[] => {
      const from = Math.max(start, pod.from);
      const to = Math.min(end, pod.to);
      if (from >= to) return [];
      const column: Float32Array | undefined = pod.columns[query as MetricName];
      // It has no kube-state-metrics, whose owners of pods it is asked for.
      if (column === undefined) return [];
      const times: number[] = [];
      const values: number[] = [];
      for (let time = from; time < to; time += step) {
        const value = column[(time - pod.from) / step]!;
        if (Number.isNaN(value)) continue;
        times.push(time);
        values.push(Number(value.toPrecision(6)));
      }
      const { namespace } = pod.workload;
      return times.length === 0
        ? []
        : [
            {
              labels: { namespace, pod: pod.name },
              times: Float64Array.from(times),
              values: Float64Array.from(values),
            },
          ];
    });
  };
}
