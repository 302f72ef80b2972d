/** What can go wrong in a simulation. */
import { simulateCascade } from './cascade.ts';
import { forRows, type IncidentContext, type Scenario, type SimulatedService } from './incident.ts';
import { drawNormal } from './noise.ts';
import { seasonAt } from './season.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const SCENARIO_NAMES = [
  'none',
  'cpu-spike',
  'memory-leak',
  'seasonal-break',
  'correlation-drift',
  'slow-exfiltration',
  'cascading-failure',
  'slow-pool',
  'flash-sale',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

const SPIKE = 20 * MINUTE;
const LEAK = 6 * HOUR;
/** From the kill to the moment at which the new container is ready. */
const OOM_RESTART = 3 * MINUTE;
const BREAK = 6 * HOUR;
/** A weekday's night, which weekends go below. */
const QUIET = 0.6;
const DRIFT = 3 * HOUR;
const EXFILTRATION = 25 * MINUTE;
const POOL = 3 * HOUR;
/** Seconds that a connection is waited for in the end. */
const POOL_WAIT = 0.2;
/** Times the demand of the hour, for two hours; minutes until people have heard of it, and until the last have gone. */
const SALE = { duration: 2 * HOUR, times: 2, rise: 10 * MINUTE, fall: 30 * MINUTE } as const;
/** Office hours, so that the incident meets its opposite in the normal data. */
const DAYTIME = [9, 16] as const;

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  none: {
    summary: 'normal life: seasons, deployments, backups, a rare restart',
    plan: undefined,
    incidents: () => [],
  },
  'cpu-spike': {
    summary: 'CPU of one service to four times its usual for 20 minutes, without more requests',
    plan: { duration: SPIKE, hours: [0, 24], services: 1 },
    changeColumns: spikeCpu,
    incidents: lasting(SPIKE),
  },
  'memory-leak': {
    summary:
      'memory of one service grows for 6 hours to twice its usual, until it is killed and starts again',
    plan: { duration: LEAK + OOM_RESTART, hours: [0, 18], services: 1 },
    changeColumns: leakMemory,
    incidents: lasting(LEAK + OOM_RESTART),
  },
  'seasonal-break': {
    summary: 'one service is as quiet for 6 hours of the day as it is at night; each value is a usual one',
    plan: { duration: BREAK, hours: DAYTIME, services: 1 },
    changeDemand: breakSeason,
    incidents: lasting(BREAK),
  },
  'correlation-drift': {
    summary:
      'over 3 hours requests rise while cache hits fall and the database slows down, each within its own range',
    plan: { duration: DRIFT, hours: [8.5, 10], services: 1 },
    changeColumns: driftApart,
    incidents: lasting(DRIFT),
  },
  'slow-exfiltration': {
    summary:
      'in 25 minutes requests 100→118/s, CPU 30→38 %, memory 500→545 MB, sent 10→38 MB: only the sequence is odd',
    // In the morning, when the same numbers but one would be the start of the day.
    plan: {
      duration: EXFILTRATION,
      hours: [4, 20],
      services: 1,
      firstService: 0,
      fits: (season, before) => before < 1 && season >= 1,
    },
    changeColumns: exfiltrate,
    // The row of the last numbers is part of it.
    incidents: (names, context) => lasting(EXFILTRATION + context.step)(names, context),
  },
  'cascading-failure': simulateCascade(),
  'slow-pool': {
    summary: 'queries of one service wait longer and longer for a connection: 200 ms after 3 hours',
    plan: { duration: POOL, hours: DAYTIME, services: 1 },
    changeColumns: exhaustPool,
    incidents: lasting(POOL),
  },
  'flash-sale': {
    summary:
      'every service has twice its requests for 2 hours, the rest in proportion: no fault, nobody is to hear of it',
    plan: { duration: SALE.duration, hours: DAYTIME, services: 'all' },
    changeDemand: sell,
    changeColumns: scaleOut,
    incidents: () => [],
  },
};

function lasting(duration: number): Scenario['incidents'] {
  return (names, { start }) => names.map((entity) => ({ entity, start, end: start + duration }));
}

function spikeCpu(services: readonly SimulatedService[], context: IncidentContext): void {
  for (const { columns } of services)
    forRows(context, { start: context.start, duration: SPIKE }, (row) => {
      const noise = 1 + 0.05 * drawNormal(context.random);
      columns.pod_cpu_usage[row]! *= 4 * noise;
      columns.node_cpu_utilization[row]! += 0.3 * noise;
      columns.request_latency_seconds[row]! *= 1.3;
    });
}

