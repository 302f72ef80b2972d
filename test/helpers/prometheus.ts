/** Debian's Prometheus, promtool, node exporter and Alertmanager, each in a temporary folder and on a free port. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface RunningProgram extends AsyncDisposable {
  readonly url: string;
}

export interface PrometheusOptions {
  /** OpenMetrics text with timestamps, written as blocks before the server starts. */
  readonly backfill?: string;
  /** `host:port` of what is scraped every second. */
  readonly targets?: readonly string[];
  /** How old a sample may be to stand for a cell. */
  readonly lookback?: string;
  /** Path that the server lives under. */
  readonly prefix?: string;
}

export interface BackfillSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch ms → value. */
  readonly samples: readonly (readonly [number, number])[];
}

/** Milliseconds that a program may take to listen. */
const START_PATIENCE = 60_000;

export async function startPrometheus(options: PrometheusOptions = {}): Promise<RunningProgram> {
  const { backfill, targets = [], lookback = '5m', prefix = '' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  try {
    const data = join(folder, 'data');
    if (backfill !== undefined) {
      await writeFile(join(folder, 'backfill.om'), backfill);
      await promisify(execFile)(
        'promtool',
        ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'backfill.om'), data],
        { maxBuffer: 64 * 1024 * 1024 },
      );
    }
    const scrapes =
      targets.length > 0 ? [{ job_name: 'live', static_configs: [{ targets: [...targets] }] }] : [];
    // JSON is YAML.
    const config = { global: { scrape_interval: '1s' }, scrape_configs: scrapes };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const port = await findFreePort();
    return await startProgram({
      command: 'prometheus',
      args: [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${data}`,
        '--storage.tsdb.retention.time=50y',
        `--query.lookback-delta=${lookback}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--web.external-url=http://127.0.0.1:${port}${prefix}`,
      ],
      url: `http://127.0.0.1:${port}${prefix}`,
      readyPath: '/-/ready',
      folder,
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

export async function startNodeExporter(): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'node-exporter-'));
  const port = await findFreePort();
  return startProgram({
    command: 'prometheus-node-exporter',
    args: [
      `--web.listen-address=127.0.0.1:${port}`,
      '--collector.disable-defaults',
      '--collector.cpu',
      '--collector.meminfo',
      '--collector.loadavg',
    ],
    url: `http://127.0.0.1:${port}`,
    readyPath: '/metrics',
    folder,
  });
}

/** It groups by the label `team`, and tells nobody. */
export async function startAlertmanager(): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'));
  const port = await findFreePort();
  const config = { route: { receiver: 'nobody', group_by: ['team'] }, receivers: [{ name: 'nobody' }] };
  await writeFile(join(folder, 'alertmanager.yml'), JSON.stringify(config));
  return startProgram({
    command: 'prometheus-alertmanager',
    args: [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // Empty: no cluster.
      '--cluster.listen-address=',
    ],
    url: `http://127.0.0.1:${port}`,
    readyPath: '/-/ready',
    folder,
  });
}

/** Gauges as `promtool tsdb create-blocks-from openmetrics` takes them. */
export function formatOpenMetrics(series: readonly BackfillSeries[]): string {
  const lines: string[] = [];
  for (const name of new Set(series.map((one) => one.name))) {
    lines.push(`# TYPE ${name} gauge`);
    for (const { labels, samples } of series.filter((one) => one.name === name)) {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
      for (const [time, value] of samples)
        lines.push(`${name}{${pairs.join(',')}} ${formatValue(value)} ${time / 1000}`);
    }
  }
  lines.push('# EOF\n');
  return lines.join('\n');
}

function formatValue(value: number): string {
  return Number.isNaN(value) ? 'NaN' : String(value).replace('Infinity', 'Inf');
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly url: string;
  readonly readyPath: string;
  readonly folder: string;
}

async function startProgram({ command, args, url, readyPath, folder }: Program): Promise<RunningProgram> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (part) => {
    log = (log + part).slice(-4000);
  });
  const stop = async (): Promise<void> => {
    await stopProgram(child);
    await rm(folder, { recursive: true, force: true });
  };
  const patience = AbortSignal.timeout(START_PATIENCE);
  while (!(await isReady(url + readyPath))) {
    if (child.exitCode === null && child.pid !== undefined && !patience.aborted) {
      await wait(50);
      continue;
    }
    await stop();
    throw new Error(`${command} did not start: ${log}`);
  }
  return { url, [Symbol.asyncDispose]: stop };
}

async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Neither program says which port it got for port 0. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
