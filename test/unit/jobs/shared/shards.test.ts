/**
 * A detector in two shards through the jobs: exported, trained, scored, told. Of its pods cart and ads are in the first
 * shard, payment and stock in the second.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import { exportDue } from '../../../../lib/jobs/export/export-due.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { listDetectors, loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { listQuarantine } from '../../../../lib/jobs/shared/quarantine.ts';
import { unitsOfDetector } from '../../../../lib/jobs/shared/units.ts';
import { watchDetectors } from '../../../../lib/jobs/shared/watch-detectors.ts';
import { runHour } from '../../../../lib/jobs/train/run-hour.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { onlySource } from '../../../../lib/source/open-sources.ts';
import { createQuerySource } from '../../../../lib/source/query-source.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { EXPORT_DUE_KEY, manifestKey, stateKey, unitOfWindowKey } from '../../../../lib/store/keys.ts';
import { readCurrent, readManifest } from '../../../../lib/store/model-repository.ts';
import { readWindow } from '../../../../lib/window/read-window.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { EPOCH, makeWindow, STEP, type SyntheticOptions } from '../../../helpers/synthetic-window.ts';
import { tellWindow } from '../../../helpers/window-source.ts';

const UNITS = ['shop/shard=1-of-2', 'shop/shard=2-of-2'];
const PODS = ['cart', 'ads', 'payment', 'stock'];
const TRAINED = 1440;
const MANIFEST = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }, { name: requests, query: requests }]
  entity: [pod]
  shards: 2
  backfill: 1d
  model: { kind: isolation-forest, params: { trees: 20 } }
  training: { warmup: 1000 }
`;

interface World {
  readonly store: MemoryObjectStore;
  readonly context: JobContext;
  readonly published: Alert[];
  /** What was asked for, as `score UNIT`. */
  readonly requests: string[];
  readonly telemetry: ReturnType<typeof createMemoryTelemetry>;
  clock: number;
}

function createWorld(from: MemoryObjectStore): World {
  const telemetry = createMemoryTelemetry();
  const requests: string[] = [];
  const world: World = {
    store: from.fork({ now: () => world.clock }),
    published: [],
    requests,
    telemetry,
    clock: EPOCH + (TRAINED + 1) * STEP,
    get context(): JobContext {
      return {
        store: world.store,
        queue: {
          requestTraining: async (unit) => void requests.push(`train ${unit}`),
          requestScoring: async (unit) => void requests.push(`score ${unit}`),
          requestNotifying: async (unit) => void requests.push(`notify ${unit}`),
        },
        telemetry,
        now: () => world.clock,
        deadline: { remaining: () => Infinity },
        withoutReports: true,
      };
    },
  };
  return world;
}

/** Everything that the source gives by a minute. @param rows undefined: it does not answer */
async function exportUntil(
  world: World,
  minute: number,
  rows: Partial<SyntheticOptions> | undefined,
): Promise<void> {
  world.clock = EPOCH + (minute + 1) * STEP + 30_000;
  const window = makeWindow({ from: 0, rows: minute, entities: PODS, ...rows });
  const source =
    rows === undefined
      ? createQuerySource('nobody', async () => {
          throw new Error('no answer');
        })
      : tellWindow(window);
  await exportDue(onlySource(source), world.context);
}

async function score(world: World, units: readonly string[] = UNITS): Promise<void> {
  for (const unit of units) await scoreWindows(await loadDetector(world.context, unit), world.context);
  await tell(world, units);
}

async function tell(world: World, units: readonly string[]): Promise<void> {
  const publisher = {
    async publish(alert: Alert) {
      world.published.push(alert);
      return { messageId: `message-${world.published.length}` };
    },
  };
  await notify(createNotifyContext(world.store, { publisher, now: () => world.clock }), units);
}

function told({ published }: World): readonly string[] {
  return published.map(({ detector, state, entity, start }) =>
    [detector, state, entity, (Date.parse(start) - EPOCH) / STEP].join(' '),
  );
}

let trained: Promise<MemoryObjectStore> | undefined;

async function createTrainedWorld(): Promise<World> {
  trained ??= (async () => {
    const store = createMemoryObjectStore();
    await store.put(manifestKey('shop'), new TextEncoder().encode(MANIFEST));
    const world = createWorld(store);
    await exportUntil(world, TRAINED, {});
    for (const unit of UNITS) {
      const loaded = await loadDetector(world.context, unit);
      assert.equal((await trainModel(loaded, world.context)).outcome, 'trained');
    }
    await score(world);
    assert.deepEqual(world.published, []);
    return world.store;
  })();
  return createWorld(await trained);
}

