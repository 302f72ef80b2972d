/**
 * A scoring that an event asks for looks at what came and what is near it in time, and comes to the same bucket as one that
 * looks at everything; what came without its event is found once a day.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { watchDetectors } from '../../../../lib/jobs/shared/watch-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { seedRandom } from '../../../../lib/maths/random.ts';
import { readState, updateState } from '../../../../lib/store/detector-states.ts';
import { readFileRanges, recordFileRanges } from '../../../../lib/store/file-ranges.ts';
import {
  fileRangesKey,
  manifestKey,
  recentWindowsKey,
  scoredKey,
  scoresKey,
  windowKey,
  windowsPrefix,
} from '../../../../lib/store/keys.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
/** Rows of a window, and windows of a day. */
const LENGTH = 60;
const DAY = 24;
/** Days that nobody reads any more, before the day of which a model is made. */
const OLD = 40;
const HOUR_MS = LENGTH * STEP;
const MANIFEST = `kind: AnomalyDetector
metadata: { name: ${DETECTOR} }
spec:
  step: 1m
  model: { kind: robust-z }
  training: { warmup: 1000, lookback: 1d }
`;
/** Of no calendar. */
const NO_DAY = '2026-02-31';
const NEVER_READ = new TextEncoder().encode('-');

interface World {
  readonly store: MemoryObjectStore;
  readonly context: JobContext;
  /** Prefixes that were listed. */
  readonly lists: string[];
  /** Detectors that a scoring was asked for of. */
  readonly asked: string[];
  clock: number;
}

function createWorld(from: MemoryObjectStore = createMemoryObjectStore()): World {
  const store = from.fork({ now: () => world.clock, pause: async () => {} });
  const [lists, asked]: [string[], string[]] = [[], []];
  const world: World = {
    store,
    lists,
    asked,
    clock: EPOCH,
    context: {
      store: {
        ...store,
        list(prefix, options) {
          lists.push(prefix);
          return store.list(prefix, options);
        },
      },
      queue: {
        requestTraining: async () => {},
        requestScoring: async (detector) => void asked.push(detector),
        requestNotifying: async () => {},
      },
      telemetry: createMemoryTelemetry(),
      now: () => world.clock,
      deadline: { remaining: () => Number.POSITIVE_INFINITY },
      withoutReports: true,
    },
  };
  return world;
}

/** Scored and trained once: each test has a copy of it. */
const lived = prepare();

async function prepare(): Promise<World> {
  const world = createWorld();
  await world.store.put(manifestKey(DETECTOR), new TextEncoder().encode(MANIFEST));
  for (const folder of ['windows', 'scores'] as const)
    for (let nth = -OLD * DAY; nth < 0; nth++) {
      world.clock = EPOCH + (nth + 1) * HOUR_MS;
      const key = keyOf(nth);
      await world.store.put(folder === 'windows' ? key : scoresKey(key), NEVER_READ);
    }
  for (let nth = 0; nth < DAY; nth++) await put(world, nth);
  // All that is there is learned from as it came: what is old was by earlier runs.
  assert.equal((await train(world)).outcome, 'trained');
  await score(world);
  return world;
}

async function createLivedWorld(): Promise<World> {
  const { store, clock } = await lived;
  return Object.assign(createWorld(store), { clock });
}

/** As an exporter calls the nth hour after EPOCH. */
function keyOf(nth: number): string {
  return windowKey(DETECTOR, { start: EPOCH + nth * HOUR_MS, end: EPOCH + (nth + 1) * HOUR_MS });
}

/** @param key under which its rows are put */
async function put(
  world: World,
  nth: number,
  key = keyOf(nth),
  entities = ['cart', 'payment'],
): Promise<string> {
  const fault = { entity: 'payment', from: (DAY + 3) * LENGTH, to: (DAY + 4) * LENGTH };
  const window = makeWindow({ from: nth * LENGTH, rows: LENGTH, entities, fault });
  world.clock = Math.max(world.clock, EPOCH + (nth + 1) * HOUR_MS);
  await world.store.put(key, writeWindow(window, { manifestHash: 'test' }));
  return key;
}

async function score(world: World, arrived?: readonly string[]): Promise<number> {
  world.lists.length = 0;
  const loaded = await loadDetector(world.context, DETECTOR);
  return (await scoreWindows(loaded, world.context, { arrived })).scored.length;
}

async function train(world: World): ReturnType<typeof trainModel> {
  world.lists.length = 0;
  return trainModel(await loadDetector(world.context, DETECTOR), world.context);
}

/** Key → text, without what is a memory alone, or is written now and then. */
function contents({ store }: World): ReadonlyMap<string, string | undefined> {
  const memories = [fileRangesKey(DETECTOR), recentWindowsKey(DETECTOR), scoredKey(DETECTOR)];
  const keys = store.keys().filter((key) => !memories.includes(key));
  return new Map(keys.map((key) => [key, store.text(key)]));
}

