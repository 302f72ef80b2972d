/** Export from Debian's Prometheus, against what was put into it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { defaultDetector } from '../../lib/config/defaults.ts';
import type { Detector } from '../../lib/config/detector.ts';
import { type ExportResult, exportWindows } from '../../lib/jobs/export/export-windows.ts';
import type { MetricSource } from '../../lib/source/metric-source.ts';
import { createPrometheusSource } from '../../lib/source/prometheus-source.ts';
import { rangeOfWindowKey } from '../../lib/store/keys.ts';
import { readWindow } from '../../lib/window/read-window.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { askSource } from '../helpers/ask-source.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../helpers/memory-telemetry.ts';
import {
  type BackfillSeries,
  formatOpenMetrics,
  startNodeExporter,
  startPrometheus,
} from '../helpers/prometheus.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2025-01-06T08:00:00Z');
const NO_LIMIT = { remaining: (): number => Number.POSITIVE_INFINITY };

function sourceAt(url: string): MetricSource {
  return createPrometheusSource({
    endpoint: { url, auth: { kind: 'none' }, headers: {}, timeoutMs: 30_000, concurrency: 4, retries: 2 },
    deadline: NO_LIMIT,
    telemetry: createMemoryTelemetry(),
    now: Date.now,
    random: () => 0.5,
  });
}

function exportAt(
  url: string,
  store: MemoryObjectStore,
  detector: Detector,
  now: number,
): Promise<ExportResult> {
  return exportWindows(
    { detector, manifestHash: 'abc', source: sourceAt(url) },
    { store, telemetry: createMemoryTelemetry(), now: () => now, deadline: NO_LIMIT },
  );
}

async function readAll(store: MemoryObjectStore, step: number): Promise<MetricWindow[]> {
  const windows: MetricWindow[] = [];
  for (const key of store.keys().filter((name) => name.startsWith('windows/'))) {
    const { body } = await store.get(key);
    windows.push(readWindow(body, { detector: 'd', source: key, step, range: rangeOfWindowKey(key) }));
  }
  return windows;
}

/** Three pods, two metrics, 30 hours: values of every size, gaps, NaN and infinities; one pod comes late. */
function makeHistory(): BackfillSeries[] {
  const series: BackfillSeries[] = [];
  let seed = 1;
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  for (const name of ['cpu', 'memory'])
    for (const [index, pod] of ['web-0', 'web-1', 'db "main"'].entries()) {
      const samples: [number, number][] = [];
      for (let cell = 0; cell < 30 * 60; cell++) {
        if (random() < 0.05 || (index === 1 && cell < 600)) continue;
        const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0][
          Math.floor(random() * 200)
        ];
        const value = special ?? (random() - 0.4) * 10 ** Math.floor(random() * 60 - 30);
        samples.push([START + cell * MINUTE, value]);
      }
      series.push({ name, labels: { namespace: 'shop', pod, node: `n${index}` }, samples });
    }
  return series;
}

test('every value that was backfilled is exported, and none besides', async () => {
  const history = makeHistory();
  // Shorter than the step: a cell without a sample stays empty.
  await using prometheus = await startPrometheus({
    backfill: formatOpenMetrics(history),
    lookback: '59s',
    prefix: '/prom',
  });
  const store = createMemoryObjectStore();
  const detector: Detector = {
    ...defaultDetector('d'),
    metrics: ['cpu', 'memory'].map((name) => ({ name, query: name })),
    entityLabels: ['namespace', 'pod'],
    step: MINUTE,
    backfill: 40 * HOUR,
  };
  const end = START + 30 * HOUR;
  const { exportedUntil, gaps } = await exportAt(prometheus.url, store, detector, end + MINUTE);
  assert.equal(exportedUntil, end);
  assert.deepEqual(gaps, []);

  const expected = new Map<string, number>();
  for (const { name, labels, samples } of history)
    for (const [time, value] of samples)
      expected.set(`${name} shop/${labels.pod} ${time}`, Number.isFinite(value) ? value : Number.NaN);
  let rows = 0;
  for (const { metrics, columns, times, entities, entityOf } of await readAll(store, MINUTE))
    for (const [row, time] of times.entries()) {
      rows++;
      for (const [index, metric] of metrics.entries()) {
        const key = `${metric} ${entities[entityOf[row]!]} ${time}`;
        const value = columns[index]![row]!;
        assert.ok(
          Object.is(value, expected.get(key) ?? Number.NaN),
          `${key}: ${value} for ${expected.get(key)}`,
        );
        expected.delete(key);
      }
    }
  assert.equal(expected.size, 0);
  assert.equal(rows, 2 * 30 * 60 + 20 * 60);
});

