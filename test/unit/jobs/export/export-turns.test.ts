/** What a minute's run asks the bucket for, and who has a turn when there is no time for everybody. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryLaterError } from '../../../../lib/base/errors.ts';
import { exportDue } from '../../../../lib/jobs/export/export-due.ts';
import type { GridRange, MatrixSeries } from '../../../../lib/source/metric-source.ts';
import { onlySource } from '../../../../lib/source/open-sources.ts';
import { createQuerySource } from '../../../../lib/source/query-source.ts';
import { readState, updateState } from '../../../../lib/store/detector-states.ts';
import { EXPORT_DUE_KEY, manifestKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { VirtualClock } from '../../../helpers/virtual-clock.ts';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
/** A window ends, and its data may be asked for two minutes later: the default of `ingest_delay`. */
const START = Date.UTC(2026, 10, 22, 12, 2);

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

class World {
  readonly clock: VirtualClock = new VirtualClock(START);
  readonly store: MemoryObjectStore = createMemoryObjectStore({
    now: () => this.now,
    pause: async () => {},
  });
  readonly telemetry = createMemoryTelemetry();
  /** Detectors that were asked for, in order. */
  asked: string[] = [];
  /** Requests to the bucket. */
  reads: string[] = [];
  lists = 0;
  writes: string[] = [];
  /** Ms that a run has. */
  life = Infinity;
  /** Ms that an answer of the source takes. */
  answer = 0;
  failing = new Set<string>();

  declare(name: string, spec = ''): Promise<unknown> {
    const yaml = `kind: AnomalyDetector\nmetadata: {name: ${name}}\nspec: {prometheus_query: ${name}, ingest_delay: 2m, backfill: 15m${spec}}\n`;
    return this.store.put(manifestKey(name), encode(yaml));
  }

  get now(): number {
    return this.clock.now;
  }

  set now(time: number) {
    this.clock.now = time;
  }

  /** One run of the schedule. */
  async tick(through: ObjectStore = this.store): ReturnType<typeof exportDue> {
    Object.assign(this, { asked: [], reads: [], lists: 0, writes: [] });
    const end = this.now + this.life;
    const source = createQuerySource('a test', async (query) => {
      this.asked.push(query.query);
      await this.clock.sleep(this.answer);
      if (this.failing.has(query.query)) throw new RetryLaterError('deadline', 'no answer');
      return [oneSeries(query)];
    });
    const context = {
      store: this.#count(through),
      telemetry: this.telemetry,
      queue: { requestScoring: async () => {} },
      now: () => this.now,
      deadline: { remaining: () => end - this.now },
    };
    return this.clock.run(() => exportDue(onlySource(source), context));
  }

  #count(store: ObjectStore): ObjectStore {
    const { reads, writes } = this;
    const counting: ObjectStore = {
      ...store,
      get(key, options) {
        reads.push(key);
        return store.get(key, options);
      },
      head(key) {
        reads.push(key);
        return store.head(key);
      },
      put(key, body, options) {
        writes.push(key);
        return store.put(key, body, options);
      },
      list: (prefix, options) => {
        this.lists++;
        return store.list(prefix, options);
      },
    };
    return counting;
  }

  index(): Record<string, readonly [etag: string, due: number | null, turn: number]> {
    const { detectors } = JSON.parse(this.store.text(EXPORT_DUE_KEY)!) as {
      readonly detectors: readonly (readonly [string, string, number | null, number])[];
    };
    return Object.fromEntries(detectors.map(([name, ...rest]) => [name, rest]));
  }

  async exportedUntil(name: string): Promise<number | undefined> {
    return (await readState(this.store, name)).state.exportedUntil;
  }
}

async function createFleet(size: number): Promise<{ world: World; names: readonly string[] }> {
  const world = new World();
  const names = Array.from({ length: size }, (_, i) => `d${String(i).padStart(2, '0')}`);
  for (const name of names) await world.declare(name);
  return { world, names };
}

test('a minute in which nothing is due takes two requests, of any number of detectors', async () => {
  const { world } = await createFleet(40);
  await world.tick();
  assert.equal(world.asked.length, 40);
  for (const minute of [1, 2, 14]) {
    world.now = START + minute * MINUTE;
    await world.tick();
    assert.deepEqual([world.asked, world.reads, world.lists, world.writes], [[], [EXPORT_DUE_KEY], 1, []]);
  }
  world.now = START + QUARTER;
  const { exported } = await world.tick();
  assert.equal(exported.size, 40);
});

