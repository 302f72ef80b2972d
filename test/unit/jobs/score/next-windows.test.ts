/**
 * A window that an export wrote after the one before it is scored with no list, and the bucket is the same as after a run that
 * looks at everything. What nobody told of is found by the next hole, the next quarter of a day or the daily look.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOOKED_AROUND_EVERY } from '../../../../lib/jobs/score/next-windows.ts';
import { NOTED_AT_ONCE } from '../../../../lib/jobs/score/score-notes.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import {
  manifestKey,
  recentWindowsKey,
  scoredKey,
  scoresKey,
  windowKey,
} from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { readScored, recordScored } from '../../../../lib/store/scored-windows.ts';
import { createJobWorld, type JobWorld } from '../../../helpers/job-world.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
/** Rows of a window. */
const LENGTH = 15;
const LEARNED = 1440;
/** Windows that are scored before a test begins: more than one of them looks back on. */
const BEFORE = 1;
const FAULT = { entity: 'payment', from: LEARNED + 40, to: LEARNED + 80 };
const MANIFEST = `kind: AnomalyDetector
metadata: { name: ${DETECTOR} }
spec:
  step: 1m
  entity: [pod]
  model: { kind: robust-z }
  training: { warmup: 1000 }
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }, { name: requests, query: requests }]
`;

interface World extends JobWorld {
  /** Prefixes that were listed, of the last run. */
  readonly lists: string[];
}

function createWorld(from: MemoryObjectStore = createMemoryObjectStore()): World {
  const lists: string[] = [];
  const watch = (store: ObjectStore): ObjectStore => ({
    ...store,
    list(prefix, options) {
      lists.push(prefix);
      return store.list(prefix, options);
    },
  });
  return Object.assign(createJobWorld(from, { clock: EPOCH + LEARNED * STEP, watch }), { lists });
}

/** Trained once: each test has a copy of it. */
const trained = prepare();

async function prepare(): Promise<World> {
  const world = createWorld();
  await world.store.put(manifestKey(DETECTOR), new TextEncoder().encode(MANIFEST));
  for (let nth = -LEARNED / LENGTH; nth < 0; nth++) await put(world, nth);
  const loaded = await loadDetector(world.context, DETECTOR);
  assert.equal((await trainModel(loaded, world.context)).outcome, 'trained');
  await score(world);
  for (let nth = 0; nth < BEFORE; nth++) {
    await put(world, nth);
    await score(world, [keyOf(nth)]);
  }
  return world;
}

async function createTrained(): Promise<World> {
  const { store, clock } = await trained;
  return Object.assign(createWorld(store), { clock });
}

/** @param nth window after what was learned */
function keyOf(nth: number): string {
  const start = EPOCH + (LEARNED + nth * LENGTH) * STEP;
  return windowKey(DETECTOR, { start, end: start + LENGTH * STEP });
}

async function put(world: World, nth: number, entities = ['cart', 'payment']): Promise<string> {
  const from = LEARNED + nth * LENGTH;
  world.clock = Math.max(world.clock, EPOCH + (from + LENGTH) * STEP);
  return dropWindow(world.store, { from, rows: LENGTH, fault: FAULT, entities });
}

async function score(world: World, arrived?: readonly string[], store?: ObjectStore): Promise<number> {
  world.lists.length = 0;
  const context = store === undefined ? world.context : { ...world.context, store };
  return (await scoreWindows(await loadDetector(context, DETECTOR), context, { arrived })).scored.length;
}

/** Of what is no memory alone: keys with other bytes in one bucket than in the other. */
function differences(one: World, other: World): readonly string[] {
  const memories = [recentWindowsKey(DETECTOR), scoredKey(DETECTOR)];
  return [...new Set([...one.store.keys(), ...other.store.keys()])].filter(
    (key) => !memories.includes(key) && one.store.text(key) !== other.store.text(key),
  );
}

test('windows that follow each other are scored with no list, to the same bucket', async () => {
  const [near, whole] = [await createTrained(), await createTrained()];
  const listed: number[] = [];
  for (let nth = BEFORE; nth < 10; nth++) {
    for (const world of [near, whole]) await put(world, nth);
    assert.equal(await score(near, [keyOf(nth)]), 1);
    listed.push(near.lists.length);
    assert.equal(await score(whole), 1);
  }
  assert.deepEqual(
    listed,
    listed.map(() => 0),
  );
  assert.deepEqual(differences(near, whole), []);
  assert.ok((await readState(near.store, DETECTOR)).state.outbox.length > 0);
});

test('an event of nothing is scored as before', async () => {
  assert.equal(await score(await createTrained(), []), 0);
});

test('several that come in one batch are scored so, in the order of time', async () => {
  const [near, whole] = [await createTrained(), await createTrained()];
  for (const world of [near, whole]) for (const nth of [1, 2, 3]) await put(world, nth);
  assert.equal(await score(near, [keyOf(3), keyOf(1), keyOf(2), keyOf(1)]), 3);
  assert.deepEqual(near.lists, []);
  await score(whole);
  assert.deepEqual(differences(near, whole), []);
});

test('a window whose event was lost is found with the next one, and one that comes late too', async () => {
  const [near, whole] = [await createTrained(), await createTrained()];
  for (const world of [near, whole]) for (const nth of [1, 2]) await put(world, nth);
  assert.equal(await score(near, [keyOf(2)]), 2);
  assert.equal(await score(near, [keyOf(1)]), 0);
  await score(whole);
  for (const world of [near, whole]) await put(world, 4);
  assert.equal(await score(near, [keyOf(4)]), 1);
  await score(whole);
  for (const world of [near, whole]) await put(world, 3);
  assert.equal(await score(near, [keyOf(3)]), 1);
  await score(whole);
  assert.deepEqual(differences(near, whole), []);
});

