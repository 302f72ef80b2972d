/** Missing data through the jobs: trained, dropped as files of several lengths, told, and written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescribedAnomaly } from '../../../../lib/alert/alert.ts';
import { exportDue } from '../../../../lib/jobs/export/export-due.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { onlySource } from '../../../../lib/source/open-sources.ts';
import { createQuerySource } from '../../../../lib/source/query-source.ts';
import { readState, updateState } from '../../../../lib/store/detector-states.ts';
import { manifestKey, scoresKey, windowKey } from '../../../../lib/store/keys.ts';
import { sliceWindow } from '../../../../lib/window/combine.ts';
import { readTable } from '../../../../lib/window/parquet.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const TRAINED = 1440;
const ENTITIES = ['cart', 'payment', 'stock'];
const PARAMS = 'model: { kind: isolation-forest, params: { trees: 20 } }, training: { warmup: 1000 }';

interface World {
  readonly store: MemoryObjectStore;
  readonly context: JobContext;
  readonly published: DescribedAnomaly[];
  readonly requested: string[];
  clock: number;
}

/** `lacks` says of an entity, a minute and a metric whether its value is missing. */
type Lacks = (entity: string, minute: number, metric: string) => boolean;

async function createWorld(spec = PARAMS): Promise<World> {
  const published: DescribedAnomaly[] = [];
  const requested: string[] = [];
  const world = { clock: EPOCH + TRAINED * STEP, published, requested } as unknown as World;
  const store = createMemoryObjectStore({ now: () => world.clock });
  const context: JobContext = {
    store,
    queue: {
      async requestTraining() {},
      async requestScoring(detector) {
        requested.push(detector);
      },
      async requestNotifying(name) {
        await updateState(store, name, (state) => {
          published.push(...state.outbox.map(({ anomaly }) => anomaly));
          return { ...state, outbox: [] };
        });
      },
    },
    telemetry: createMemoryTelemetry(),
    now: () => world.clock,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
  };
  Object.assign(world, { store, context });
  const manifest = `kind: AnomalyDetector\nmetadata: { name: ${DETECTOR} }\nspec: { step: 1m, ${spec} }\n`;
  await store.put(manifestKey(DETECTOR), new TextEncoder().encode(manifest));
  await drop(world, makeWindow({ from: 0, rows: TRAINED, entities: ENTITIES }));
  const loaded = await loadDetector(context, DETECTOR);
  assert.equal((await trainModel(loaded, context)).outcome, 'trained');
  await scoreWindows(loaded, context);
  return world;
}

async function drop({ store }: World, window: MetricWindow): Promise<string> {
  const key = windowKey(DETECTOR, window.range);
  await store.put(key, writeWindow(window, { manifestHash: 'test' }));
  return key;
}

/** Rows without any value are left out, as an exporter leaves them. */
function makeRows(rows: number, lacks: Lacks): MetricWindow {
  const window = makeWindow({ from: TRAINED, rows, entities: ENTITIES });
  const { times, entityOf, entities, metrics } = window;
  const minuteOf = (row: number): number => (times[row]! - EPOCH) / STEP - TRAINED;
  const columns = window.columns.map((column, m) =>
    column.map((value, row) =>
      lacks(entities[entityOf[row]!]!, minuteOf(row), metrics[m]!) ? Number.NaN : value,
    ),
  );
  const kept = Uint32Array.from(times.keys()).filter((row) =>
    columns.some((column) => !Number.isNaN(column[row]!)),
  );
  return {
    ...window,
    times: Float64Array.from(kept, (row) => times[row]!),
    entityOf: Uint32Array.from(kept, (row) => entityOf[row]!),
    columns: columns.map((column) => Float64Array.from(kept, (row) => column[row]!)),
  };
}

/** Dropped and scored file by file, each at its time. */
async function score(world: World, window: MetricWindow, cut: number): Promise<void> {
  const loaded = await loadDetector(world.context, DETECTOR);
  for (let from = window.range.start; from < window.range.end; from += cut * STEP) {
    const range = { start: from, end: Math.min(window.range.end, from + cut * STEP) };
    const slice = sliceWindow(window, range);
    world.clock = range.end + STEP;
    if (slice.times.length === 0) continue;
    await drop(world, { ...slice, range });
    await scoreWindows(loaded, world.context);
  }
}

const lacksSome: Lacks = (entity, minute, metric) =>
  (minute >= 200 && minute < 270) ||
  (entity === 'payment' && minute >= 20 && minute < 60) ||
  (entity === 'stock' && metric === 'memory' && minute >= 90 && minute < 130);