test('a manifest that is new, changed or removed is seen at the next run, and no other is read for it', async () => {
  const { world } = await createFleet(10);
  await world.declare('d03', ', schedule: 1h');
  await world.tick();
  world.now += QUARTER;
  await world.declare('new');
  await world.declare('d03');
  await world.store.delete(manifestKey('d04'));
  await world.tick();
  assert.deepEqual(world.asked.toSorted(), [
    'd00',
    'd01',
    'd02',
    'd03',
    'd05',
    'd06',
    'd07',
    'd08',
    'd09',
    'new',
  ]);
  assert.equal(world.index()['d04'], undefined);
  world.now += MINUTE;
  await world.declare('d05', ', schedule: 30m');
  await world.tick();
  assert.deepEqual(
    world.reads.filter((key) => key.startsWith('detectors/')),
    [manifestKey('d05')],
  );
  world.now += QUARTER;
  await world.tick();
  assert.ok(!world.asked.includes('d05') && world.asked.includes('d06'));
});

test('an index that is missing, cut, of another release or of a wrong clock is made anew', async () => {
  const { world } = await createFleet(5);
  await world.tick();
  const whole = world.store.text(EXPORT_DUE_KEY)!;
  const later = JSON.parse(whole) as { software: string; detectors: [string, string, number, number][] };
  const damaged: Readonly<Record<string, string | undefined>> = {
    missing: undefined,
    cut: whole.slice(0, whole.length / 2),
    empty: '',
    'another format': whole.replace('"formatVersion": 1', '"formatVersion": 2'),
    'another release': JSON.stringify({
      ...later,
      software: '9.9.9',
      detectors: later.detectors.map(([name, etag]) => [name, etag, null, 0]),
    }),
    'a wrong clock': JSON.stringify({
      ...later,
      detectors: later.detectors.map(([name, etag]) => [name, etag, world.now + 400 * 86_400_000, 0]),
    }),
  };
  for (const [what, text] of Object.entries(damaged)) {
    if (text === undefined) await world.store.delete(EXPORT_DUE_KEY);
    else await world.store.put(EXPORT_DUE_KEY, encode(text));
    world.now += QUARTER;
    await world.tick();
    assert.equal(world.asked.length, 5, what);
    assert.equal(Object.keys(world.index()).length, 5, what);
    world.now += MINUTE;
    await world.tick();
    assert.deepEqual(world.reads, [EXPORT_DUE_KEY], what);
    world.now -= MINUTE;
  }
});

test('a cursor that somebody has set back is seen within the hour, whatever the schedule', async () => {
  const world = new World();
  await world.declare('slow', ', schedule: 1d');
  await world.tick();
  const until = await world.exportedUntil('slow');
  await updateState(world.store, 'slow', (state) => ({ ...state, exportedUntil: until! - 86_400_000 }));
  for (let minute = 0; minute < 60; minute += 5) {
    world.now += 5 * MINUTE;
    await world.tick();
    if (world.asked.length > 0) break;
  }
  assert.ok((await world.exportedUntil('slow'))! > until!);
});

test('who exported meanwhile by hand is left alone', async () => {
  const { world } = await createFleet(3);
  await world.tick();
  world.now += QUARTER;
  const until = START + QUARTER - 2 * MINUTE;
  await updateState(world.store, 'd01', (state) => ({ ...state, exportedUntil: until }));
  await world.tick();
  assert.deepEqual(world.asked.toSorted(), ['d00', 'd02']);
  assert.ok(world.index()['d01']![1]! > world.now);
});

test('an index that cannot be written stops no export', async () => {
  const { world } = await createFleet(3);
  const denied: ObjectStore = {
    ...world.store,
    put: async (key, body, options) => {
      if (key === EXPORT_DUE_KEY) throw new Error('AccessDenied');
      return world.store.put(key, body, options);
    },
  };
  assert.equal((await world.tick(denied)).exported.size, 3);
  world.now += QUARTER;
  assert.equal((await world.tick(denied)).exported.size, 3);
});