test('each shard has its own windows, model, scores and state, and the cursor is the detector’s', async () => {
  const { store, context } = await createTrainedWorld();
  assert.deepEqual(await listDetectors(context), ['shop']);
  assert.deepEqual(unitsOfDetector(await loadDetector(context, 'shop')), UNITS);
  for (const [i, unit] of UNITS.entries()) {
    const { version } = (await readCurrent(store, unit))!;
    const { entities, inputs, detector } = await readManifest(store, unit, version);
    assert.deepEqual([entities, detector], [2, unit]);
    assert.ok(inputs.length > 0 && inputs.every(({ key }) => unitOfWindowKey(key) === unit));
    const { state } = await readState(store, unit);
    assert.deepEqual(Object.keys(state.entities), i === 0 ? ['ads', 'cart'] : ['payment', 'stock']);
    assert.deepEqual([state.phase, state.shards, state.exportedUntil], ['active', 2, EPOCH + TRAINED * STEP]);
    assert.doesNotMatch(store.text(stateKey(unit))!, /exportedUntil|exporting|shards/);
  }
  assert.equal(
    store.keys().filter((key) => /^(models|scores)\/detector=shop\/(?!shard=)/.test(key)).length,
    0,
  );
});

test('a fault of one workload is one alert, of the detector', async () => {
  const world = await createTrainedWorld();
  const fault = { entity: 'payment', from: TRAINED + 10, to: TRAINED + 20 };
  await exportUntil(world, TRAINED + 15, { fault });
  await score(world);
  await exportUntil(world, TRAINED + 120, { fault });
  await score(world);
  await score(world);
  const [opened, resolved, ...others] = told(world);
  assert.match(opened!, /^shop opened payment 145\d$/);
  assert.match(resolved!, /^shop resolved payment 145\d$/);
  assert.deepEqual(others, []);
  const [alert] = world.published;
  assert.equal(unitOfWindowKey(alert!.objects.window), UNITS[1]);
  assert.ok(world.store.keys().includes(alert!.objects.window));
  assert.ok(world.store.keys().includes(alert!.objects.scores));
});

test('faults in two shards at once are one incident', async () => {
  const world = await createTrainedWorld();
  const healthy = makeWindow({ from: 0, rows: TRAINED + 30, entities: PODS });
  const faulty = {
    ...healthy,
    columns: healthy.columns.map((column, m) =>
      column.map((value, row) => {
        const pod = PODS[healthy.entityOf[row]!]!;
        const minute = (healthy.times[row]! - EPOCH) / STEP;
        return m === 0 && minute >= TRAINED + 5 && ['cart', 'payment'].includes(pod) ? 10 * value : value;
      }),
    ),
  };
  world.clock = EPOCH + (TRAINED + 31) * STEP + 30_000;
  await exportDue(onlySource(tellWindow(faulty)), world.context);
  for (const unit of UNITS) await scoreWindows(await loadDetector(world.context, unit), world.context);
  await tell(world, UNITS);
  assert.equal(world.published.length, 1);
  const ids = world.store.keys().filter((key) => key.startsWith('anomalies/'));
  assert.equal(ids.length, 2);
});

test('a source that is silent is one alert, not one for each shard, and so is its return', async () => {
  const world = await createTrainedWorld();
  for (const minutes of [15, 45, 60, 90]) await exportUntil(world, TRAINED + minutes, undefined);
  const asked = new Set(world.requests.filter((request) => request.startsWith('score')));
  assert.deepEqual([...asked], [`score ${UNITS[0]}`]);
  await score(world, [UNITS[0]!]);
  assert.deepEqual(told(world), ['shop opened  1440']);
  // The source has kept nothing of those minutes.
  const all = makeWindow({ from: 0, rows: TRAINED + 120, entities: PODS });
  const isThere = (row: number): boolean => {
    const minute = (all.times[row]! - EPOCH) / STEP;
    return minute < TRAINED || minute >= TRAINED + 90;
  };
  const columns = all.columns.map((column) => column.map((value, row) => (isThere(row) ? value : NaN)));
  world.clock = EPOCH + (TRAINED + 121) * STEP + 30_000;
  await exportDue(onlySource(tellWindow({ ...all, columns })), world.context);
  await score(world);
  await score(world);
  assert.deepEqual(told(world), ['shop opened  1440', 'shop resolved  1440']);
});

test('a silent source is noticed by the next shard where the state of the first cannot be read', async () => {
  const world = await createTrainedWorld();
  await world.store.put(stateKey(UNITS[0]!), new TextEncoder().encode('{"formatVersion":99}'));
  for (const minutes of [15, 45, 60, 90]) await exportUntil(world, TRAINED + minutes, undefined);
  const asked = new Set(world.requests.filter((request) => request.startsWith('score')));
  assert.deepEqual([...asked], [`score ${UNITS[1]}`]);
});

