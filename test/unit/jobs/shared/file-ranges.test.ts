/**
 * Ranges of files save requests and change nothing: whatever happens to files, to what is remembered of them and to runs,
 * the bucket is the same as where nothing is remembered.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { loadTrainingData } from '../../../../lib/jobs/train/training-data.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { readFileRanges, recordFileRanges } from '../../../../lib/store/file-ranges.ts';
import { fileRangesKey, manifestKey, recentWindowsKey, windowsPrefix } from '../../../../lib/store/keys.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createJobWorld, type JobWorld } from '../../../helpers/job-world.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const RANGES = fileRangesKey(DETECTOR);
/** Rows of a file, and files that a training looks back on: a day. */
const LENGTH = 60;
const LOOKBACK = 24;
/** Files before the tests begin: most of them are looked back on by nobody. */
const OLD = 40;
const MANIFEST = `kind: AnomalyDetector
metadata: { name: ${DETECTOR} }
spec:
  step: 1m
  model: { kind: robust-z }
  training: { warmup: 1000, lookback: ${LOOKBACK}h }
`;

interface World extends JobWorld {
  /** Files that were read by the last job, by name. */
  readonly reads: string[];
}

function createWorld(from: MemoryObjectStore = createMemoryObjectStore()): World {
  const reads: string[] = [];
  const world = createJobWorld(from, {
    clock: EPOCH,
    pause: async () => {},
    watch: (store) => ({
      ...store,
      get: (key, options) => {
        if (key.startsWith(windowsPrefix(DETECTOR))) reads.push(key.slice(windowsPrefix(DETECTOR).length));
        return store.get(key, options);
      },
    }),
  });
  return Object.assign(world, { reads });
}

/** Scored and trained once: each test has a copy of it. */
const lived = prepare();

async function prepare(): Promise<World> {
  const world = createWorld();
  await world.store.put(manifestKey(DETECTOR), new TextEncoder().encode(MANIFEST));
  for (let nth = 0; nth < OLD; nth++) await drop(world, nth);
  await score(world);
  assert.equal((await train(world)).outcome, 'trained');
  await score(world);
  return world;
}

async function createLivedWorld(): Promise<World> {
  const { store, clock } = await lived;
  return Object.assign(createWorld(store), { clock });
}

/** By a name in no order of time. @param like whose rows it holds, in place of its own */
async function drop(world: World, nth: number, entities = ['cart', 'payment'], like = nth): Promise<void> {
  const fault = { entity: 'payment', from: (OLD + 1) * LENGTH, to: (OLD + 2) * LENGTH };
  const window = makeWindow({ from: like * LENGTH, rows: LENGTH, entities, fault });
  world.clock = Math.max(world.clock, EPOCH + (like + 1) * LENGTH * STEP);
  await world.store.put(keyOf(nth), writeWindow(window, { manifestHash: 'test' }));
}

function keyOf(nth: number): string {
  return `${windowsPrefix(DETECTOR)}${(nth * 37) % 101}-of-mine.parquet`;
}

async function score(world: World, store = world.context.store): Promise<void> {
  world.reads.length = 0;
  const context = { ...world.context, store };
  await scoreWindows(await loadDetector(context, DETECTOR), context);
}

async function train(world: World): ReturnType<typeof trainModel> {
  world.reads.length = 0;
  return trainModel(await loadDetector(world.context, DETECTOR), world.context);
}

/** Key → text, without what is a memory alone: ranges, and copies of the windows that the last run happened to read. */
function contents({ store }: World): ReadonlyMap<string, string | undefined> {
  const keys = store.keys().filter((key) => key !== RANGES && key !== recentWindowsKey(DETECTOR));
  return new Map(keys.map((key) => [key, store.text(key)]));
}

test('a score and a training read the files that they look back on, however many there are', async () => {
  const world = await createLivedWorld();
  await drop(world, OLD);
  await score(world);
  // Eight hours, its own hour, and the copies of what was read before.
  assert.ok(world.reads.length <= 10, world.reads.join(' '));
  await train(world);
  assert.equal(world.reads.length, LOOKBACK, world.reads.join(' '));
});

/** What happens to a bucket, after which it is scored and trained on. */
type Happening = (world: World) => Promise<unknown>;
const next =
  (at: number): Happening =>
  (world) =>
    drop(world, OLD + at);
const HAPPENINGS: Readonly<Record<string, readonly Happening[]>> = {
  'files come one by one': [next(0), next(1), next(2)],
  'a backlog in no order': [
    async (world) => {
      for (const at of [3, 1, 0, 2]) await next(at)(world);
    },
    next(4),
  ],
  'a file comes late': [next(0), next(2), next(1), next(3)],
  'a file of the past comes': [
    next(0),
    (world) => drop(world, 90, ['depot'], 3),
    next(1),
    (world) => drop(world, 91, ['depot'], OLD - 2),
    next(2),
  ],
  'a file is corrected': [next(0), (world) => drop(world, OLD - 2, ['cart', 'new']), next(1)],
  'a file is corrected to other times': [
    next(0),
    (world) => drop(world, 3, ['depot'], OLD - 1),
    next(1),
    (world) => drop(world, OLD - 1, ['depot'], 3),
    next(2),
  ],
  'files are deleted': [
    next(0),
    (world) => world.store.delete(keyOf(OLD)),
    next(1),
    (world) => world.store.delete(keyOf(2)),
    next(2),
  ],
  'a file is deleted and comes back': [
    next(0),
    (world) => world.store.delete(keyOf(OLD)),
    next(1),
    next(0),
    next(2),
  ],
  'a file is no window': [(world) => world.store.put(keyOf(OLD - 1), new Uint8Array(100)), next(0), next(1)],
  'a release that knows of no ranges scores meanwhile': [
    next(0),
    async (world) => {
      const before = (await world.store.get(RANGES)).body;
      await next(1)(world);
      await score(world);
      await world.store.put(RANGES, before);
    },
    next(2),
  ],
};

