/**
 * Three services, of which the first (A) calls the second (B) and so does the third (C), five minutes apart:
 * B slow; A retrying and C slow; all failing; down. Ten minutes later they are back.
 */

import type { Scenario } from './incident.ts';
import { forRows, type IncidentContext, type SimulatedService } from './incident.ts';
import type { ServiceColumns } from './metrics.ts';
import { drawNormal } from './noise.ts';

const MINUTE = 60_000;
const STAGE = 5 * MINUTE;
/** Slow, retrying, failing; then down for two stages. */
const DURATION = 5 * STAGE;

type Change = (columns: ServiceColumns, row: number, noise: number) => void;

/** Stage by stage what happens to A, B and C; undefined: nothing yet. */
const STAGES: readonly (readonly [a: Change | undefined, b: Change | undefined, c: Change | undefined])[] = [
  [undefined, beSlow, undefined],
  [retry, beSlower, beSlow],
  [fail, fail, fail],
  [beDown, beDown, beDown],
  [beDown, beDown, beDown],
];

export function simulateCascade(): Scenario {
  return {
    summary:
      'three services, five minutes apart: B slow, then A retrying and C slow, then all failing, then down',
    plan: { duration: DURATION, hours: [0, 24], services: 3, firstService: 0 },
    changeColumns: cascade,
    incidents: ([a = '', b = '', c = ''], { start }) => [
      { entity: a, start: start + STAGE, end: start + DURATION },
      { entity: b, start, end: start + DURATION },
      { entity: c, start: start + STAGE, end: start + DURATION },
    ],
  };
}

function cascade(services: readonly SimulatedService[], context: IncidentContext): void {
  for (const [stage, changes] of STAGES.entries())
    for (const [place, change] of changes.entries()) {
      const columns = services[place]?.columns;
      if (change === undefined || columns === undefined) continue;
      forRows(context, { start: context.start + stage * STAGE, duration: STAGE }, (row) =>
        change(columns, row, 1 + 0.05 * drawNormal(context.random)),
      );
    }
}

function beSlow(columns: ServiceColumns, row: number, noise: number): void {
  columns.request_latency_seconds[row]! *= 4 * noise;
  columns.database_latency_seconds[row]! *= 3 * noise;
}

function beSlower(columns: ServiceColumns, row: number, noise: number): void {
  columns.request_latency_seconds[row]! *= 10 * noise;
  columns.database_latency_seconds[row]! *= 4 * noise;
  columns.requests_per_second[row]! *= 1.5 * noise;
  columns.pod_cpu_usage[row]! *= 1.4 * noise;
}

/** Waits, gives up, asks again. */
function retry(columns: ServiceColumns, row: number, noise: number): void {
  columns.requests_per_second[row]! *= 1.6 * noise;
  columns.network_transmit_bytes[row]! *= 1.6 * noise;
  columns.pod_cpu_usage[row]! *= 1.5 * noise;
  columns.request_latency_seconds[row]! *= 2.5 * noise;
  columns.request_error_ratio[row] = 0.05 * noise;
}

function fail(columns: ServiceColumns, row: number, noise: number): void {
  columns.request_latency_seconds[row]! *= 15 * noise;
  columns.request_error_ratio[row] = 0.5 * noise;
  columns.pod_memory_usage[row]! *= 1.4 * noise;
  columns.container_readiness_ratio[row] = 0.5;
  columns.deployment_unavailable[row] = Math.ceil(columns.pods_running[row]! / 2);
  columns.container_restart_count[row]! += 2;
}

function beDown(columns: ServiceColumns, row: number, noise: number): void {
  columns.deployment_unavailable[row] = columns.pods_running[row]!;
  columns.container_waiting_count[row] = columns.pods_running[row]!;
  columns.container_restart_count[row]! += 6;
  columns.pods_running[row] = 0;
  columns.container_readiness_ratio[row] = 0;
  columns.requests_per_second[row]! *= 0.01 * noise;
  columns.request_error_ratio[row] = 1;
  columns.request_latency_seconds[row] = 10;
  columns.pod_cpu_usage[row]! *= 0.1 * noise;
  columns.pod_memory_usage[row]! *= 0.3 * noise;
  columns.network_transmit_bytes[row]! *= 0.03 * noise;
  columns.network_receive_bytes[row]! *= 0.03 * noise;
}
