/** What a Prometheus holds, and what of it is worth watching. */
import { rowsForPercentile } from '../../lib/config/percentile.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How far back is looked. */
const LONGEST_HISTORY = 7 * DAY;
/** Less than this is too little to learn from, ms. */
const SHORTEST_HISTORY = 20 * MINUTE;
/** The range of the rates below: before it has passed, they stand on too little, which is not what normal looks like. */
const RATE_RANGE = 5 * MINUTE;
/** Best first. */
const PERCENTILES = [99.9, 99.5, 99, 98] as const;
/** Training rows above the percentile: on a single one, the threshold is whatever the oddest row happened to score. */
const ROWS_ABOVE = 4;

export interface LivePlan {
  /** For people. */
  readonly what: string;
  readonly preset: string | undefined;
  readonly metrics: readonly { readonly name: string; readonly query: string }[];
  readonly entity: readonly string[];
  /** All in ms. `replay` is the newest part of the history. */
  readonly history: number;
  readonly replay: number;
  readonly step: number;
  readonly detectionWindow: number;
  readonly percentile: number;
  /** Rows that the percentile needs. */
  readonly warmup: number;
}

const NODE_METRICS = {
  cpu_utilization: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
  memory_utilization: 'max by (instance) (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)',
  load1: 'max by (instance) (node_load1)',
  network_receive_bytes: 'sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))',
  network_transmit_bytes: 'sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[5m]))',
  disk_io_seconds: 'sum by (instance) (rate(node_disk_io_time_seconds_total[5m]))',
  context_switches: 'sum by (instance) (rate(node_context_switches_total[5m]))',
} as const;

/** Any target that a client library instruments, Prometheus itself among them. */
const PROCESS_METRICS = {
  cpu_seconds: 'sum by (instance) (rate(process_cpu_seconds_total[5m]))',
  resident_memory_bytes: 'sum by (instance) (process_resident_memory_bytes)',
  open_fds: 'sum by (instance) (process_open_fds)',
  scrape_duration_seconds: 'max by (instance) (scrape_duration_seconds)',
  scrape_samples: 'sum by (instance) (scrape_samples_scraped)',
} as const;

/** @throws Error where it does not answer, or holds too little */
export async function inspectPrometheus(url: string, now: number): Promise<LivePlan> {
  const names = new Set(await ask<readonly string[]>(url, 'label/__name__/values'));
  const choice = choose(names);
  const history = (await measureHistory(url, choice.probe, now)) - RATE_RANGE;
  if (history < SHORTEST_HISTORY)
    throw new Error(
      `Prometheus at ${url} holds ${describeHistory(history + RATE_RANGE)} of ${choice.probe}; it takes ${formatMinutes(SHORTEST_HISTORY + RATE_RANGE)} to learn from. Try again later`,
    );
  const isShort = history < 6 * HOUR;
  const detectionWindow = (isShort ? 2 : 15) * MINUTE;
  const step = isShort ? 15_000 : MINUTE;
  const replay = Math.floor(Math.min(4 * HOUR, history / 4) / detectionWindow) * detectionWindow;
  const rows = Math.floor((history - replay - detectionWindow) / step);
  const percentile = PERCENTILES.find((candidate) => ROWS_ABOVE * rowsForPercentile(candidate) <= rows) ?? 98;
  return {
    ...choice,
    history,
    replay,
    detectionWindow,
    step,
    percentile,
    warmup: rowsForPercentile(percentile),
  };
}

function describeHistory(milliseconds: number): string {
  return milliseconds <= 0 ? 'nothing recent' : formatMinutes(milliseconds);
}

function formatMinutes(milliseconds: number): string {
  return `${Math.round(milliseconds / MINUTE)} minutes`;
}

function choose(
  names: ReadonlySet<string>,
): Pick<LivePlan, 'what' | 'preset' | 'metrics' | 'entity'> & { probe: string } {
  if (names.has('kube_pod_info') && names.has('container_cpu_usage_seconds_total'))
    return {
      what: 'Kubernetes namespaces (preset kubernetes)',
      preset: 'kubernetes',
      metrics: [],
      entity: [],
      probe: 'kube_pod_info',
    };
  if (names.has('node_cpu_seconds_total'))
    return {
      what: 'nodes (node-exporter)',
      preset: undefined,
      ...list(NODE_METRICS),
      probe: 'node_cpu_seconds_total',
    };
  if (names.has('process_cpu_seconds_total'))
    return {
      what: 'processes that export metrics',
      preset: undefined,
      ...list(PROCESS_METRICS),
      probe: 'process_cpu_seconds_total',
    };
  throw new Error(
    'this Prometheus has neither kube-state-metrics and cAdvisor, nor node-exporter, nor process_* metrics; declare a detector of your own: docs/manifest.md',
  );
}

function list(queries: Readonly<Record<string, string>>): Pick<LivePlan, 'metrics' | 'entity'> {
  return { metrics: Object.entries(queries).map(([name, query]) => ({ name, query })), entity: ['instance'] };
}

/** From the oldest sample of the newest unbroken stretch (gaps over an hour break it) until now, ms. */
async function measureHistory(url: string, metric: string, now: number): Promise<number> {
  const step = 5 * MINUTE;
  const params = new URLSearchParams({
    query: `count(${metric})`,
    start: String((now - LONGEST_HISTORY) / 1000),
    end: String(now / 1000),
    step: String(step / 1000),
  });
  const { result } = await ask<{ result: { values: [number, string][] }[] }>(url, `query_range?${params}`);
  const times = (result[0]?.values ?? []).map(([seconds]) => seconds * 1000);
  let oldest = times.at(-1) ?? now;
  for (const time of times.toReversed()) {
    if (oldest - time > HOUR) break;
    oldest = time;
  }
  return Math.floor((now - oldest) / MINUTE) * MINUTE;
}

async function ask<T>(url: string, path: string): Promise<T> {
  const address = `${url.replace(/\/+$/, '')}/api/v1/${path}`;
  const response = await fetch(address).catch((cause: Error) => {
    throw new Error(
      `no answer from ${url}: ${cause.cause instanceof Error ? cause.cause.message : cause.message}`,
      { cause },
    );
  });
  const text = await response.text();
  try {
    const answer = JSON.parse(text) as { status: string; data: T; error?: string };
    if (answer.status === 'success') return answer.data;
    throw new Error(answer.error ?? answer.status);
  } catch (cause) {
    throw new Error(`${url} answered ${response.status}, which is not Prometheus: ${text.slice(0, 120)}`, {
      cause,
    });
  }
}