const ownKey = (name: string): string => `${windowsPrefix(DETECTOR)}${name}.parquet`;
const oldFolder = (nth: number): string => keyOf(nth).slice(0, keyOf(nth).lastIndexOf('/') + 1);

test('what comes under any name and of any time is scored by its event', async () => {
  const world = await createLivedWorld();
  const arrivals = [
    keyOf(DAY),
    keyOf(-30 * DAY - 1),
    ownKey('mine'),
    ownKey('Mine'),
    `${oldFolder(-20 * DAY)}part-0.parquet`,
    `${windowsPrefix(DETECTOR)}date=someday/a.parquet`,
    `${windowsPrefix(DETECTOR)}date=${NO_DAY}/a.parquet`,
    `${windowsPrefix(DETECTOR)}deep/er/b.parquet`,
  ];
  for (const [i, key] of arrivals.entries()) {
    await put(world, i === 1 ? -30 * DAY - 1 : DAY + i, key);
    await score(world, [key]);
    assert.notEqual(world.store.text(scoresKey(key)), '-', key);
    assert.ok(world.store.text(scoresKey(key)) !== undefined, key);
  }
});

test('a run for an event lists no more than on the first day', async () => {
  const world = await createLivedWorld();
  const key = await put(world, DAY);
  let listed = 0;
  const counting: World = {
    ...world,
    context: {
      ...world.context,
      store: {
        ...world.store,
        async *list(...args) {
          for await (const info of world.store.list(...args)) {
            listed++;
            yield info;
          }
        },
      },
    },
  };
  assert.equal(await score(counting, [key]), 1);
  assert.ok(listed < 2 * 4 * DAY, `${listed} keys`);
});

test('many files that come at once are looked at as a whole, in the order of time', async () => {
  const world = await createLivedWorld();
  const keys = [];
  for (const nth of [5, 2, 4, 1, 3]) keys.push(await put(world, DAY + nth, ownKey(`z${9 - nth}`)));
  const old = [-30, -25, -20, -15].map((day) => `${oldFolder(day * DAY)}part-0.parquet`);
  for (const [i, key] of old.entries()) await put(world, DAY + 6 + i, key);
  // The first messages of a flood name few of them.
  assert.equal(await score(world, [...keys.slice(0, 1), ...old]), 9);
});

test('whatever comes, in whichever order, a run for its event leaves the bucket as one that looks at everything', async () => {
  for (let seed = 0; seed < 6; seed++) {
    const [near, whole] = [await createLivedWorld(), await createLivedWorld()];
    const { nextFloat: random } = seedRandom(seed);
    let next = DAY;
    for (let step = 0; step < 14; step++) {
      const arrived: string[] = [];
      const many = random() < 0.3 ? 3 : 1;
      for (let i = 0; i < many; i++) {
        const kind = Math.floor(random() * 7);
        const [name, back] = [`f${Math.floor(random() * 50)}`, Math.floor(random() * OLD * DAY)];
        const own = ownKey(random() < 0.5 ? name : name.toUpperCase());
        const nth = kind <= 2 ? next++ : kind <= 4 ? -back : next - 1 - Math.floor(random() * 30);
        const key =
          kind === 2 || kind === 4
            ? own
            : kind === 3 && random() < 0.5
              ? `${oldFolder(-back)}${name}.parquet`
              : keyOf(nth);
        // Other bytes than those that may stand there.
        const entities = random() < 0.2 ? ['cart', 'payment', 'stock'] : ['cart', 'payment'];
        for (const world of [near, whole]) await put(world, nth, key, entities);
        arrived.push(key);
      }
      await score(near, random() < 0.2 ? [...arrived, ...arrived] : arrived);
      await score(whole);
    }
    assert.deepEqual(contents(near), contents(whole), `seed ${seed}`);
    assert.equal(await score(near), 0, `seed ${seed}: nothing is left over`);
  }
});

test('what came without its event is found once a day, however old it is', async () => {
  const world = await createLivedWorld();
  await watchDetectors(world.context);
  assert.deepEqual(world.asked, []);
  const lost = [`${oldFolder(-30 * DAY)}part-0.parquet`, ownKey('lost'), keyOf(-20 * DAY - 1)];
  for (const [i, key] of lost.entries()) await put(world, DAY - 3 + i, key);
  await put(world, DAY, keyOf(DAY));
  await score(world, [keyOf(DAY)]);
  for (const key of lost.slice(0, 2)) assert.equal(world.store.text(scoresKey(key)), undefined, key);
  let hours = 0;
  for (; world.asked.length === 0 && hours < 48; hours++) {
    world.clock += HOUR_MS;
    await watchDetectors(world.context);
  }
  assert.ok(hours <= 25, `${hours} hours`);
  assert.ok((await score(world)) >= 2);
  for (const key of lost) assert.ok(![undefined, '-'].includes(world.store.text(scoresKey(key))), key);
  world.asked.length = 0;
  for (hours = 0; hours < 30; hours++) {
    world.clock += HOUR_MS;
    await watchDetectors(world.context);
  }
  assert.deepEqual(world.asked, []);
});

