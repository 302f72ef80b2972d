/**
 * Copies of recent windows save requests and change nothing: whatever happens to windows, copies and runs, the bucket is
 * the same as without them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEW_WINDOWS, openCopies } from '../../../../lib/jobs/score/recent-copies.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import {
  manifestKey,
  recentWindowsKey,
  scoresPrefix,
  windowKey,
  windowsPrefix,
} from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { MOST_COPIED_BYTES, readRecentWindows } from '../../../../lib/store/recent-windows.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createJobWorld, type JobWorld } from '../../../helpers/job-world.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const COPIES = recentWindowsKey(DETECTOR);
/** Rows of a window. */
const LENGTH = 15;
const LEARNED = 1440;
/** Windows that are scored before a test begins: half a day, so that copies are as many as there can be. */
const BEFORE = 4;
const START = LEARNED + BEFORE * LENGTH;
const FAULT = { entity: 'payment', from: START + 20, to: START + 60 };
const MANIFEST = `kind: AnomalyDetector
metadata: { name: ${DETECTOR} }
spec:
  step: 1m
  model: { kind: robust-z }
  training: { warmup: 1000 }
`;

interface World extends JobWorld {
  /** As `get KEY`, of the last run. */
  readonly calls: string[];
}

function createWorld(from: MemoryObjectStore = createMemoryObjectStore()): World {
  const calls: string[] = [];
  const world = createJobWorld(from, {
    clock: EPOCH + LEARNED * STEP,
    watch: (store) => countCalls(store, calls),
  });
  return Object.assign(world, { calls });
}

function countCalls(store: ObjectStore, calls: string[]): ObjectStore {
  const count =
    <Args extends unknown[], Answer>(name: string, call: (key: string, ...rest: Args) => Answer) =>
    (key: string, ...rest: Args): Answer => {
      calls.push(`${name} ${key}`);
      return call(key, ...rest);
    };
  return {
    get: count('get', store.get),
    head: count('head', store.head),
    put: count('put', store.put),
    copy: count('copy', store.copy),
    delete: count('delete', store.delete),
    list: count('list', store.list),
    listFolders: count('list', store.listFolders),
  };
}

/** Trained once: each test has a copy of it. */
const trained = prepare();

async function prepare(): Promise<World> {
  const world = createWorld();
  await world.store.put(manifestKey(DETECTOR), new TextEncoder().encode(MANIFEST));
  for (let from = 0; from < LEARNED; from += LENGTH) await dropWindow(world.store, { from, rows: LENGTH });
  const loaded = await loadDetector(world.context, DETECTOR);
  assert.equal((await trainModel(loaded, world.context)).outcome, 'trained');
  await score(world);
  for (let at = 0; at < BEFORE; at++) await arrive(world, LEARNED + at * LENGTH);
  return world;
}

async function createTrainedWorld(): Promise<World> {
  const { store, clock } = await trained;
  return Object.assign(createWorld(store), { clock });
}

function drop(world: World, from: number): Promise<string> {
  return dropWindow(world.store, { from, rows: LENGTH, fault: FAULT });
}

async function score(world: World, store: ObjectStore = world.context.store): Promise<number> {
  world.calls.length = 0;
  const context = { ...world.context, store };
  return (await scoreWindows(await loadDetector(context, DETECTOR), context)).scored.length;
}

/** A window comes right after its end, and is scored. */
async function arrive(world: World, from: number): Promise<void> {
  world.clock = Math.max(world.clock, EPOCH + (from + LENGTH) * STEP);
  await drop(world, from);
  assert.equal(await score(world), 1);
}

function countReads(world: World): number {
  return world.calls.filter((call) => call.startsWith(`get ${windowsPrefix(DETECTOR)}`)).length;
}

/** Key → text, without the copies. */
function contents({ store }: World, prefix = ''): ReadonlyMap<string, string | undefined> {
  const keys = store.keys().filter((key) => key.startsWith(prefix) && key !== COPIES);
  return new Map(keys.map((key) => [key, store.text(key)]));
}