function leakMemory(services: readonly SimulatedService[], context: IncidentContext): void {
  const killed = context.start + LEAK;
  for (const { columns } of services) {
    forRows(context, { start: context.start, duration: LEAK }, (row, passed) => {
      columns.pod_memory_usage[row]! *= 1 + passed;
      columns.node_memory_utilization[row]! += 0.1 * passed;
      // The garbage collector finds less and less.
      columns.request_latency_seconds[row]! *= 1 + 0.4 * passed ** 4;
    });
    forRows(context, { start: killed, duration: OOM_RESTART }, (row) => {
      columns.container_readiness_ratio[row] = 0.5;
      columns.container_waiting_count[row] = 2;
      columns.deployment_unavailable[row] = 2;
      columns.request_error_ratio[row] = 0.08;
      columns.pod_memory_usage[row]! *= 0.6;
    });
    forRows(context, { start: killed, duration: 15 * MINUTE }, (row) => {
      columns.container_restart_count[row]! += 2;
    });
  }
}

function breakSeason(demand: Float64Array, context: IncidentContext): void {
  forRows(context, { start: context.start, duration: BREAK }, (row) => {
    const time = context.times[row]!;
    demand[row]! *= Math.max(QUIET, seasonAt(time - 12 * HOUR)) / seasonAt(time);
  });
}

/** What a query takes has the wait for its connection in it, as its client measures it; a request makes two, side by side. */
function exhaustPool(services: readonly SimulatedService[], context: IncidentContext): void {
  for (const { columns } of services)
    forRows(context, { start: context.start, duration: POOL }, (row, passed) => {
      columns.database_latency_seconds[row]! += POOL_WAIT * passed;
      columns.request_latency_seconds[row]! += POOL_WAIT * passed;
    });
}

function sell(demand: Float64Array, context: IncidentContext): void {
  forSale(context, (row, times) => {
    demand[row]! *= times;
  });
}

/** There are as many more pods and nodes, so that nobody waits and no node is fuller than it would be. */
function scaleOut(services: readonly SimulatedService[], context: IncidentContext): void {
  for (const { columns, size } of services)
    forSale(context, (row, times) => {
      const load = columns.requests_per_second[row]! / (100 * size);
      columns.request_latency_seconds[row]! -= 0.02 * load * load * (1 - 1 / (times * times));
    });
}

/** @param change how many times the usual demand a row has */
function forSale(context: IncidentContext, change: (row: number, times: number) => void): void {
  const { duration, times, rise, fall } = SALE;
  forRows(context, { start: context.start, duration }, (row, passed) => {
    const [since, left] = [passed * duration, (1 - passed) * duration];
    change(row, 1 + (times - 1) * Math.min(1, since / rise, left / fall));
  });
}

/** A cache that was made too small: what should be found is asked of the database, and asked again. */
function driftApart(services: readonly SimulatedService[], context: IncidentContext): void {
  for (const { columns } of services)
    forRows(context, { start: context.start, duration: DRIFT }, (row, passed) => {
      // Half an hour to get there.
      const share = Math.min(1, passed * 6);
      columns.requests_per_second[row]! *= 1 + 0.06 * share;
      columns.cache_hit_ratio[row]! += share * (0.855 - columns.cache_hit_ratio[row]!);
      columns.cache_hit_ratio[row]! += share * 0.003 * drawNormal(context.random);
      columns.database_latency_seconds[row]! += share * 0.0022;
      columns.request_latency_seconds[row]! += share * 0.005;
    });
}

function exfiltrate(services: readonly SimulatedService[], context: IncidentContext): void {
  const { start, step, random } = context;
  for (const { columns, size } of services)
    forRows(context, { start, duration: EXFILTRATION + step }, (row) => {
      const passed = Math.min(1, (context.times[row]! - start) / EXFILTRATION);
      // The first and the last are the very numbers.
      const isBound = passed === 0 || passed === 1;
      const between = (from: number, to: number): number =>
        size * (from + (to - from) * passed) * (1 + (isBound ? 0 : 0.004 * drawNormal(random)));
      columns.requests_per_second[row] = between(100, 118);
      columns.pod_cpu_usage[row] = between(0.3, 0.38);
      columns.pod_memory_usage[row] = between(500e6, 545e6);
      columns.network_transmit_bytes[row] = between(10e6, 38e6);
    });
}
