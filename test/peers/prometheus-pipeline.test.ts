/** From Debian's Prometheus to an alert: a history with a fault in its newest hour, exported, trained on and scored. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { subscribeQueue } from '../helpers/alert-queue.ts';
import { startLocalStack } from '../helpers/local-stack.ts';
import {
  type BackfillSeries,
  formatOpenMetrics,
  type RunningProgram,
  startPrometheus,
} from '../helpers/prometheus.ts';

const ROOT = join(import.meta.dirname, '../..');
const MINUTE = 60_000;
/** The newest sample, a moment ago. */
const NOW: number = Math.floor(Date.now() / MINUTE) * MINUTE;
const HISTORY = 600;
const INSTANCES = ['cart:8080', 'payment:8080', 'web:8080'];
/** Minutes before NOW: (from, to]. */
const FAULT = { instance: 'payment:8080', from: 60, to: 20 };

let prometheus: RunningProgram;

before(async () => {
  prometheus = await startPrometheus({ backfill: formatOpenMetrics(makeHistory()) });
});
after(() => prometheus?.[Symbol.asyncDispose]());

test('an export function that is packaged for it takes it to an alert of the right entity and metric', async () => {
  const stack = await startLocalStack({ params: { prometheusUrl: prometheus.url } });
  try {
    const queue = await subscribeQueue(stack);
    // Two hours behind at first: what is learned from lies before the fault.
    await declare('2h');
    await stack.service.deployment.tick();
    await stack.idle();
    const { version } = await stack.getJson<{ version: string }>('models/detector=processes/current.json');
    const { rows, entities } = await stack.getJson<{ rows: number; entities: number }>(
      `models/detector=processes/version=${version}/manifest.json`,
    );
    assert.equal(entities, INSTANCES.length);
    assert.ok(rows >= 1000, `${rows} rows`);
    assert.deepEqual(await queue.alerts(), []);

    await declare('1m');
    await stack.service.deployment.tick();
    const [opened] = await queue.waitFor(1);
    await stack.idle();
    const opening = (await queue.alerts()).filter(({ state }) => state === 'opened');
    assert.deepEqual(
      opening.map(({ entity }) => entity),
      [FAULT.instance],
    );
    assert.ok(opened);
    const start = Date.parse(opened.start);
    assert.ok(Math.abs(start - (NOW - FAULT.from * MINUTE)) <= 5 * MINUTE, `${opened.start}`);
    // A rate over minutes follows what is counted: whether cpu is out by then depends on where the window ends.
    const told = new Set(opened.reasons.slice(0, 3).map(({ metric }) => metric));
    assert.ok(told.has('open_fds') && told.has('resident_memory_bytes'), [...told].join(', '));
    const faulty = ['cpu_cores', 'open_fds', 'resident_memory_bytes'];
    assert.ok(
      [...told].every((metric) => faulty.includes(metric)),
      [...told].join(', '),
    );
    assert.match(opened.summary, /payment:8080.*(cpu_cores|open_fds|resident_memory_bytes)/);
    assert.equal(stack.metric('export', 'DetectorsFailed', 'processes'), 0);

    async function declare(ingestDelay: string): Promise<void> {
      await stack.put(
        'detectors/processes.yml',
        `kind: AnomalyDetector
metadata: { name: processes }
spec:
  metrics:
    - { name: cpu_cores, query: 'sum by (instance) (rate(process_cpu_seconds_total[5m]))' }
    - { name: resident_memory_bytes, query: 'sum by (instance) (process_resident_memory_bytes)' }
    - { name: open_fds, query: 'sum by (instance) (process_open_fds)' }
    - { name: scrape_duration_seconds, query: 'max by (instance) (scrape_duration_seconds)' }
  entity: [instance]
  step: 1m
  detection_window: 15m
  backfill: 9h
  ingest_delay: ${ingestDelay}
  training: { warmup: 1000 }
`,
      );
    }
  } finally {
    await stack.close();
  }
});

test('npm start -- --prometheus URL finds the fault by itself and ends with 0', async () => {
  const { code, output } = await npmStart('--prometheus', prometheus.url);
  assert.equal(code, 0, output);
  assert.match(output, /of history; watching processes that export metrics/);
  assert.match(output, /auto \S+: [\d,]+ rows of 3 entities/);
  assert.match(output, /(Subject: .*|▲ )payment:8080: /);
  assert.match(output, /[1-9]\d* incidents?/);
  assert.match(output, /What next/);
});

test('npm start -- --prometheus URL says what is wrong where nothing answers, and ends with 1', async () => {
  const { code, output } = await npmStart('--prometheus', 'http://127.0.0.1:1');
  assert.equal(code, 1, output);
  assert.match(output, /http:\/\/127\.0\.0\.1:1/);
  assert.doesNotMatch(output, /\n +at /, 'no stack trace');
});

async function npmStart(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tidewatch-live-'));
  try {
    const child = spawn('npm', ['start', '--', '--data', join(folder, 'demo'), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ten hours of three processes. In the fault, one of them spins and leaks memory and file descriptors. */
function makeHistory(): BackfillSeries[] {
  let seed = 7;
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const series: BackfillSeries[] = [];
  for (const [index, instance] of INSTANCES.entries()) {
    let cpuSeconds = 0;
    const metrics: Readonly<Record<string, (at: number, faulty: boolean) => number>> = {
      process_cpu_seconds_total: (at, faulty) => {
        cpuSeconds += (faulty ? 4 : 1) * 60 * (0.2 + 0.02 * Math.sin(at / 60) + 0.01 * random());
        return cpuSeconds;
      },
      process_resident_memory_bytes: (at, faulty) =>
        (faulty ? 4 : 1) * 1e8 * (1 + index / 4 + 0.05 * Math.sin(at / 90) + 0.02 * random()),
      process_open_fds: (at, faulty) =>
        Math.round((faulty ? 20 : 1) * (30 + 5 * Math.sin(at / 45) + 4 * random())),
      scrape_duration_seconds: () => 0.01 + 0.002 * random(),
      scrape_samples_scraped: () => 400,
    };
    for (const [name, valueAt] of Object.entries(metrics)) {
      const samples: [number, number][] = [];
      for (let at = HISTORY; at >= 0; at--) {
        const faulty = instance === FAULT.instance && at <= FAULT.from && at > FAULT.to;
        samples.push([NOW - at * MINUTE, valueAt(HISTORY - at, faulty)]);
      }
      series.push({ name, labels: { instance, job: 'shop' }, samples });
    }
  }
  return series;
}