test('a window that was lost lately is found with the next one', async () => {
  const world = await createLivedWorld();
  await put(world, DAY);
  await put(world, DAY + 1);
  assert.equal(await score(world, [keyOf(DAY + 1)]), 2);
});

test('where scoring stood still for days, what came meanwhile goes before what comes now', async () => {
  const world = await createLivedWorld();
  // The fault is in the fourth hour of the first day, and nobody is alive to score.
  for (let nth = DAY; nth < 6 * DAY; nth++) await put(world, nth);
  const key = keyOf(6 * DAY - 1);
  assert.equal(await score(world, [key]), 5 * DAY);
  const { state } = await readState(world.store, DETECTOR);
  const told = state.outbox.map(({ anomaly: { state, entity } }) => `${state} ${entity}`);
  assert.deepEqual(told, ['opened payment', 'resolved payment']);
});

test('an event of a file that is gone leaves a silence for a run that knows of windows', async () => {
  const world = await createLivedWorld();
  // The clock has noticed a silence that nobody was told of.
  await updateState(world.store, DETECTOR, ({ silence, ...state }) => {
    const start = EPOCH + DAY * HOUR_MS;
    const noticed = { id: 'a', kind: 'source', entity: '', metrics: [], start, last: start } as const;
    const open = [{ ...noticed, silent: HOUR_MS, limit: HOUR_MS, sequence: 0 }];
    return { ...state, silence: { ...silence!, open } };
  });
  assert.equal(await score(world, [ownKey('gone')]), 0);
  assert.equal(await score(world), 0);
  const { state } = await readState(world.store, DETECTOR);
  assert.deepEqual(
    state.outbox.map(({ anomaly }) => anomaly.objects.window),
    [keyOf(DAY - 1)],
  );
});

test('a training makes the version of all that there is, and lists what its lookback reaches', async () => {
  for (const name of ['exported', 'mixed'] as const) {
    const world = await createLivedWorld();
    for (let nth = DAY; nth < 3 * DAY; nth++)
      await put(world, nth, name === 'mixed' && nth % 5 === 0 ? ownKey(`m${nth}`) : keyOf(nth));
    await score(world);
    const other = createWorld(world.store);
    other.clock = world.clock;
    // What tells the newest data is gone, so that everything is listed.
    const state = JSON.parse(other.store.text(`state/detector=${DETECTOR}.json`)!) as object;
    const blind = JSON.stringify({ ...state, entities: {} });
    await other.store.put(`state/detector=${DETECTOR}.json`, new TextEncoder().encode(blind));
    const [near, whole] = [await train(world), await train(other)];
    assert.equal(near.outcome, 'trained');
    assert.deepEqual(near, whole);
  }
});

test('a training of data that are older than the state says reaches as far back as they need', async () => {
  const world = await createLivedWorld();
  for (let nth = DAY; nth < 8 * DAY; nth++) await put(world, nth);
  await score(world);
  const other = createWorld(world.store);
  other.clock = world.clock;
  for (let nth = 2 * DAY; nth < 8 * DAY; nth++)
    for (const each of [world, other]) await each.store.delete(keyOf(nth));
  const before = JSON.parse(other.store.text(`state/detector=${DETECTOR}.json`)!) as object;
  const blind = JSON.stringify({ ...before, entities: {} });
  await other.store.put(`state/detector=${DETECTOR}.json`, new TextEncoder().encode(blind));
  const near = await train(world);
  assert.equal(near.outcome, 'trained');
  assert.deepEqual(near, await train(other));
});

test('of more files with names of their own than are listed each time, those that came are scored and the others looked back on', async () => {
  const [near, whole] = [await createLivedWorld(), await createLivedWorld()];
  for (const world of [near, whole]) {
    const learned = [];
    for (let nth = 0; nth < 1_100; nth++) {
      const key = ownKey(`many-${nth}`);
      const { etag } = await world.store.put(key, NEVER_READ);
      await world.store.put(scoresKey(key), NEVER_READ);
      const range = { start: EPOCH - (nth + 1) * HOUR_MS, end: EPOCH - nth * HOUR_MS };
      const { lastModified } = await world.store.head(key);
      learned.push({ key, etag, lastModified, step: STEP, range });
    }
    const known = await readFileRanges(world.store, DETECTOR);
    await recordFileRanges(world.store, DETECTOR, { learned, isGone: () => false, known });
  }
  for (let nth = DAY; nth < DAY + 6; nth++) {
    const key = nth % 2 === 0 ? ownKey(`next-${nth}`) : keyOf(nth);
    for (const world of [near, whole]) await put(world, nth, key);
    assert.equal(await score(near, [key]), 1);
    assert.ok(near.lists.length <= 3, near.lists.join(' '));
    assert.equal(await score(whole), 1);
  }
  assert.deepEqual(contents(near), contents(whole));
});
