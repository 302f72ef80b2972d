/** Export from a real Prometheus, against curl fetching the same answers and throwing them away. */
import { execFile, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { defaultDetector } from '../lib/config/defaults.ts';
import type { Detector } from '../lib/config/detector.ts';
import { exportWindows } from '../lib/jobs/export/export-windows.ts';
import { DEFAULT_CONCURRENCY } from '../lib/source/prometheus-endpoint.ts';
import { createPrometheusSource } from '../lib/source/prometheus-source.ts';
import { createMemoryObjectStore } from '../test/helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../test/helpers/memory-telemetry.ts';
import {
  type BackfillSeries,
  formatOpenMetrics,
  type RunningProgram,
  startPrometheus,
} from '../test/helpers/prometheus.ts';
import type { BenchRow } from './bench-row.ts';
import { median, pairedRatio, type Timings, timeInTurns } from './in-turns.ts';

const METRICS = 16;
const ENTITIES = 50;
const STEP = 60_000;
const CELLS = 1440;
const START = Date.parse('2025-01-06T00:00:00Z');
const END = START + CELLS * STEP;
const ROUNDS = 7;
const AIM = { atMost: 1.2 };
type Ours = 'columns' | 'day' | 'quarters' | 'dayOfRates' | 'quartersOfRates';
type ContenderName = Ours | 'curlSelectors' | 'curlRates';

const NO_LIMIT = { remaining: (): number => Number.POSITIVE_INFINITY };

/** Selectors are the hardest case, since Prometheus hardly works for them; people's queries are rates and sums. */
const SELECTORS: readonly string[] = metricNames();
const RATES: readonly string[] = metricNames().map((name) => `sum by (namespace, pod) (rate(${name}[5m]))`);

/** What is exported, and what curl fetches beside it. */
const CASES: readonly (readonly [name: Ours, what: string, theirs: 'curlSelectors' | 'curlRates'])[] = [
  ['dayOfRates', 'rates, 1 window', 'curlRates'],
  ['quartersOfRates', 'rates, 96 windows', 'curlRates'],
  ['columns', 'bare selectors, into columns', 'curlSelectors'],
  ['day', 'bare selectors, 1 window', 'curlSelectors'],
  ['quarters', 'bare selectors, 96 windows', 'curlSelectors'],
];

/**
 * 16 metrics × 50 entities × 1 day at 1 min, the same concurrency for both. First with all cores for all: then Prometheus works on the cores
 * that the export needs. Then with one for Prometheus and another for its client, as if it ran elsewhere.
 */
export async function benchExport(): Promise<BenchRow[]> {
  if (!isInstalled('prometheus') || !isInstalled('promtool'))
    return [{ what: 'export', ours: undefined, unit: 's', peer: 'prometheus or promtool is not installed' }];
  const together = rowsOf(await measure((start) => start()), 'export');
  if (!isInstalled('taskset') || availableParallelism() < 2)
    return [
      ...together,
      { what: 'export, apart', ours: undefined, unit: 's', peer: 'it takes taskset and two cores' },
    ];
  return [...together, ...rowsOf(await measure(startApart), 'export, apart')];
}

interface Measured {
  readonly times: Timings<ContenderName>;
  /** Seconds of each round, warm-ups included. */
  readonly cpu: ReadonlyMap<ContenderName, readonly number[]>;
}

function rowsOf({ times, cpu }: Measured, title: string): BenchRow[] {
  return CASES.flatMap(([ours, what, theirs]): BenchRow[] => {
    const subject = `${title}, ${what}: ${METRICS} queries × ${ENTITIES} series × ${CELLS}`;
    const peer = isInstalled('curl')
      ? {
          name: `curl --parallel-max ${DEFAULT_CONCURRENCY}`,
          value: median(times[theirs]),
          ratio: pairedRatio(times[ours], times[theirs]),
        }
      : 'curl is not installed';
    return [
      { what: subject, ours: median(times[ours]), unit: 's', peer, aim: AIM },
      { what: `${title}, ${what}: of which CPU`, ours: median(cpu.get(ours) ?? []), unit: 's' },
    ];
  });
}

/** Prometheus gets the first core, and this process with curl the second. */
async function startApart(start: () => Promise<RunningProgram>): Promise<RunningProgram> {
  pinTo('0');
  const prometheus = await start();
  pinTo('1');
  return {
    url: prometheus.url,
    async [Symbol.asyncDispose]() {
      pinTo(`0-${availableParallelism() - 1}`);
      await prometheus[Symbol.asyncDispose]();
    },
  };
}

/** All threads of this process, and what it starts from here on. */
function pinTo(cores: string): void {
  const { status, stderr } = spawnSync('taskset', ['-apc', cores, String(process.pid)]);
  if (status !== 0) throw new Error(`taskset -apc ${cores}: ${stderr}`);
}

async function measure(
  open: (start: () => Promise<RunningProgram>) => Promise<RunningProgram>,
): Promise<Measured> {
  const curl = isInstalled('curl');
  await using prometheus = await open(() => startPrometheus({ backfill: formatOpenMetrics(makeDay()) }));
  const { url } = prometheus;
  const cpu = new Map<ContenderName, number[]>();
  const counted =
    (name: ContenderName, work: () => Promise<void>): (() => Promise<void>) =>
    async () => {
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      cpu.set(name, [...(cpu.get(name) ?? []), (user + system) / 1e6]);
    };
  const day = CELLS * STEP;
  const quarter = 15 * STEP;
  const times = await timeInTurns<ContenderName>(
    {
      curlSelectors: () => curl && runCurl(url, SELECTORS),
      columns: counted('columns', () => runQueries(url)),
      day: counted('day', () => runExport(url, SELECTORS, day)),
      quarters: counted('quarters', () => runExport(url, SELECTORS, quarter)),
      curlRates: () => curl && runCurl(url, RATES),
      dayOfRates: counted('dayOfRates', () => runExport(url, RATES, day)),
      quartersOfRates: counted('quartersOfRates', () => runExport(url, RATES, quarter)),
    },
    { rounds: ROUNDS },
  );
  return { times, cpu };
}

async function runCurl(url: string, queries: readonly string[]): Promise<void> {
  const args = ['--silent', '--fail', '--parallel', '--parallel-max', String(DEFAULT_CONCURRENCY)];
  for (const [index, query] of queries.entries()) {
    if (index > 0) args.push('--next', '--silent', '--fail');
    const fields = { query, start: START / 1000, end: (END - STEP) / 1000, step: STEP / 1000 };
    for (const [field, value] of Object.entries(fields)) args.push('--data-urlencode', `${field}=${value}`);
    args.push('--output', '/dev/null', `${url}/api/v1/query_range`);
  }
  await promisify(execFile)('curl', args);
}

async function runQueries(url: string): Promise<void> {
  const source = sourceAt(url).forDetector({
    name: 'bench',
    metrics: SELECTORS.map((query) => ({ name: query, query })),
    entityLabels: [],
  });
  if (!source.history) throw new Error('a source without history');
  const answers = await source.readRange({ start: START, end: END, step: STEP });
  const samples = answers.flatMap(({ series }) => series).reduce((sum, { times }) => sum + times.length, 0);
  if (samples !== METRICS * ENTITIES * CELLS) throw new Error(`${samples} samples came`);
}

async function runExport(url: string, queries: readonly string[], detectionWindow: number): Promise<void> {
  const detector: Detector = {
    ...defaultDetector('bench'),
    metrics: queries.map((query, index) => ({ name: `metric_${index}`, query })),
    entityLabels: ['namespace', 'pod'],
    step: STEP,
    detectionWindow,
    ingestDelay: 0,
    backfill: CELLS * STEP,
  };
  const { exportedUntil } = await exportWindows(
    { detector, manifestHash: 'bench', source: sourceAt(url) },
    {
      store: createMemoryObjectStore(),
      telemetry: createMemoryTelemetry(),
      now: () => END,
      deadline: NO_LIMIT,
    },
  );
  if (exportedUntil !== END) throw new Error(`exported until ${new Date(exportedUntil).toISOString()}`);
}

function sourceAt(url: string): ReturnType<typeof createPrometheusSource> {
  return createPrometheusSource({
    endpoint: {
      url,
      auth: { kind: 'none' },
      headers: {},
      timeoutMs: 60_000,
      concurrency: DEFAULT_CONCURRENCY,
      retries: 0,
    },
    deadline: NO_LIMIT,
    telemetry: createMemoryTelemetry(),
    now: () => END,
    random: () => 0,
  });
}

function metricNames(): string[] {
  return Array.from({ length: METRICS }, (_, index) => `metric_${index}`);
}

/** Ratios, byte counts and rates in turn: short and long decimals. */
function makeDay(): BackfillSeries[] {
  return metricNames().flatMap((name, metric) =>
    Array.from({ length: ENTITIES }, (_, entity) => ({
      name,
      labels: { namespace: `ns-${entity % 5}`, pod: `app-${entity}-7d9f8b6c5-x2x4z` },
      samples: Array.from({ length: CELLS }, (_, cell) => {
        const wave = Math.sin((cell + 31 * entity) / 60) + Math.sin(cell * 12.9898 + entity * 78.233) / 10;
        const value = [wave, Math.floor((2 + wave) * 1e9), Math.round(wave * 1000) / 1000][metric % 3]!;
        return [START + cell * STEP, value] as const;
      }),
    })),
  );
}

function isInstalled(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}