for (const [what, happenings] of Object.entries(HAPPENINGS))
  test(`${what}: the same is written with ranges as without`, async () => {
    const [world, without] = [await createLivedWorld(), await createLivedWorld()];
    let [reads, readsWithout] = [0, 0];
    for (const happening of happenings) {
      await happening(world);
      await happening(without);
      for (const job of [score, train]) {
        await without.store.delete(RANGES);
        await job(world);
        await job(without);
        reads += world.reads.length;
        readsWithout += without.reads.length;
        assert.deepEqual(contents(world), contents(without));
      }
    }
    assert.ok(reads * 1.3 < readsWithout, `${reads} files read, ${readsWithout} without ranges`);
  });

test('a training under way goes on with its files, whatever came since', async () => {
  const world = await createLivedWorld();
  const { detector } = await loadDetector(world.context, DETECTOR);
  const { state } = await readState(world.store, DETECTOR);
  const first = await loadTrainingData(detector, state, world.context);
  for (let nth = OLD; nth < OLD + 3; nth++) await drop(world, nth);
  await score(world);
  const again = await loadTrainingData(detector, state, world.context, first);
  assert.equal(first?.inputs.length, LOOKBACK);
  assert.deepEqual(again?.inputs, first?.inputs);
});

test('ranges that do not fit are those of nothing, and are written anew', async () => {
  const { store } = await createLivedWorld();
  const sound = (await store.get(RANGES)).body;
  const { files, ...rest } = JSON.parse(new TextDecoder().decode(sound));
  assert.equal(files.length, OLD);
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const change = (at: number, value: unknown) =>
    bytes({ ...rest, files: files.map((row: unknown[]) => row.with(at, value)) });
  const damaged: Readonly<Record<string, Uint8Array>> = {
    'no JSON': sound.subarray(0, sound.length / 2),
    'a later format': bytes({ ...rest, files, formatVersion: 2 }),
    'no list': bytes({ ...rest, files: {} }),
    'of other ETags': change(1, '"old"'),
    'of another arrival': change(2, 0),
    'of another step': change(3, 1),
    nothing: new Uint8Array(),
  };
  const expected = await createLivedWorld();
  await drop(expected, OLD);
  await score(expected);
  for (const [what, body] of Object.entries(damaged)) {
    const world = await createLivedWorld();
    await world.store.put(RANGES, body);
    await drop(world, OLD);
    await score(world);
    assert.deepEqual(contents(world), contents(expected), what);
    assert.equal(world.store.text(RANGES), expected.store.text(RANGES), what);
  }
});

test('a run that is killed at any write leaves ranges that change nothing', async () => {
  const expected = await createLivedWorld();
  await drop(expected, OLD);
  const undisturbed = createMortalStore(expected.store);
  await score(expected, undisturbed);
  await drop(expected, OLD + 1);
  await score(expected);
  for (let atWrite = 0; atWrite < undisturbed.writes(); atWrite++)
    for (const stage of ['before', 'after'] as const) {
      const world = await createLivedWorld();
      await drop(world, OLD);
      await assert.rejects(score(world, createMortalStore(world.store, { atWrite, stage })), KilledError);
      await drop(world, OLD + 1);
      await score(world);
      const scores = ({ store }: World) =>
        store.keys().flatMap((key) => (key.startsWith('scores/') ? [[key, store.text(key)]] : []));
      assert.deepEqual(scores(world), scores(expected), `killed ${stage} write ${atWrite}`);
      assert.equal(world.store.text(RANGES), expected.store.text(RANGES), `killed ${stage} write ${atWrite}`);
    }
});

test('two who learn at once lose nothing, and what is gone is forgotten', async () => {
  const store = createMemoryObjectStore();
  const of = (key: string) => ({
    key,
    etag: '"e"',
    lastModified: 0,
    step: 1,
    range: { start: 0, end: 1 },
  });
  const known = await readFileRanges(store, DETECTOR);
  const isGone = (): boolean => false;
  await Promise.all(
    ['a', 'b', 'c'].map((key) => recordFileRanges(store, DETECTOR, { learned: [of(key)], isGone, known })),
  );
  const stored = await readFileRanges(store, DETECTOR);
  assert.deepEqual([...stored.files.keys()], ['a', 'b', 'c']);
  await recordFileRanges(store, DETECTOR, {
    learned: [of('d')],
    isGone: (key) => key === 'b',
    known: stored,
  });
  assert.deepEqual([...(await readFileRanges(store, DETECTOR)).files.keys()], ['a', 'c', 'd']);
});