test('a quarter of an hour takes at most 23 requests, a few of them for windows, whether it alerts or not', async () => {
  const world = await createTrainedWorld();
  const transitions: number[] = [];
  const reads: number[] = [];
  let copied = 0;
  for (let from = START; from < FAULT.to + 2 * LENGTH; from += LENGTH) {
    await arrive(world, from);
    assert.ok(world.calls.length <= 23, world.calls.join('\n'));
    reads.push(countReads(world));
    copied += world.calls.includes(`put ${COPIES}`) ? 1 : 0;
    const { outbox } = (await readState(world.store, DETECTOR)).state;
    transitions.push(outbox.length);
  }
  assert.ok(transitions.at(-1)! > transitions[0]!, `alerts after each window: ${transitions}`);
  // Copies are left for one window more than are as fast to read.
  assert.ok(
    reads.length > FEW_WINDOWS && Math.max(...reads) === 1 + FEW_WINDOWS,
    `reads of windows: ${reads}`,
  );
  assert.ok(copied <= Math.ceil(reads.length / (1 + FEW_WINDOWS)), `${copied} times of ${reads.length}`);
});

/** What happens to a bucket, after which it is scored. */
type Happening = (world: World) => Promise<unknown>;
const range = (from: number) => ({ start: EPOCH + from * STEP, end: EPOCH + (from + LENGTH) * STEP });
const next =
  (at: number): Happening =>
  (world) => {
    world.clock = EPOCH + (START + (at + 1) * LENGTH) * STEP;
    return drop(world, START + at * LENGTH);
  };
const HAPPENINGS: Readonly<Record<string, readonly Happening[]>> = {
  'windows come one by one': [next(0), next(1), next(2)],
  'a backlog': [
    async (world) => {
      for (const at of [0, 1, 2, 3]) await next(at)(world);
    },
    next(4),
  ],
  'a window is corrected': [
    next(0),
    (world) => dropWindow(world.store, { from: START - 2 * LENGTH, rows: LENGTH, entities: ['cart', 'new'] }),
    next(1),
  ],
  'a window that nothing looks back on any more is corrected': [
    next(0),
    (world) => dropWindow(world.store, { from: 0, rows: LENGTH, entities: ['cart', 'new'] }),
    next(1),
  ],
  'a window comes late': [next(0), next(2), next(1), next(3)],
  'windows are deleted': [
    next(0),
    (world) => world.store.delete(windowKey(DETECTOR, range(START - LENGTH))),
    next(1),
    (world) => world.store.delete(windowKey(DETECTOR, range(START - 20 * LENGTH))),
    next(2),
  ],
  'a window is deleted and comes back': [
    next(0),
    (world) => world.store.delete(windowKey(DETECTOR, range(START))),
    next(1),
    (world) => drop(world, START),
    next(2),
  ],
  'a file is dropped under a name of its own': [
    (world) => {
      const window = makeWindow({ from: START - 40, rows: 30, entities: ['depot'] });
      const key = `${windowsPrefix(DETECTOR)}depot.parquet`;
      return world.store.put(key, writeWindow(window, { manifestHash: 'test' }));
    },
    next(0),
    next(1),
  ],
  'a window is no window': [
    (world) => world.store.put(windowKey(DETECTOR, range(START - LENGTH)), new Uint8Array(100)),
    next(0),
    next(1),
  ],
  'another version is trained': [
    next(0),
    async (world) => trainModel(await loadDetector(world.context, DETECTOR), world.context),
    next(1),
    next(2),
  ],
};

for (const [what, happenings] of Object.entries(HAPPENINGS))
  test(`${what}: the same is written with copies as without`, async () => {
    const [world, without] = [await createTrainedWorld(), await createTrainedWorld()];
    let [reads, readsWithout] = [0, 0];
    for (const happening of happenings) {
      await happening(world);
      await happening(without);
      await without.store.delete(COPIES);
      assert.equal(await score(world), await score(without));
      reads += countReads(world);
      readsWithout += countReads(without);
      assert.deepEqual(contents(world), contents(without));
    }
    assert.ok(reads * 2 < readsWithout, `${reads} windows read, ${readsWithout} without copies`);
  });