/** Two pods of an engine of one's own, one of them for eight minutes, and one of a rollout. */
function makeOwned(): BackfillSeries[] {
  const samples = (from: number, to: number): [number, number][] =>
    Array.from({ length: to - from }, (_, cell) => [START + (from + cell) * MINUTE, 1]);
  const pods = [
    { pod: 'engine-blue', owner_kind: 'Engine', owner_name: 'engine', from: 0, to: 60 },
    { pod: 'engine-red', owner_kind: 'Engine', owner_name: 'engine', from: 31, to: 39 },
    { pod: 'blue-green', owner_kind: 'ReplicaSet', owner_name: 'shop-7f9cb5c8d6', from: 0, to: 60 },
  ];
  const namespace = 'shop';
  return [
    ...pods.flatMap(({ from, to, pod, ...owner }): BackfillSeries[] => [
      { name: 'cpu', labels: { namespace, pod }, samples: samples(from, to) },
      { name: 'kube_pod_owner', labels: { namespace, pod, ...owner }, samples: samples(from, to) },
    ]),
    {
      name: 'kube_replicaset_owner',
      labels: {
        namespace,
        replicaset: 'shop-7f9cb5c8d6',
        pod: 'kube-state-metrics-0',
        owner_kind: 'Rollout',
        owner_name: 'shop',
      },
      samples: samples(0, 60),
    },
  ];
}

/** An hour of pods. */
async function exportOf(url: string): Promise<readonly MetricWindow[]> {
  const store = createMemoryObjectStore();
  const detector: Detector = {
    ...defaultDetector('d'),
    metrics: [{ name: 'cpu', query: 'cpu' }],
    entityLabels: ['namespace', 'pod'],
    step: MINUTE,
    backfill: HOUR,
  };
  await exportAt(url, store, detector, START + HOUR + MINUTE);
  return await readAll(store, MINUTE);
}

async function exportOwned(url: string): Promise<readonly (readonly [number, unknown])[]> {
  const windows = await exportOf(url);
  return windows.map(({ range, podOwners }) => [
    (range.start - START) / MINUTE,
    Object.fromEntries([...podOwners!].map(([entity, { kind, name }]) => [entity, `${kind} ${name}`])),
  ]);
}

const OWNED = { 'shop/blue-green': 'Rollout shop', 'shop/engine-blue': 'Engine engine' };
const OWNED_WINDOWS = [
  [0, OWNED],
  [15, OWNED],
  [30, { ...OWNED, 'shop/engine-red': 'Engine engine' }],
  [45, OWNED],
];

test('windows know the owners of pods whose names tell none', async () => {
  await using prometheus = await startPrometheus({ backfill: formatOpenMetrics(makeOwned()) });
  assert.deepEqual(await exportOwned(prometheus.url), OWNED_WINDOWS);
});

/** Rolled out after 20 minutes: a StatefulSet by a hash, a DaemonSet by a generation; one that nobody here is a pod of. */
function makeRevised(): BackfillSeries[] {
  const samples = (from: number, to: number, value: number): [number, number][] =>
    Array.from({ length: to - from }, (_, cell) => [START + (from + cell) * MINUTE, value]);
  const namespace = 'shop';
  const revision = (statefulset: string, hash: string, from: number, to: number): BackfillSeries => ({
    name: 'kube_statefulset_status_update_revision',
    labels: { namespace, statefulset, revision: `${statefulset}-${hash}`, pod: 'kube-state-metrics-0' },
    samples: samples(from, to, 1),
  });
  const pods = [
    { pod: 'db-0', owner_kind: 'StatefulSet', owner_name: 'db' },
    { pod: 'agent-x2x4z', owner_kind: 'DaemonSet', owner_name: 'agent' },
  ];
  return [
    ...pods.flatMap(({ pod, ...owner }): BackfillSeries[] => [
      { name: 'cpu', labels: { namespace, pod }, samples: samples(0, 60, 1) },
      { name: 'kube_pod_owner', labels: { namespace, pod, ...owner }, samples: samples(0, 60, 1) },
    ]),
    revision('db', '6d4cf56db6', 0, 20),
    revision('db', '7f9cb5c8d6', 20, 60),
    revision('queue', '5ff676694b', 0, 60),
    {
      name: 'kube_daemonset_metadata_generation',
      labels: { namespace, daemonset: 'agent', pod: 'kube-state-metrics-0' },
      samples: [...samples(0, 22, 4), ...samples(22, 60, 5)],
    },
  ];
}