test('workloads of a shard that all fall silent are missed though no window of it comes', async () => {
  const world = await createTrainedWorld();
  const left = ['cart', 'ads'];
  await exportUntil(world, TRAINED + 15, { entities: left });
  assert.deepEqual(world.requests.splice(0), [`score ${UNITS[1]}`]);
  await score(world);
  await exportUntil(world, TRAINED + 45, { entities: left });
  await score(world);
  await score(world);
  assert.deepEqual(
    world.published.map(({ state, summary }) => `${state} ${summary.includes('no data')}`),
    ['opened true'],
  );
  const { silence } = (await readState(world.store, UNITS[1]!)).state;
  assert.deepEqual(
    silence!.open.map(({ kind, entity, start }) => [kind, entity, (start - EPOCH) / STEP]),
    [
      ['entity', 'payment', TRAINED],
      ['entity', 'stock', TRAINED],
    ],
  );
  // They are back, as the same unit's windows.
  await exportUntil(world, TRAINED + 60, {});
  await score(world);
  assert.deepEqual((await readState(world.store, UNITS[1]!)).state.silence!.open, []);
});

test('a file that lies in no shard of the detector is set aside, and says where it belongs', async () => {
  const world = await createTrainedWorld();
  const key = 'windows/detector=shop/dropped.parquet';
  const other = 'windows/detector=shop/shard=1-of-3/dropped.parquet';
  const { body } = await world.store.get(world.store.keys().find((each) => each.startsWith('windows/'))!);
  for (const [unit, each] of [
    ['shop', key],
    ['shop/shard=1-of-3', other],
  ] as const) {
    await world.store.put(each, body);
    await scoreWindows(await loadDetector(world.context, unit), world.context, { arrived: [each] });
  }
  const set = await listQuarantine(world.store, 'windows/');
  assert.deepEqual(
    set.map((each) => [each.key, each.code]),
    [
      [key, 'not-in-a-shard'],
      [other, 'not-in-a-shard'],
    ],
  );
  assert.match(
    set[0]!.message,
    /in 2 shards: its files belong under windows\/detector=shop\/shard=1-of-2\/ to /,
  );
  assert.equal(world.store.text(stateKey('shop/shard=1-of-3')), undefined);
  // What asks for the detector asks for its shards.
  world.requests.length = 0;
  await scoreWindows(await loadDetector(world.context, 'shop'), world.context);
  assert.equal(
    (await trainModel(await loadDetector(world.context, 'shop'), world.context)).outcome,
    'in-shards',
  );
  assert.deepEqual(
    world.requests,
    UNITS.flatMap((unit) => `score ${unit}`).concat(UNITS.map((unit) => `train ${unit}`)),
  );
});

test('a person may drop files into the partitions of shards, without any export', async () => {
  const store = createMemoryObjectStore();
  const manifest = 'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { shards: 2 }\n';
  await store.put(manifestKey('shop'), new TextEncoder().encode(manifest));
  const world = createWorld(store);
  const source = await (await createTrainedWorld()).store;
  const from = source.keys().find((key) => unitOfWindowKey(key) === UNITS[1])!;
  const key = 'windows/detector=shop/shard=2-of-2/monday.parquet';
  await world.store.put(key, (await source.get(from)).body);
  const loaded = await loadDetector(world.context, UNITS[1]!);
  const { phase, rows } = await scoreWindows(loaded, world.context, { arrived: [key] });
  assert.equal(phase, 'learning');
  assert.ok(rows > 0);
  assert.deepEqual(unitsOfDetector(await loadDetector(world.context, 'shop')), UNITS);
});

test('a shard is calibrated for its share of the false alarms that people put up with, and alerts tell of the whole', async () => {
  const world = await createTrainedWorld();
  const { store, context } = world;
  // The same rows as a detector of its own, whose budget is half of it.
  const manifest = MANIFEST.replace('name: shop', 'name: solo').replace('shards: 2', 'shards: 1');
  const half = `${manifest}  threshold: { false_alarms: 0.5 per week }\n`;
  await store.put(manifestKey('solo'), new TextEncoder().encode(half));
  for (const key of store.keys().filter((each) => unitOfWindowKey(each) === UNITS[0]))
    await store.put(key.replace(UNITS[0]!, 'solo'), (await store.get(key)).body);
  assert.equal((await trainModel(await loadDetector(context, 'solo'), context)).outcome, 'trained');
  const [own, alone] = await Promise.all(
    [UNITS[0]!, 'solo'].map(async (unit) => {
      const { version } = (await readCurrent(store, unit))!;
      return (await loadFittedDetector(store, unit, version)).evidence!.reach;
    }),
  );
  assert.deepEqual(own, alone);
  assert.ok(own!.length > 0);
  const { falseAlarms } = (await loadDetector(context, UNITS[0]!)).detector.threshold;
  assert.deepEqual(falseAlarms, (await loadDetector(context, 'shop')).detector.threshold.falseAlarms);
});

