/** Train and score as a whole, over a bucket in memory: repeated, reordered, concurrent and killed runs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import type { AlertPublisher } from '../../../../lib/alert/publisher.ts';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext, NotifyContext } from '../../../../lib/jobs/shared/context.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState, updateState } from '../../../../lib/store/detector-states.ts';
import { manifestKey, quarantineKey, reasonKey, scoredKey, scoresKey } from '../../../../lib/store/keys.ts';
import { readCurrent, readManifest } from '../../../../lib/store/model-repository.ts';
import { markPublished } from '../../../../lib/store/notifications.ts';
import { readNotifyState } from '../../../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { loadQuickDetector } from '../../../helpers/load-quick-detector.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { dropWindow, EPOCH, STEP, type SyntheticOptions } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const HISTORY: SyntheticOptions = { from: 0, rows: 1440 };
const FAULT = { entity: 'payment', from: 1450, to: 1460 };
/** The fault opens in the first, and resolves in the last: the model's own changes look back on three quarters of an hour. */
const NEWEST: readonly SyntheticOptions[] = [
  { from: 1440, rows: 15, fault: FAULT },
  { from: 1455, rows: 30, fault: FAULT },
  { from: 1485, rows: 60 },
];

interface World {
  readonly store: MemoryObjectStore;
  readonly published: Alert[];
  readonly requests: string[];
  readonly telemetry: ReturnType<typeof createMemoryTelemetry>;
  clock: number;
}

function createWorld(from: MemoryObjectStore = createMemoryObjectStore()): World {
  const world: World = {
    store: from.fork({ now: () => world.clock }),
    published: [],
    requests: [],
    telemetry: createMemoryTelemetry(),
    clock: EPOCH + 2000 * STEP,
  };
  return world;
}

/** `store` is one process's view of the world's bucket. */
function createContext(world: World, store: ObjectStore = world.store): JobContext {
  return {
    store,
    queue: {
      requestTraining: async (name) => void world.requests.push(`train ${name}`),
      requestScoring: async (name) => void world.requests.push(`score ${name}`),
      requestNotifying: async (name) => void (await notify(createNotifying(world, store), [name])),
    },
    telemetry: world.telemetry,
    now: () => world.clock,
    deadline: { remaining: () => Infinity },
    // Drawn in seconds, and not what is asked here.
    withoutReports: true,
  };
}

/** A receipt comes back whatever became of the process. */
function createNotifying(world: World, store: ObjectStore): NotifyContext {
  const publisher: AlertPublisher = {
    async publish(alert) {
      world.published.push(alert);
      const messageId = `message-${world.published.length}`;
      await markPublished(world.store, alert, { messageId, at: world.clock });
      return { messageId };
    },
  };
  return createNotifyContext(store, { publisher, telemetry: world.telemetry, now: () => world.clock });
}

async function score(world: World, store?: ObjectStore): ReturnType<typeof scoreWindows> {
  const context = createContext(world, store);
  return scoreWindows(await loadQuickDetector(context, DETECTOR), context);
}

/** As the schedule does every minute. */
async function tick(world: World): Promise<void> {
  await notify(createNotifying(world, world.store), []);
}

async function train(world: World, store?: ObjectStore): ReturnType<typeof trainModel> {
  const context = createContext(world, store);
  return trainModel(await loadQuickDetector(context, DETECTOR), context);
}

async function trainWorld(): Promise<World> {
  const world = createWorld();
  await dropWindow(world.store, HISTORY);
  await train(world);
  await score(world);
  return world;
}

/** Trained once: the same history gives the same bytes, which a test of its own holds it to. */
let trained: Promise<World> | undefined;

async function createTrainedWorld(): Promise<World> {
  trained ??= trainWorld();
  const world = createWorld((await trained).store);
  world.clock += 60_000;
  return world;
}

function told(world: World): string[] {
  return world.published.map(
    ({ state, entity, start }) => `${state} ${entity} ${(Date.parse(start) - EPOCH) / STEP}`,
  );
}