const TOLD = [
  'payment: no data since 00:20 UTC, 15 min',
  'payment: back at 01:00 UTC after 40 min without data',
  'stock: memory missing since 01:30 UTC, 15 min',
  'stock: memory back at 02:10 UTC after 40 min without data',
  'shop: no data at all since 03:20 UTC, 1 h 10 min',
  'shop: back at 04:30 UTC after 1 h 10 min without data',
];

for (const cut of [5, 15, 300])
  test(`who is silent is told, each kind by its name, in files of ${cut} minutes`, async () => {
    const world = await createWorld();
    await score(world, makeRows(300, lacksSome), cut);
    const silences = world.published.filter(({ by }) => by === 'silence');
    assert.deepEqual(silences.map(({ summary }) => summary).sort(), TOLD.toSorted());
    // And nothing else: a gap is no anomaly of values.
    assert.equal(world.published.length, TOLD.length);
    const lost = silences.find(({ entity, state }) => entity === 'stock' && state === 'opened')!;
    assert.deepEqual(lost.silence, {
      kind: 'metric',
      metrics: ['memory'],
      lastHeard: new Date(EPOCH + (TRAINED + 89) * STEP).toISOString(),
      cameLate: false,
    });
    assert.equal(lost.threshold, 15 * 60);
    assert.equal(lost.reasons[0]?.metric, 'memory');
    assert.equal(lost.reasons[0]?.value, null);
  });

test('what ends while it lacks a metric is told to be gone, for programs, too', async () => {
  const world = await createWorld();
  const window = makeRows(
    160,
    (entity, minute, metric) =>
      entity === 'stock' && (minute >= 130 || (metric === 'memory' && minute >= 90 && minute < 130)),
  );
  await score(world, window, 15);
  const over = world.published.find(({ entity, state }) => entity === 'stock' && state === 'resolved')!;
  assert.match(over.summary, /^stock: no longer there since 02:10 UTC, after 40 min without memory/);
  assert.equal(over.silence?.isGone, true);
});

test('a row in a gap has no score, and the others have theirs', async () => {
  const world = await createWorld();
  const window = makeRows(60, (entity, minute) => entity === 'payment' && minute >= 20 && minute < 40);
  world.clock = window.range.end;
  const key = await drop(world, window);
  await scoreWindows(await loadDetector(world.context, DETECTOR), world.context);
  const table = readTable((await world.store.get(scoresKey(key))).body, key);
  const column = (name: string): readonly unknown[] => Array.from(table.getChild(name)!);
  const unscored = column('score').flatMap((score, row) => (score === null ? [row] : []));
  assert.equal(unscored.length, 20);
  assert.ok(unscored.every((row) => column('entity')[row] === 'payment'));
  assert.ok(unscored.every((row) => column('deviation')[row] === null));
  assert.ok(unscored.every((row) => column('evidence')[row] === 0));
});

test('a kind that is off alerts nobody', async () => {
  const world = await createWorld(`${PARAMS}, silence: { entity: off, metric: off, source: off }`);
  await score(world, makeRows(300, lacksSome), 15);
  assert.deepEqual(world.published, []);
});

test('a source that gives nothing is told of by the clock, once, and closed by the first row', async () => {
  const world = await createWorld(`prometheus_query: up, ${PARAMS}`);
  const { context, store } = world;
  // As an export that was up to date would have left it.
  await updateState(store, DETECTOR, (state) => ({
    ...state,
    exportedUntil: EPOCH + TRAINED * STEP,
    exporting: { daysUntil: 0, dataSince: EPOCH, gaps: [] },
  }));
  const source = createQuerySource('nothing', async () => []);
  const loaded = await loadDetector(context, DETECTOR);
  world.requested.length = 0;
  for (let minute = 16; minute <= 100; minute++) {
    // In the middle of a row.
    world.clock = EPOCH + (TRAINED + minute) * STEP + 40_000;
    const before = world.requested.length;
    await exportDue(onlySource(source), context);
    if (world.requested.length > before) await scoreWindows(loaded, context);
  }
  assert.deepEqual(
    world.published.map(({ summary }) => summary),
    ['shop: no data at all since 00:00 UTC, 1 h 16 min'],
  );
  assert.equal(world.published[0]?.score, 76 * 60, 'as long as the sentence says');
  assert.equal(world.requested.length, 1);
  // The rows come after all.
  await drop(
    world,
    makeRows(100, () => false),
  );
  await scoreWindows(loaded, context);
  assert.equal(
    world.published[1]?.summary,
    'shop: its data came late: what was missing since 00:00 UTC is there',
  );
  assert.deepEqual((await readState(store, DETECTOR)).state.silence?.open, []);
  assert.equal(new Set(world.published.map(({ anomalyId }) => anomalyId)).size, 1);
});