test('runs that race leave an index under which nobody is exported too late', async () => {
  for (let round = 0; round < 20; round++) {
    const { world } = await createFleet(6);
    await world.tick();
    world.now += QUARTER;
    world.answer = 1_000;
    const late = { ...world.store };
    // Its index is written after others have moved it, or before.
    late.put = async (key, body, options) => {
      if (key === EXPORT_DUE_KEY) await world.clock.sleep(100 * round);
      return world.store.put(key, body, options);
    };
    await Promise.all([world.tick(late), world.declare('d02', ', schedule: 1h'), world.tick()]);
    world.now = START + QUARTER + MINUTE;
    await world.tick();
    const windows = world.store.keys().filter((key) => key.startsWith('windows/'));
    for (const name of ['d00', 'd01', 'd03', 'd04', 'd05']) {
      assert.equal(windows.filter((key) => key.includes(`=${name}/`)).length, 2);
      assert.equal(world.index()[name]![1], START + 2 * QUARTER);
    }
  }
});

test('what no time was left for is first at the next run, and everybody has a turn in the end', async () => {
  const { world, names } = await createFleet(50);
  await world.tick();
  // Ten seconds are kept back: each run has time for three answers of each of four, and a fourth comes too late.
  Object.assign(world, { life: 13_500, answer: 1_000 });
  const done = new Set<string>();
  for (let run = 0; run < 5; run++) {
    world.now = START + QUARTER + run * MINUTE;
    const { exported, waiting } = await world.tick();
    for (const name of exported.keys()) {
      assert.ok(!done.has(name), `${name} twice`);
      done.add(name);
    }
    assert.equal(done.size, Math.min(names.length, 12 * (run + 1)));
    assert.equal(waiting, Math.max(0, names.length - done.size - 4));
  }
  assert.ok(world.telemetry.lines.some(({ message }) => message.startsWith('no time was left')));
});

test('with more due than there is time for, nobody starves', async () => {
  const { world, names } = await createFleet(30);
  await world.tick();
  Object.assign(world, { life: 13_500, answer: 1_000 });
  const turns = new Map<string, number>();
  // A run each quarter of an hour, in which all of them are due and at most twelve get a turn.
  for (let run = 1; run <= 20; run++) {
    world.now = START + run * QUARTER;
    for (const name of (await world.tick()).exported.keys()) turns.set(name, (turns.get(name) ?? 0) + 1);
  }
  const counts = names.map((name) => turns.get(name) ?? 0);
  assert.ok(Math.min(...counts) >= 4 && Math.max(...counts) - Math.min(...counts) <= 3, counts.join(' '));
});

test('those that never get through do not keep the others waiting, and get turns themselves', async () => {
  const { world, names } = await createFleet(12);
  await world.tick();
  for (const name of names.slice(0, 8)) world.failing.add(name);
  Object.assign(world, { life: 40_000, answer: 29_000 });
  const exported = new Set<string>();
  const asked = new Set<string>();
  for (let minute = 0; minute < 4; minute++) {
    world.now = START + QUARTER + minute * MINUTE;
    for (const name of (await world.tick()).exported.keys()) exported.add(name);
    for (const name of world.asked) asked.add(name);
  }
  assert.deepEqual([...exported], names.slice(8));
  assert.deepEqual([...asked].sort(), names);
  // Those that get through are due anew: each of the others has had its turn, and has another one.
  exported.clear();
  for (let minute = 0; minute < 3; minute++) {
    world.now = START + 2 * QUARTER + minute * MINUTE;
    for (const name of (await world.tick()).exported.keys()) exported.add(name);
  }
  assert.deepEqual([...exported], names.slice(8));
});

test('several detectors of one source are exported at once, four at most', async () => {
  const { world } = await createFleet(9);
  world.answer = 1_000;
  await world.tick();
  assert.equal(world.asked.length, 9);
  // Four, four and one.
  assert.equal(world.now - START, 3_000);
});

function oneSeries({ start, end, step }: GridRange): MatrixSeries {
  const times = Float64Array.from({ length: (end - start) / step }, (_, i) => start + i * step);
  return { labels: {}, times, values: times.map((_, i) => i % 7) };
}