test('copies that do not fit are those of nothing', async () => {
  const sound = (await (await createTrainedWorld()).store.get(COPIES)).body;
  const { windows, ...rest } = JSON.parse(new TextDecoder().decode(sound));
  assert.ok(windows.length > 30, `${windows.length} copies`);
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const damaged: Record<string, Uint8Array> = {
    'no JSON': sound.subarray(0, sound.length / 2),
    'a later format': bytes({ ...rest, windows, formatVersion: 2 }),
    'no list': bytes({ ...rest, windows: {} }),
    'other bytes': bytes({
      ...rest,
      windows: windows.map((copy: object) => ({ ...copy, base64: 'UEFSMQ==' })),
    }),
    'of other ETags': bytes({
      ...rest,
      windows: windows.map((copy: object) => ({ ...copy, etag: '"old"' })),
    }),
    nothing: new Uint8Array(),
  };
  const expected = await createTrainedWorld();
  await arrive(expected, START);
  const newest = windowKey(DETECTOR, range(START));
  for (const [what, body] of Object.entries(damaged)) {
    const world = await createTrainedWorld();
    await world.store.put(COPIES, body);
    await arrive(world, START);
    assert.deepEqual(contents(world), contents(expected), what);
    assert.ok(countReads(world) > 30, what);
    const left = await readRecentWindows(world.store, DETECTOR);
    assert.ok(left.length > 30 && left.at(-1)!.key === newest, `${what}: they are written anew`);
  }
});

test('a run that is killed at any write leaves copies that change nothing', async () => {
  const expected = await createTrainedWorld();
  await next(0)(expected);
  const undisturbed = createMortalStore(expected.store);
  await score(expected, undisturbed);
  await arrive(expected, START + LENGTH);
  const writes = undisturbed.writes();
  assert.ok(writes >= 2, `${writes} writes`);
  for (let atWrite = 0; atWrite < writes; atWrite++)
    for (const stage of ['before', 'after'] as const) {
      const world = await createTrainedWorld();
      await next(0)(world);
      await assert.rejects(score(world, createMortalStore(world.store, { atWrite, stage })), KilledError);
      await score(world);
      await arrive(world, START + LENGTH);
      const prefix = scoresPrefix(DETECTOR);
      assert.deepEqual(
        contents(world, prefix),
        contents(expected, prefix),
        `killed ${stage} write ${atWrite}`,
      );
    }
});

test('several runs at once leave copies that change nothing', async () => {
  const [world, expected] = [await createTrainedWorld(), await createTrainedWorld()];
  for (const at of [0, 1]) {
    await next(at)(world);
    await next(at)(expected);
  }
  await Promise.all([score(world), score(world), score(world)]);
  await score(expected);
  for (const each of [world, expected]) await arrive(each, START + 2 * LENGTH);
  const prefix = scoresPrefix(DETECTOR);
  assert.deepEqual(contents(world, prefix), contents(expected, prefix));
});

test('a few windows are not copied, and neither are more bytes than are worth it', async () => {
  const store = createMemoryObjectStore();
  const leave = async (count: number, size: number): Promise<number> => {
    const copies = openCopies(store, DETECTOR);
    const listed = Array.from({ length: count }, (_, i) => ({ key: `w${i}`, etag: '"e"' }));
    await copies.find(listed[0]!);
    for (const each of listed) copies.add({ ...each, body: new Uint8Array(size) });
    await copies.leave(listed);
    return (await readRecentWindows(store, DETECTOR)).length;
  };
  assert.equal(await leave(4, 10), 0);
  assert.ok(!store.keys().includes(COPIES));
  assert.equal(await leave(5, 10), 5);
  assert.equal(await leave(9, 10), 5, 'four more are read');
  assert.equal(await leave(10, MOST_COPIED_BYTES / 10), 10);
  assert.equal(await leave(16, MOST_COPIED_BYTES / 16 + 1), 0, 'those that were there go');
});

test('what a backlog has gone by takes no room from what is looked back on', async () => {
  const store = createMemoryObjectStore();
  const copies = openCopies(store, DETECTOR);
  const windows = Array.from({ length: 40 }, (_, i) => ({ key: `w${i}`, etag: '"e"' }));
  for (const each of windows) copies.add({ ...each, body: new Uint8Array(MOST_COPIED_BYTES / 12) });
  await copies.leave(windows.slice(-10));
  const left = await readRecentWindows(store, DETECTOR);
  assert.deepEqual(
    left.map(({ key }) => key),
    windows.slice(-10).map(({ key }) => key),
  );
});
