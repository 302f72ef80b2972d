/** What simulated services report: the 16 metrics of the kubernetes preset, then what an ingress and a client library add. */

/**
 * As `lib/config/presets/kubernetes.ts` defines them, one service in the place of a namespace. `digits`: after the point,
 * as an exporter of it would give them; 0 for whole numbers.
 */
export const SIMULATED_METRICS = [
  { name: 'node_memory_utilization', digits: 4, help: 'Memory in use on its nodes, 0 to 1' },
  { name: 'node_cpu_utilization', digits: 4, help: 'CPU in use on its nodes, 0 to 1' },
  { name: 'node_disk_io_utilization', digits: 4, help: 'Time its busiest disk was busy, 0 to 1' },
  { name: 'filesystem_usage', digits: 4, help: 'Use of its fullest disk, 0 to 1' },
  { name: 'pod_cpu_usage', digits: 4, help: 'Cores in use by its containers' },
  { name: 'pod_memory_usage', digits: 0, help: 'Bytes in use by its containers' },
  { name: 'pods_running', digits: 0, help: 'Pods that run' },
  { name: 'pods_pending', digits: 0, help: 'Pods that wait for a node' },
  { name: 'container_restart_count', digits: 0, help: 'Restarts of containers in the last 15 minutes' },
  { name: 'container_waiting_count', digits: 0, help: 'Containers that wait to be started' },
  { name: 'container_readiness_ratio', digits: 4, help: 'Share of its containers that are ready, 0 to 1' },
  { name: 'deployment_unavailable', digits: 0, help: 'Replicas that are missing' },
  { name: 'network_receive_bytes', digits: 0, help: 'Bytes received in the last 5 minutes' },
  { name: 'network_transmit_bytes', digits: 0, help: 'Bytes sent in the last 5 minutes' },
  { name: 'network_receive_dropped', digits: 0, help: 'Received packets dropped in the last 5 minutes' },
  { name: 'network_transmit_dropped', digits: 0, help: 'Sent packets dropped in the last 5 minutes' },
  { name: 'requests_per_second', digits: 2, help: 'Requests answered a second' },
  { name: 'request_latency_seconds', digits: 5, help: 'Time within which 95 of 100 requests were answered' },
  { name: 'request_error_ratio', digits: 5, help: 'Share of requests that failed, 0 to 1' },
  { name: 'cache_hit_ratio', digits: 4, help: 'Share of lookups that the cache answered, 0 to 1' },
  { name: 'database_latency_seconds', digits: 5, help: 'Mean time of a query' },
] as const;

export type SimulatedMetricName = (typeof SIMULATED_METRICS)[number]['name'];

/** One array per metric, a value per row of one service. */
export type ServiceColumns = Record<SimulatedMetricName, Float64Array>;

export function createColumns(rows: number): ServiceColumns {
  const entries = SIMULATED_METRICS.map(({ name }) => [name, new Float64Array(rows)]);
  return Object.fromEntries(entries) as ServiceColumns;
}

/** In place: as many digits as an exporter gives, no share outside of 0 to 1, nothing below 0. */
export function roundColumns(columns: ServiceColumns): void {
  for (const { name, digits } of SIMULATED_METRICS) {
    const scale = 10 ** digits;
    const most = /_ratio$|_utilization$|filesystem_usage/.test(name) ? 1 : Number.POSITIVE_INFINITY;
    const column = columns[name];
    for (let row = 0; row < column.length; row++)
      column[row] = Math.round(Math.min(most, Math.max(0, column[row]!)) * scale) / scale;
  }
}
