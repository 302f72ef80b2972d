/**
 * The normal life of one service. Requests drive the rest, as they do in a real one: CPU and traffic follow at once,
 * memory and caches with a delay, replicas in steps. Nightly backups, deployments and a rare restart belong to it.
 */
import type { Random } from '../maths/random.ts';
import { createColumns, type ServiceColumns } from './metrics.ts';
import { createDrift } from './noise.ts';
import { hourOf } from './season.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** On the average; the time to the next is drawn. */
const BETWEEN_DEPLOYMENTS = 2.5 * DAY;
const BETWEEN_RESTARTS = 4 * DAY;
/** Hours: UTC. Half an hour in which much is sent and the disks are busy. */
const BACKUP = { from: 2, to: 2.5 };
/** How long `container_restart_count` remembers. */
const RESTART_MEMORY = 15 * MINUTE;
/** Requests a second that one pod of a service of size 1 takes. */
const REQUESTS_PER_POD = 30;

export interface LifeOptions {
  /** Epoch milliseconds, a step apart. */
  readonly times: Float64Array;
  readonly step: number;
  /** Of the service: at 1, a hundred requests a second on the average. */
  readonly size: number;
  /** Per row, around 1. */
  readonly demand: Float64Array;
  /** Per row, around 0: what the other tenants of the nodes do. */
  readonly neighbours: Float64Array;
  readonly random: Random;
}

/** Neither rounded nor kept within 0 to 1. */
export function simulateLife(options: LifeOptions): ServiceColumns {
  const { times, step, size, demand, neighbours, random } = options;
  const columns = createColumns(times.length);
  const drift = (memory: number, deviation: number): (() => number) =>
    createDrift({ random, step, memory, deviation });
  const drifts = {
    requests: drift(20 * MINUTE, 0.03),
    jitter: drift(MINUTE / 2, 0.015),
    cpu: drift(10 * MINUTE, 0.04),
    memory: drift(2 * HOUR, 0.012),
    sent: drift(8 * MINUTE, 0.06),
    received: drift(8 * MINUTE, 0.05),
    latency: drift(6 * MINUTE, 0.06),
    errors: drift(15 * MINUTE, 0.4),
    cache: drift(30 * MINUTE, 0.004),
    database: drift(10 * MINUTE, 0.05),
    disk: drift(5 * MINUTE, 0.02),
    space: drift(6 * HOUR, 0.003),
    backup: drift(4 * MINUTE, 0.06),
  };
  const deployments = drawEvents({ random, times, step, between: BETWEEN_DEPLOYMENTS, within: [8, 18] });
  const restarts = drawEvents({ random, times, step, between: BETWEEN_RESTARTS, within: [0, 24] });
  const smoothing = 1 - Math.exp(-step / HOUR);
  let warmth = demand[0] ?? 1;
  let pods = 0;
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    const [sinceDeployment, sinceRestart] = [time - deployments[row]!, time - restarts[row]!];
    const isRolling = sinceDeployment < 4 * MINUTE;
    const isStarting = sinceRestart < 2 * MINUTE;
    const isBackup = hourOf(time) >= BACKUP.from && hourOf(time) < BACKUP.to;
    // 1 at a deployment, when caches are empty.
    const cold = Math.exp(-sinceDeployment / (12 * MINUTE));
    warmth += smoothing * (demand[row]! - warmth);

    const load = demand[row]! * (1 + drifts.requests()) * (1 + drifts.jitter());
    columns.requests_per_second[row] = 100 * size * load;
    columns.pod_cpu_usage[row] = size * (0.06 + 0.24 * load) * (1 + drifts.cpu()) * (1 + 0.3 * cold);
    columns.pod_memory_usage[row] =
      5e8 * size * (0.74 + 0.26 * warmth) * (1 + drifts.memory()) * (1 - 0.08 * cold);
    const backup = isBackup ? 4e7 * (1 + drifts.backup()) : 0;
    columns.network_transmit_bytes[row] = size * (1e7 * load * (1 + drifts.sent()) + backup);
    columns.network_receive_bytes[row] = size * 4e6 * load * (1 + drifts.received());
    columns.network_receive_dropped[row] = drawDropped(random);
    columns.network_transmit_dropped[row] = drawDropped(random);

    const hits = 0.9 + 0.1 * (warmth - 1) + drifts.cache() - 0.18 * cold;
    columns.cache_hit_ratio[row] = hits;
    columns.database_latency_seconds[row] =
      (0.004 + 0.02 * (1 - hits) * load + (isBackup ? 0.006 : 0)) * (1 + drifts.database());
    columns.request_latency_seconds[row] =
      (0.07 + 0.02 * load * load + 2 * columns.database_latency_seconds[row]!) *
      (1 + drifts.latency()) *
      (isRolling || isStarting ? 1.25 : 1);
    columns.request_error_ratio[row] = 0.002 * Math.exp(drifts.errors()) * (isStarting ? 4 : 1);

    // Scales up at once and down with hesitation, as the autoscaler does.
    const wanted = Math.max(2, Math.ceil((100 * demand[row]!) / REQUESTS_PER_POD));
    const scalesUp = pods !== 0 && wanted > pods;
    if (wanted > pods || wanted < pods - 1) pods = wanted;
    const missing = isRolling || isStarting ? 1 : 0;
    columns.pods_running[row] = pods + (isRolling ? 1 : 0);
    columns.pods_pending[row] = scalesUp || sinceDeployment < MINUTE ? 1 : 0;
    columns.container_restart_count[row] = sinceRestart < RESTART_MEMORY ? 1 : 0;
    columns.container_waiting_count[row] = missing;
    columns.container_readiness_ratio[row] = 1 - missing / (2 * pods);
    columns.deployment_unavailable[row] = missing;

    columns.node_cpu_utilization[row] = 0.12 + 0.25 * load + neighbours[row]!;
    columns.node_memory_utilization[row] = 0.52 + 0.06 * warmth + 0.4 * neighbours[row]!;
    columns.node_disk_io_utilization[row] = 0.06 + 0.05 * load + drifts.disk() + (isBackup ? 0.45 : 0);
    // Logs of a week, then they are rotated.
    columns.filesystem_usage[row] = 0.42 + 0.1 * ((time % (7 * DAY)) / (7 * DAY)) + drifts.space();
  }
  return columns;
}

/** Per row the time of the newest event, -Infinity before the first: gaps are drawn, then moved into these hours. */
function drawEvents(options: {
  readonly random: Random;
  readonly times: Float64Array;
  readonly step: number;
  readonly between: number;
  readonly within: readonly [from: number, to: number];
}): Float64Array {
  const { random, times, step, between, within } = options;
  const newest = new Float64Array(times.length);
  const drawGap = (): number => -Math.log(1 - random.nextFloat()) * between;
  let last = Number.NEGATIVE_INFINITY;
  let due = (times[0] ?? 0) + drawGap();
  for (let row = 0; row < times.length; row++) {
    const hour = hourOf(times[row]!);
    if (times[row]! + step > due && hour >= within[0] && hour < within[1]) {
      last = times[row]!;
      due = last + drawGap();
    }
    newest[row] = last;
  }
  return newest;
}

/** Packets: none in 99 of 100 rows. */
function drawDropped(random: Random): number {
  return random.nextFloat() < 0.01 ? 1 + random.nextBelow(3) : 0;
}
