import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryLaterError, SettingError, SourceError } from '../../../../lib/base/errors.ts';
import { exportDue } from '../../../../lib/jobs/export/export-due.ts';
import type { GridRange, MatrixSeries, MetricSource } from '../../../../lib/source/metric-source.ts';
import { onlySource } from '../../../../lib/source/open-sources.ts';
import { createQuerySource } from '../../../../lib/source/query-source.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import { manifestKey, quarantineKey } from '../../../../lib/store/keys.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 1);
const QUARTER = 15 * 60_000;

async function createWorld(names: readonly string[]) {
  const store = createMemoryObjectStore();
  const telemetry = createMemoryTelemetry();
  for (const name of names) {
    const query = name === 'broken' ? 'bogus: 1' : `prometheus_query: ${name}`;
    const yaml = `kind: AnomalyDetector\nmetadata:\n  name: ${name}\nspec:\n  ${query}\n  backfill: 1h\n`;
    await store.put(manifestKey(name), new TextEncoder().encode(yaml));
  }
  const queue = { requestScoring: async () => {} };
  return { store, telemetry, queue, now: () => NOW, deadline: { remaining: () => Infinity } };
}

/** One series at 1; fails for the queries it is told to. Notes the queries in order. */
function createSource(
  failures: Readonly<Record<string, Error>> = {},
): MetricSource & { readonly asked: string[] } {
  const asked: string[] = [];
  const source = createQuerySource('a test', async ({ query, start, end, step }) => {
    asked.push(query);
    const failure = failures[query];
    if (failure) throw failure;
    return [oneSeries({ start, end, step })];
  });
  return { ...source, asked };
}

test('one detector that fails does not keep the others from their windows', async () => {
  const context = await createWorld(['alpha', 'broken', 'down', 'zulu']);
  const source = createSource({ down: new SourceError('html', 'answered HTML') });
  const { exported, failed } = await exportDue(onlySource(source), context);
  assert.deepEqual([...exported.keys()], ['alpha', 'zulu']);
  assert.equal(exported.get('zulu')?.exported.length, 4);
  assert.deepEqual([...failed.keys()].sort(), ['broken', 'down']);
  assert.equal(context.telemetry.total('DetectorsFailed'), 2);
  assert.ok(context.store.keys().includes(quarantineKey(manifestKey('broken'))));
});

test('a detector that is nearly up to date goes before a backfill', async () => {
  const context = await createWorld(['alpha', 'zulu']);
  await updateState(context.store, 'zulu', (state) => ({
    ...state,
    exportedUntil: NOW - (NOW % QUARTER) - QUARTER,
    exporting: { daysUntil: NOW - (NOW % QUARTER) - QUARTER, dataSince: 0, gaps: [] },
  }));
  const source = createSource();
  await exportDue(onlySource(source), context);
  assert.equal(source.asked[0], 'zulu');
  assert.ok(source.asked.includes('alpha'));
});

test('what is not due is not asked for', async () => {
  const context = await createWorld(['alpha']);
  await exportDue(onlySource(createSource()), context);
  const source = createSource();
  const { exported } = await exportDue(onlySource(source), context);
  assert.deepEqual(source.asked, []);
  assert.equal(exported.size, 0);
});

test('running out of time is not a failure', async () => {
  const context = await createWorld(['alpha']);
  const source = createSource({ alpha: new RetryLaterError('deadline', 'no time') });
  const { failed } = await exportDue(onlySource(source), context);
  assert.equal(failed.size, 0);
  assert.equal(context.telemetry.total('DetectorsFailed'), 0);
});

test('a source that is unknown or cannot be opened fails its own detectors alone', async () => {
  const context = await createWorld(['alpha']);
  for (const name of ['lost', 'locked']) {
    const yaml = `kind: AnomalyDetector\nmetadata: {name: ${name}}\nspec: {source: ${name}, prometheus_query: up, backfill: 1h}`;
    await context.store.put(manifestKey(name), new TextEncoder().encode(yaml));
  }
  const alpha = createSource();
  const { exported, failed } = await exportDue(
    {
      sourceOf: async ({ source }) => {
        if (source !== undefined) throw new SettingError('unknown-source', `no ${source} here`);
        return alpha;
      },
    },
    context,
  );
  assert.deepEqual([...exported.keys()], ['alpha']);
  assert.deepEqual([...failed.keys()].sort(), ['locked', 'lost']);
  assert.equal(context.telemetry.total('DetectorsFailed'), 2);
});

test('a source that does not answer keeps no other source waiting', async () => {
  const context = await createWorld(['alpha']);
  const yaml =
    'kind: AnomalyDetector\nmetadata: {name: abroad}\nspec: {source: abroad, prometheus_query: up, backfill: 1h}';
  await context.store.put(manifestKey('abroad'), new TextEncoder().encode(yaml));
  const isDone = Promise.withResolvers<void>();
  const home = createQuerySource('home', async (query) => {
    isDone.resolve();
    return [oneSeries(query)];
  });
  // It answers when the other one was asked: one after the other, neither would ever be.
  const abroad = createQuerySource('abroad', async (query) => {
    await isDone.promise;
    return [oneSeries(query)];
  });
  const { exported } = await exportDue(
    { sourceOf: async ({ source }) => (source === 'abroad' ? abroad : home) },
    context,
  );
  assert.deepEqual([...exported.keys()].sort(), ['abroad', 'alpha']);
});

function oneSeries({ start, end, step }: GridRange): MatrixSeries {
  const times = Float64Array.from({ length: (end - start) / step }, (_, i) => start + i * step);
  return { labels: {}, times, values: times.map((_, i) => i % 7) };
}