test('the hourly run looks at the shards and trains those that are due', async () => {
  const world = await createTrainedWorld();
  await world.store.delete(`models/detector=${UNITS[1]}/current.json`);
  await world.store.delete(stateKey(UNITS[1]!));
  await exportUntil(world, TRAINED + 15, {});
  await score(world, [UNITS[0]!]);
  const { trained: made, failed } = await runHour(world.context);
  assert.deepEqual(made, [UNITS[1]]);
  assert.deepEqual(failed, {});
});

test('a shard that cannot be looked at does not keep the others from being seen', async () => {
  const world = await createTrainedWorld();
  await exportUntil(world, TRAINED + 15, {});
  world.clock += 60 * STEP;
  await world.store.put(stateKey(UNITS[0]!), new TextEncoder().encode('{"formatVersion":99}'));
  world.requests.length = 0;
  await watchDetectors(world.context);
  assert.deepEqual(world.requests, [`score ${UNITS[1]}`]);
  assert.equal(world.telemetry.total('DetectorsFailed'), 1);
});

test('an exporter that is silent is counted where all of its detectors are in shards', async () => {
  const world = await createTrainedWorld();
  await watchDetectors(world.context);
  assert.equal(world.telemetry.total('ExporterSilent'), 0);
  world.clock += 86_400_000;
  await watchDetectors(world.context);
  assert.equal(world.telemetry.total('DetectorsSilent'), 1);
  assert.equal(world.telemetry.total('ExporterSilent'), 1);
});

test('a lost state is made anew with the number of shards, and the cursor loses no window', async () => {
  const world = await createTrainedWorld();
  const before = (await readState(world.store, 'shop')).state;
  await world.store.put(stateKey('shop'), new TextEncoder().encode('{"cut'));
  // Whoever is first finds it: a job of a shard.
  const { storedState } = await loadDetector(world.context, UNITS[0]!);
  assert.equal(storedState!.state.shards, 2);
  assert.ok(storedState!.state.exportedUntil! < before.exportedUntil!);
  const windows = world.store.keys().filter((key) => key.startsWith('windows/'));
  // When the next one is due was remembered of the state that is lost.
  await world.store.delete(EXPORT_DUE_KEY);
  await exportUntil(world, TRAINED, {});
  assert.deepEqual(
    world.store.keys().filter((key) => key.startsWith('windows/')),
    windows,
  );
  assert.equal((await readState(world.store, 'shop')).state.exportedUntil, before.exportedUntil);
});

test('a lost state is not made anew by a file that was set aside', async () => {
  const world = await createTrainedWorld();
  const from = world.store.keys().find((key) => unitOfWindowKey(key) === UNITS[0])!;
  const stray = from.replace('shard=1-of-2', 'shard=1-of-1');
  await world.store.put(stray, (await world.store.get(from)).body);
  const loaded = await loadDetector(world.context, 'shop/shard=1-of-1');
  await scoreWindows(loaded, world.context, { arrived: [stray] });
  await world.store.put(stateKey('shop'), new TextEncoder().encode('{"cut'));
  const { storedState } = await loadDetector(world.context, 'shop');
  assert.equal(storedState!.state.shards, 2);
});

test('of a detector that was dealt out by itself no window is set aside while its state is lost', async () => {
  const world = await createTrainedWorld();
  await world.store.put(manifestKey('shop'), new TextEncoder().encode(MANIFEST.replace('  shards: 2\n', '')));
  await world.store.delete(stateKey('shop'));
  const key = world.store.keys().findLast((each) => unitOfWindowKey(each) === UNITS[0])!;
  await scoreWindows(await loadDetector(world.context, UNITS[0]!), world.context, { arrived: [key] });
  assert.deepEqual(await listQuarantine(world.store, 'windows/'), []);
});

test('a state of a shard that is cut is its own fault', async () => {
  const world = await createTrainedWorld();
  await world.store.put(stateKey(UNITS[0]!), new TextEncoder().encode('{"cut'));
  const { storedState } = await loadDetector(world.context, UNITS[0]!);
  assert.equal(storedState!.state.phase, 'active');
  assert.deepEqual(
    (await listQuarantine(world.store, 'state/')).map(({ key }) => key),
    [stateKey(UNITS[0]!)],
  );
});

test('a window of a shard holds the rows of its workloads alone', async () => {
  const { store } = await createTrainedWorld();
  for (const key of store.keys().filter((each) => each.startsWith('windows/'))) {
    const { entities } = readWindow((await store.get(key)).body, {
      detector: 'shop',
      source: key,
      step: STEP,
    });
    assert.deepEqual([...entities].sort(), key.includes('1-of-2') ? ['ads', 'cart'] : ['payment', 'stock']);
  }
});