test('learns until there is enough, asks for training, then alerts once and says why', async () => {
  const world = createWorld();
  await dropWindow(world.store, { from: 0, rows: 200 });
  const learning = await score(world);
  assert.equal(learning.phase, 'learning');
  assert.equal(learning.rows, 400);
  assert.deepEqual(world.requests, []);
  assert.equal((await train(world)).outcome, 'learning');

  await dropWindow(world.store, { from: 200, rows: 1240 });
  assert.equal((await score(world)).rows, 2880);
  assert.deepEqual(world.requests, [`train ${DETECTOR}`]);
  const trained = await train(world);
  assert.equal(trained.outcome, 'trained');
  assert.deepEqual(world.requests, [`train ${DETECTOR}`, `score ${DETECTOR}`]);
  await score(world);
  assert.deepEqual(world.published, [], 'history that the model was fitted on alerts nobody');

  for (const window of NEWEST) await dropWindow(world.store, window);
  await score(world);
  assert.deepEqual(told(world), ['opened payment 1450', 'resolved payment 1450']);
  const [opened, resolved] = world.published as readonly Alert[] as readonly [Alert, Alert];
  assert.equal(opened.reasons[0]?.metric, 'cpu');
  assert.ok(opened.reasons[0].share > 0.5, `share of cpu is ${opened.reasons[0].share}`);
  assert.ok(opened.reasons[0].value! > opened.reasons[0].usualHigh * 5);
  assert.ok(opened.score >= opened.threshold);
  assert.equal(opened.model.version, trained.version);
  for (const key of Object.values(opened.objects))
    assert.ok(world.store.keys().includes(key), `${key} exists`);
  const end = (Date.parse(resolved.end!) - EPOCH) / STEP;
  assert.ok(end >= FAULT.to && end <= FAULT.to + 60, `it ends at ${end}`);
});