test('windows know which revisions of their workloads were asked for, and since when', async () => {
  await using prometheus = await startPrometheus({ backfill: formatOpenMetrics(makeRevised()) });
  const windows = await exportOf(prometheus.url);
  const told = windows.map(({ revisions = [] }) =>
    revisions.map(({ workload, revision, first }) => [workload, revision, (first - START) / MINUTE]),
  );
  assert.deepEqual(told.slice(0, 2), [
    [
      ['shop/agent', '4', 0],
      ['shop/db', '6d4cf56db6', 0],
    ],
    [
      ['shop/agent', '4', 15],
      ['shop/db', '6d4cf56db6', 15],
      ['shop/db', '7f9cb5c8d6', 20],
      ['shop/agent', '5', 22],
    ],
  ]);
  assert.deepEqual(told[3], [
    ['shop/agent', '5', 45],
    ['shop/db', '7f9cb5c8d6', 45],
  ]);
});

test('more points than Prometheus gives at once arrive in order, without overlap', async () => {
  await using prometheus = await startPrometheus();
  const end = START + 25_000 * 1000;
  const [series] = await askSource(sourceAt(prometheus.url), {
    query: 'vector(time())',
    start: START,
    end,
    step: 1000,
  });
  assert.equal(series?.times.length, 25_000);
  for (const [index, time] of series.times.entries()) {
    assert.equal(time, START + index * 1000);
    assert.equal(series.values[index], time / 1000);
  }
});

test('what Prometheus says of a bad query reaches the user', async () => {
  const history = ['a', 'b'].map((pod) => ({
    name: 'm',
    labels: { pod },
    samples: [[START, 1] as const],
  }));
  await using prometheus = await startPrometheus({ backfill: formatOpenMetrics(history) });
  const source = sourceAt(prometheus.url);
  const range = { start: START, end: START + 2 * MINUTE, step: MINUTE };
  await assert.rejects(askSource(source, { ...range, query: 'rate(m[' }), {
    code: 'query-rejected',
    message: /HTTP 400: bad_data: .*parse error/,
  });
  await assert.rejects(askSource(source, { ...range, query: 'm * on() m' }), {
    code: 'query-rejected',
    message: /HTTP 422: execution: .*many-to-many/s,
  });
  await assert.rejects(askSource(source, { ...range, query: '"text"' }), {
    code: 'query-rejected',
    message: /invalid expression type "string"/,
  });
  const [scalar] = await askSource(source, { ...range, query: '1' });
  assert.deepEqual([...(scalar?.values ?? [])], [1, 1]);
});

test('a node exporter that is scraped now is exported now', async () => {
  await using exporter = await startNodeExporter();
  await using prometheus = await startPrometheus({ targets: [new URL(exporter.url).host] });
  const detector: Detector = {
    ...defaultDetector('d'),
    metrics: [
      { name: 'memory_available', query: 'node_memory_MemAvailable_bytes' },
      { name: 'load', query: 'node_load1' },
      { name: 'busy', query: 'sum by (instance) (node_cpu_seconds_total{mode!="idle"})' },
    ],
    entityLabels: ['instance'],
    step: 1000,
    detectionWindow: 2000,
    ingestDelay: 1000,
    backfill: 20_000,
  };
  const store = createMemoryObjectStore();
  const patience = AbortSignal.timeout(60_000);
  let exported: string[] = [];
  while (exported.length < 3) {
    assert.ok(!patience.aborted, 'no three windows within a minute');
    await wait(500);
    try {
      exported = [...exported, ...(await exportAt(prometheus.url, store, detector, Date.now())).exported];
    } catch (error) {
      // Before the first scrape there is nothing.
      if ((error as { code?: string }).code !== 'no-data') throw error;
    }
  }
  let previous: number | undefined;
  for (const { range, entities, metrics, times, columns } of await readAll(store, 1000)) {
    if (previous !== undefined) assert.equal(range.start, previous);
    previous = range.end;
    assert.deepEqual(entities, [new URL(exporter.url).host]);
    assert.deepEqual(metrics, ['memory_available', 'load', 'busy']);
    assert.deepEqual([...times], [range.start, range.start + 1000]);
    assert.ok(columns[0]!.at(-1)! > 1e6 && columns[1]!.at(-1)! >= 0 && columns[2]!.at(-1)! > 0);
  }
});