test('a window that is written again is scored again by its event, and looked back on as it is then', async () => {
  const [near, whole] = [await createTrained(), await createTrained()];
  for (const world of [near, whole]) {
    const arrived = (key: string): readonly string[] | undefined => (world === near ? [key] : undefined);
    assert.equal(await score(world, arrived(await put(world, 1))), 1);
    assert.equal(await score(world, arrived(await put(world, 1, ['cart', 'payment', 'stock']))), 1);
    assert.equal(await score(world, arrived(await put(world, 2))), 1);
  }
  assert.deepEqual(differences(near, whole), []);
});

test('what nobody told of is looked for with the first window of each quarter of a day', async () => {
  const world = await createTrained();
  const perLook = LOOKED_AROUND_EVERY / (LENGTH * STEP);
  await put(world, 1);
  await score(world, [keyOf(1)]);
  const first = world.store.text(scoresKey(keyOf(1)));
  await put(world, 1, ['cart', 'payment', 'stock']);
  await world.store.delete(scoresKey(keyOf(0)));
  for (let nth = 2; nth < perLook; nth++) {
    await put(world, nth);
    assert.equal(await score(world, [keyOf(nth)]), 1);
    assert.deepEqual(world.lists, [], `window ${nth}`);
  }
  assert.equal(world.store.text(scoresKey(keyOf(1))), first);
  await put(world, perLook);
  assert.equal(await score(world, [keyOf(perLook)]), 3);
  assert.notEqual(world.store.text(scoresKey(keyOf(1))), first);
  assert.ok(world.store.text(scoresKey(keyOf(0))) !== undefined);
});

test('a file with a name of its own, one in quarantine and one that is gone leave it to a list', async () => {
  const world = await createTrained();
  const key = await put(world, 1);
  await world.store.put(key, new TextEncoder().encode('no Parquet'));
  assert.equal(await score(world, [key]), 0);
  assert.equal(await score(world, [key]), 0);
  assert.ok(world.lists.length > 0);
  assert.equal(await score(world, [keyOf(2)]), 0);
  assert.ok(world.lists.length > 0);
  await put(world, 1);
  assert.equal(await score(world, [key]), 1);
  assert.deepEqual(world.lists, [], 'other bytes than those in quarantine');
  const own = `windows/detector=${DETECTOR}/mine.parquet`;
  await world.store.put(own, (await world.store.get(await put(world, 3))).body);
  await world.store.delete(keyOf(3));
  assert.equal(await score(world, [own]), 1);
  await put(world, 2);
  await score(world, [keyOf(2)]);
  assert.ok(world.lists.length > 0);
});

test('a window whose scores are noted although the state does not know it leaves it to a list', async () => {
  const world = await createTrained();
  const key = await put(world, 1);
  const { etag } = await world.store.head(key);
  await recordScored(
    world.store,
    DETECTOR,
    new Map([[key, etag]]),
    [],
    await readScored(world.store, DETECTOR),
  );
  await score(world, [key]);
  assert.ok(world.lists.length > 0);
});

test('wherever a run dies, its event that comes again leaves the bucket of one that did not', async () => {
  const whole = await createTrained();
  for (const nth of [1, 2, 3]) {
    await put(whole, nth);
    await score(whole, [keyOf(nth)]);
  }
  for (let life = 0; ; life++) {
    const world = await createTrained();
    let died = false;
    for (const nth of [1, 2, 3]) {
      await put(world, nth);
      if (nth === 2)
        try {
          await score(world, [keyOf(nth)], createMortalStore(world.context.store, { atWrite: life }));
        } catch (error) {
          if (!(error instanceof KilledError)) throw error;
          died = true;
          // The next one's event may be faster than this one's second try.
          if (life % 2 === 0) await score(world, [keyOf(nth)]);
        }
      else await score(world, [keyOf(nth)]);
    }
    await score(world, [keyOf(2)]);
    assert.deepEqual(differences(world, whole), [], `${life} writes`);
    if (!died) break;
    assert.ok(life < 20);
  }
});

test('a corrected window that a run died at is scored however many come before its event does again', async () => {
  const world = await createTrained();
  const key = await put(world, 1);
  await score(world, [key]);
  const before = world.store.text(scoresKey(key));
  await put(world, 1, ['cart', 'payment', 'stock']);
  // It notes the bytes before, decides on the new ones, and dies before it writes their scores.
  const mortal = createMortalStore(world.context.store, { atWrite: 2 });
  await assert.rejects(score(world, [key], mortal), KilledError);
  assert.equal(world.store.text(scoresKey(key)), before);
  const from = LEARNED + 2 * LENGTH;
  for (let nth = 0; nth < NOTED_AT_ONCE + 1; nth++) {
    const rows = { from: from + 5 * nth, rows: 5 };
    world.clock = EPOCH + (rows.from + 5) * STEP;
    assert.equal(await score(world, [await dropWindow(world.store, rows)]), 1);
    assert.deepEqual(world.lists, []);
  }
  assert.equal(await score(world, [key]), 1);
  assert.notEqual(world.store.text(scoresKey(key)), before);
});
