/** Debian's Prometheus, promtool, node exporter, Alertmanager and VictoriaMetrics, each in a temporary folder and on a free port. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TlsMaterial } from '../../lib/config/tls-setting.ts';
import type { Authority, Certificate } from './certificates.ts';

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
  /** Where it listens by TLS, to those alone who show a certificate of that authority. */
  readonly tls?: {
    readonly server: Certificate;
    readonly authority: Authority;
    /** To ask whether it is ready. */
    readonly client: Certificate;
  };
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
  const { backfill, targets = [], lookback = '5m', prefix = '', tls } = options;
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
    const web = join(folder, 'web.yml');
    if (tls !== undefined)
      await writeFile(
        web,
        JSON.stringify({
          tls_server_config: {
            cert_file: tls.server.certFile,
            key_file: tls.server.keyFile,
            client_auth_type: 'RequireAndVerifyClientCert',
            client_ca_file: tls.authority.caFile,
          },
        }),
      );
    const port = await findFreePort();
    const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    return await startProgram({
      command: 'prometheus',
      args: [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${data}`,
        '--storage.tsdb.retention.time=50y',
        `--query.lookback-delta=${lookback}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--web.external-url=${origin}${prefix}`,
        ...(tls === undefined ? [] : [`--web.config.file=${web}`]),
      ],
      url: `${origin}${prefix}`,
      readyPath: '/-/ready',
      folder,
      ...(tls !== undefined && { tls: { ca: tls.authority.ca, cert: tls.client.cert, key: tls.client.key } }),
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

/** The one for a single machine, under `prefix`, holding these samples. */
export async function startVictoriaMetrics(openMetrics: string, prefix: string): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'victoria-metrics-'));
  const port = await findFreePort();
  const running = await startProgram({
    command: 'victoria-metrics',
    args: [
      `-storageDataPath=${join(folder, 'data')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      `-http.pathPrefix=${prefix}`,
      '-retentionPeriod=50y',
      '-search.latencyOffset=0s',
      '-memory.allowedBytes=256MB',
    ],
    url: `http://127.0.0.1:${port}${prefix}`,
    readyPath: '/health',
    folder,
  });
  // It takes Prometheus' text, whose times are milliseconds.
  const body = openMetrics.replaceAll(
    /^(\w+\{.*\} \S+) (\S+)$/gm,
    (_, series, time) => `${series} ${Number(time) * 1000}`,
  );
  const imported = await fetch(`${running.url}/api/v1/import/prometheus`, { method: 'POST', body });
  if (!imported.ok)
    throw new Error(`victoria-metrics took no samples: ${imported.status} ${await imported.text()}`);
  // What it took is found a second later, or now.
  await fetch(`${running.url}/internal/force_flush`);
  return running;
}

/** Asks `target` for who signs in as `user`. */
export async function startVmauth(
  user: { readonly name: string; readonly password: string },
  target: string,
): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'vmauth-'));
  const port = await findFreePort();
  const users = [{ username: user.name, password: user.password, url_prefix: target }];
  await writeFile(join(folder, 'auth.yml'), JSON.stringify({ users }));
  return startProgram({
    command: 'vmauth',
    args: [`-auth.config=${join(folder, 'auth.yml')}`, `-httpListenAddr=127.0.0.1:${port}`],
    url: `http://127.0.0.1:${port}`,
    readyPath: '/health',
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
  readonly tls?: TlsMaterial;
}

async function startProgram({
  command,
  args,
  url,
  readyPath,
  folder,
  tls,
}: Program): Promise<RunningProgram> {
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
  while (!(await isReady(url + readyPath, tls))) {
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

function isReady(url: string, tls: TlsMaterial | undefined): Promise<boolean> {
  const ask = tls === undefined ? getHttp : getHttps;
  return new Promise((resolve) => {
    ask(url, { ...tls }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode === 200));
    }).once('error', () => resolve(false));
  });
}

/** Neither program says which port it got for port 0. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