test('the end says how far it went at most, in whichever window that was', async () => {
  const world = await createTrainedWorld();
  const fault = { entity: 'payment', from: 1450, to: 1480 };
  for (const [from, rows, factor] of [
    [1440, 15, 10],
    [1455, 15, 17],
    [1470, 15, 10],
    [1485, 60, 10],
  ] as const) {
    await dropWindow(world.store, { from, rows, fault: { ...fault, factor } });
    await score(world);
    world.clock += 15 * STEP;
  }
  world.clock += 60 * STEP;
  await tick(world);
  const [opened, resolved] = world.published;
  assert.deepEqual(told(world), ['opened payment 1450', 'resolved payment 1450']);
  const [first] = opened!.reasons;
  const { worst } = resolved!;
  assert.ok(first!.value! < 1200 && worst!.value > 1600, `${first!.value}, ${worst!.value}`);
  assert.equal(worst!.metric, first!.metric);
  const minute = (Date.parse(worst!.at) - EPOCH) / STEP;
  assert.ok(minute >= 1455 && minute < 1470, `${minute}`);
  assert.match(resolved!.summary, /; it was cpu up to 1[6-9]\d\d \(usual/);
  assert.ok(opened!.worst!.value < 1200);
  assert.doesNotMatch(opened!.summary, /up to/);
});

test('the same event again and again, and many at once, publish nothing twice', async () => {
  const world = await createTrainedWorld();
  for (const window of NEWEST) await dropWindow(world.store, window);
  const runs = await Promise.allSettled(Array.from({ length: 6 }, () => score(world)));
  for (const run of runs)
    if (run.status === 'rejected') assert.match(String(run.reason), /another invocation is sending/);
  for (let i = 0; i < 3; i++) await score(world);
  assert.deepEqual(told(world).sort(), ['opened payment 1450', 'resolved payment 1450']);
  assert.deepEqual((await readState(world.store, DETECTOR)).state.outbox, []);
});

test('windows whose events come in reverse order are decided in the order of time', async () => {
  const inOrder = await createTrainedWorld();
  for (const window of NEWEST) {
    await dropWindow(inOrder.store, window);
    await score(inOrder);
  }
  const reversed = await createTrainedWorld();
  for (const window of NEWEST.toReversed()) await dropWindow(reversed.store, window);
  await score(reversed);
  assert.deepEqual(told(reversed), told(inOrder));
  assert.deepEqual(reversed.store.keys(), inOrder.store.keys());
});

test('a window that is written anew while it is scored is scored as it now is', async () => {
  const world = await createTrainedWorld();
  const quiet = { from: 1440, rows: 15 };
  const key = await dropWindow(world.store, quiet);
  let replaced = false;
  await score(world, {
    ...world.store,
    async put(name, ...rest) {
      if (name === scoresKey(key) && !replaced) {
        replaced = true;
        await dropWindow(world.store, { ...quiet, metrics: ['cpu', 'memory', 'requests', 'more'] });
        world.clock += 1000;
      }
      return world.store.put(name, ...rest);
    },
  });
  const { etag } = await world.store.head(key);
  const { decided } = (await readState(world.store, DETECTOR)).state;
  assert.ok(decided.includes(`${key}@${etag}`), decided.join(', '));
});

test('the same inputs give the same version and the same bytes', async () => {
  const [a, b] = [await trainWorld(), await trainWorld()];
  const keys = a.store.keys().filter((key) => key.startsWith('models/'));
  assert.ok(keys.length >= 5, keys.join(', '));
  for (const key of keys) assert.equal(b.store.text(key), a.store.text(key), key);
  assert.equal((await train(a)).outcome, 'unchanged');
  const version = (await readCurrent(a.store, DETECTOR))!.version;
  const manifest = await readManifest(a.store, DETECTOR, version);
  assert.equal(manifest.rows, 2880);
  assert.equal(manifest.trainingRange.end, new Date(EPOCH + 1440 * STEP).toISOString());
});

/** Fits in a tenth of the default's time, and writes the same files. */
const QUICK = `kind: AnomalyDetector
metadata: { name: ${DETECTOR} }
spec: { model: { kind: robust-z } }
`;

test('a training that is killed at any write leaves no half-made model, and the next run completes it', async () => {
  const prepare = async (): Promise<World> => {
    const world = createWorld();
    await world.store.put(manifestKey(DETECTOR), new TextEncoder().encode(QUICK));
    await dropWindow(world.store, HISTORY);
    return world;
  };
  const whole = await prepare();
  await train(whole);
  await score(whole);
  const writes = await countWrites(async () => ({ world: await prepare(), run: train }));
  assert.ok(writes >= 5, `${writes} writes`);
  // A run that dies after a write leaves what one leaves that dies before the next.
  for (let atWrite = 0; atWrite <= writes; atWrite++) {
    const last = atWrite === writes;
    const plan = { atWrite: last ? writes - 1 : atWrite, stage: last ? 'after' : 'before' } as const;
    const world = await prepare();
    await assert.rejects(train(world, createMortalStore(world.store, plan)), KilledError);
    const current = await readCurrent(world.store, DETECTOR);
    if (current !== undefined) await readManifest(world.store, DETECTOR, current.version);
    await train(world);
    await score(world);
    assert.deepEqual(world.store.keys(), whole.store.keys(), `killed ${plan.stage} write ${plan.atWrite}`);
    for (const key of world.store.keys().filter((key) => key.startsWith('models/')))
      assert.equal(world.store.text(key), whole.store.text(key), key);
  }
});

test('a scoring that is killed at any write loses no window and alerts nobody twice', async () => {
  const prepare = async (): Promise<World> => {
    const world = await createTrainedWorld();
    for (const window of NEWEST) await dropWindow(world.store, window);
    return world;
  };
  const whole = await prepare();
  const toldAt = await countTold(whole);
  const writes = toldAt.length;
  assert.ok(writes >= 10, `${writes} writes`);
  for (let atWrite = 0; atWrite < writes; atWrite++)
    for (const stage of ['before', 'after'] as const) {
      // After a write is before the next one, unless people are told of something in between.
      const next = toldAt[atWrite + 1];
      if (stage === 'after' && next !== undefined && next === toldAt[atWrite]) continue;
      const world = await prepare();
      await assert.rejects(score(world, createMortalStore(world.store, { atWrite, stage })), KilledError);
      // SQS brings the message back once its visibility timeout is over: the dead run's claim has run out by then.
      world.clock += 12 * 60_000;
      await score(world);
      // What was taken over and not sent is found by the tick.
      await tick(world);
      assert.deepEqual(told(world).sort(), told(whole).sort(), `killed ${stage} write ${atWrite}`);
      assert.deepEqual(world.store.keys(), whole.store.keys(), `killed ${stage} write ${atWrite}`);
      assert.deepEqual((await readState(world.store, DETECTOR)).state.outbox, []);
      assert.deepEqual((await readNotifyState(world.store)).state.outbox, []);
    }
});

test('what cannot be read goes to quarantine with the reason, and the rest of the batch goes on', async () => {
  const world = await createTrainedWorld();
  const bad = `windows/detector=${DETECTOR}/broken.parquet`;
  await world.store.put(bad, new TextEncoder().encode('PAR1 this is no Parquet'));
  const drifted = await dropWindow(world.store, { from: 1600, rows: 15, metrics: ['cpu', 'requests'] });
  for (const window of NEWEST) await dropWindow(world.store, window);
  const { scored } = await score(world);
  assert.equal(scored.length, NEWEST.length);
  assert.deepEqual(told(world), ['opened payment 1450', 'resolved payment 1450']);
  assert.equal(world.store.text(quarantineKey(bad)), world.store.text(bad));
  const reason = JSON.parse(world.store.text(reasonKey(drifted))!) as { code: string; message: string };
  assert.equal(reason.code, 'schema-drift');
  assert.match(reason.message, /memory/);
  assert.equal(world.telemetry.total('ObjectsQuarantined'), 2);
  await score(world);
  assert.equal(world.telemetry.total('ObjectsQuarantined'), 2, 'the same bytes are not tried again');
});

test('windows that drifted from the model are what the next model learns from', async () => {
  const world = await createTrainedWorld();
  const drifted = await dropWindow(world.store, { from: 1440, rows: 600, metrics: ['cpu', 'requests'] });
  await score(world);
  assert.ok(!world.store.keys().includes(scoresKey(drifted)));
  await train(world);
  await dropWindow(world.store, { from: 2040, rows: 15, metrics: ['cpu', 'requests'] });
  const { scored } = await score(world);
  assert.equal(scored.length, 1);
});

test('no training is asked for while a backfill is under way', async () => {
  const world = createWorld();
  const yaml = `kind: AnomalyDetector\nmetadata:\n  name: ${DETECTOR}\nspec:\n  prometheus_query: up\n`;
  await world.store.put(`detectors/${DETECTOR}.yml`, new TextEncoder().encode(yaml));
  await dropWindow(world.store, HISTORY);
  const reach = (exportedUntil: number) =>
    updateState(world.store, DETECTOR, (state) => ({ ...state, exportedUntil }));
  await reach(EPOCH + 1440 * STEP);
  assert.equal((await score(world)).rows, 2880);
  assert.deepEqual(world.requests, []);
  await reach(world.clock - 2 * STEP);
  await score(world);
  assert.deepEqual(world.requests, [`train ${DETECTOR}`]);
});

test('a dropped detector is an undeclared one with the defaults', () => {
  assert.equal(defaultDetector(DETECTOR).declared, false);
});

/** Scores, and says of each write how many messages had gone out before it. */
async function countTold(world: World): Promise<readonly number[]> {
  const counts: number[] = [];
  const { store } = world;
  const noting =
    <Given extends unknown[], Done>(write: (...given: Given) => Done) =>
    (...given: Given): Done => {
      counts.push(world.published.length);
      return write(...given);
    };
  await score(world, {
    ...store,
    put: noting(store.put),
    copy: noting(store.copy),
    delete: noting(store.delete),
  });
  return counts;
}

/** Writes that an undisturbed run makes. */
async function countWrites(
  prepare: () => Promise<{ world: World; run: (world: World, store: ObjectStore) => Promise<unknown> }>,
): Promise<number> {
  const { world, run } = await prepare();
  const store = createMortalStore(world.store);
  await run(world, store);
  return store.writes();
}

for (const [name, later] of [
  ['within the second of its scores', 0],
  ['by an upload that began before its scores were written', -5 * 60_000],
] as const)
  test(`a file that is corrected ${name} is scored again`, async () => {
    const world = await createTrainedWorld();
    const key = await dropWindow(world.store, { from: 1440, rows: 15 });
    assert.equal((await score(world)).scored.length, 1);
    world.clock += later;
    await dropWindow(world.store, { from: 1440, rows: 15, fault: { ...FAULT, from: 1440 } });
    world.clock += 60_000 - later;
    const { scored } = await score(world);
    assert.deepEqual(
      scored.map((window) => [window.key, window.anomalousRows > 0]),
      [[key, true]],
    );
    assert.deepEqual((await score(world)).scored, []);
  });

test('a file that is corrected within the second of a run that died before it noted its scores is scored again', async () => {
  const world = await createTrainedWorld();
  const key = await dropWindow(world.store, { from: 1440, rows: 15 });
  const mortal = createMortalStore(world.store);
  const store: ObjectStore = {
    ...mortal,
    async put(name, ...rest) {
      const written = await mortal.put(name, ...rest);
      if (name === scoresKey(key)) mortal.kill();
      return written;
    },
  };
  await assert.rejects(score(world, store), KilledError);
  await dropWindow(world.store, { from: 1440, rows: 15, fault: { ...FAULT, from: 1440 } });
  world.clock += 60_000;
  const { scored } = await score(world);
  assert.deepEqual(
    scored.map((window) => [window.key, window.anomalousRows > 0]),
    [[key, true]],
  );
  assert.deepEqual((await score(world)).scored, []);
});

test('scores that are deleted are made anew, and a note of them that cannot be read is no reason to stop', async () => {
  const world = await createTrainedWorld();
  const key = await dropWindow(world.store, { from: 1440, rows: 15 });
  await score(world);
  await world.store.delete(scoresKey(key));
  assert.equal((await score(world)).scored.length, 1);
  await world.store.put(scoredKey(DETECTOR), new TextEncoder().encode('{"form'));
  assert.deepEqual((await score(world)).scored, []);
  await dropWindow(world.store, { from: 1455, rows: 15 });
  assert.equal((await score(world)).scored.length, 1);
});

test('a backlog that takes longer than a run asks for another; one that got nowhere fails its message', async () => {
  const world = await createTrainedWorld();
  for (let from = 1440; from < 1500; from += 15) await dropWindow(world.store, { from, rows: 15 });
  world.requests.length = 0;
  const loaded = await loadQuickDetector(createContext(world), DETECTOR);
  /** Time for so many windows. */
  const runFor = async (windows: number): Promise<number> => {
    let asked = 0;
    const deadline = { remaining: () => (asked++ < windows + 1 ? 60_000 : 5_001) };
    return (await scoreWindows(loaded, { ...createContext(world), deadline })).scored.length;
  };
  await assert.rejects(runFor(0), { name: 'RetryLaterError', code: 'out-of-time' });
  assert.deepEqual(world.requests, []);
  assert.equal(await runFor(2), 2);
  assert.deepEqual(world.requests, ['score shop']);
  assert.equal(await runFor(10), 2);
  assert.deepEqual(world.requests, ['score shop']);
});

test('a window that is deleted between its listing and its turn keeps no other from its turn', async () => {
  const world = await createTrainedWorld();
  const gone = await dropWindow(world.store, { from: 1440, rows: 15 });
  await dropWindow(world.store, { from: 1455, rows: 15 });
  const store: ObjectStore = {
    ...world.store,
    async get(key, options) {
      if (key === gone) await world.store.delete(gone);
      return world.store.get(key, options);
    },
  };
  assert.equal((await score(world, store)).scored.length, 1);
});
