/** Pages of incidents while nothing is told: what goes on, what came after, and that nobody else pays for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescribedAnomaly } from '../../../../lib/alert/alert.ts';
import { DEFAULT_GROUPING } from '../../../../lib/config/grouping.ts';
import type { Incident } from '../../../../lib/incident/contract.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { redrawPages } from '../../../../lib/jobs/notify/redraw-pages.ts';
import { requestsOfRedraws } from '../../../../lib/jobs/plan/requests.ts';
import type { Workload } from '../../../../lib/jobs/plan/workload.ts';
import type { NotifyContext } from '../../../../lib/jobs/shared/context.ts';
import type { IncidentInput } from '../../../../lib/report/incident/incident-input.ts';
import { countStore, type Requests } from '../../../../lib/store/count-requests.ts';
import type { PendingChange } from '../../../../lib/store/detector-state.ts';
import { incidentPageKey, scoresKey, windowKey } from '../../../../lib/store/keys.ts';
import { INITIAL_NOTIFY_STATE, readNotifyState } from '../../../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createChange } from '../../../helpers/anomalies.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { createTopic, leave, pending, type Topic } from '../../../helpers/notify-stories.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of the first anomalous row: before a window that is exported at 08:30. */
const START = Date.parse('2026-11-22T08:00:00Z');
const LENGTH = 30 * MINUTE;
/** Of one page. */
const DRAWING = 2_000;
const WINDOW = windowKey('shop', { start: START, end: START + LENGTH });

interface World {
  readonly store: ObjectStore;
  readonly topic: Topic;
  readonly telemetry: MemoryTelemetry;
  readonly counts: Requests;
  now: number;
  /** Ends the export of windows. */
  isExported: boolean;
  /** Pages that were drawn, oldest first: when, and of what. */
  readonly drawn: { readonly at: number; readonly input: IncidentInput }[];
  context(over?: Partial<NotifyContext>): NotifyContext;
  /** @param entities each an incident of its own */
  open(entities: readonly string[], over?: Partial<DescribedAnomaly>): Promise<void>;
  end(entity: string, end: number): Promise<void>;
  /** Minute by minute, with a window each half hour. */
  liveUntil(time: number): Promise<void>;
}

/** @param given.isAsked false: how old a page is is not to be known, and none is drawn anew */
async function createWorld({ isAsked = true } = {}): Promise<World> {
  const memory = createMemoryObjectStore({ now: () => world.now });
  const counting = countStore(memory);
  const store: ObjectStore = {
    ...counting,
    head: (key) =>
      isAsked || !key.endsWith('.html') ? counting.head(key) : Promise.reject(new Error('not asked')),
  };
  const topic = createTopic(memory);
  const telemetry = createMemoryTelemetry();
  const world: World = {
    store: memory,
    topic,
    telemetry,
    counts: counting.counts,
    now: START - 3 * HOUR,
    isExported: true,
    drawn: [],
    context: (over = {}) =>
      createNotifyContext(store, {
        publisher: topic,
        telemetry,
        now: () => world.now,
        grouping: { ...DEFAULT_GROUPING, groupWait: 0, groupInterval: 0, groupBy: [], incidentsADay: 100 },
        renderPage(input) {
          world.drawn.push({ at: world.now, input });
          world.now += DRAWING;
          return input.incidentId;
        },
        ...over,
      }),
    async open(entities, over = {}) {
      for (const entity of entities) await leave(memory, 'shop', change(entity, 1, over));
      await notify(world.context(), ['shop']);
    },
    async end(entity, end) {
      await leave(memory, 'shop', change(entity, 2, { end: new Date(end).toISOString() }));
      await notify(world.context(), ['shop']);
    },
    async liveUntil(time) {
      for (let minute = Math.ceil(world.now / MINUTE) * MINUTE; minute < time; minute += MINUTE) {
        world.now = minute;
        if (world.isExported && minute % LENGTH === 0) {
          await putWindow(memory, minute - LENGTH);
          await leave(memory, 'shop');
        }
        await notify(world.context(), []);
      }
    },
  };
  await world.liveUntil(START + LENGTH + MINUTE);
  return world;
}

function change(entity: string, sequence: number, over: Partial<DescribedAnomaly>): PendingChange {
  const made = pending('shop', entity, sequence, {
    lastAnomalous: new Date(START + 5 * MINUTE).toISOString(),
    objects: { window: WINDOW, scores: scoresKey(WINDOW) },
    ...over,
  });
  return { ...made, about: { workload: entity, siblings: 20, dependsOn: [], step: MINUTE } };
}

async function putWindow(store: ObjectStore, start: number): Promise<void> {
  const times = Float64Array.from({ length: LENGTH / MINUTE }, (_, row) => start + row * MINUTE);
  const range = { start, end: start + LENGTH };
  const window = {
    detector: 'shop',
    range,
    step: MINUTE,
    metrics: ['memory'],
    entities: ['a-0'],
    entityOf: new Uint32Array(times.length),
    times,
    columns: [times.map((time) => (time >= START ? 9 : 2))],
    labels: undefined,
  };
  await store.put(windowKey('shop', range), writeWindow(window, { manifestHash: 'test' }));
}

/** Minutes since the first anomalous row: when it was drawn, what it knows of, and the newest row of its plots. */
function summarize({ at, input }: World['drawn'][number]): readonly (number | undefined)[] {
  const newest = input.members[0]!.series[0]?.times.at(-1);
  return [at, input.seenUntil, input.range.end, newest].map(
    (time) => time && Math.floor((time - START) / MINUTE),
  );
}

const told = ({ topic }: World): readonly string[] => topic.sent.map(({ state }) => state);

test('the page of an open incident follows its data, and nobody is told of that', async () => {
  const world = await createWorld();
  await world.open(['a-0']);
  await world.liveUntil(START + 130 * MINUTE);
  const drawn = world.drawn.map(summarize);
  assert.deepEqual(drawn[0], [30, 30, 30, 29]);
  // Once for each window, by the first sweep that comes after it.
  assert.equal(drawn.length, 4);
  for (const [i, [at = NaN, seen, end, newest]] of drawn.slice(1).entries()) {
    const window = 60 + 30 * i;
    assert.ok(at >= window && at <= window + 10, `${at}`);
    assert.deepEqual([seen, end, newest], [window, window, window - 1]);
  }
  assert.deepEqual(told(world), ['opened']);
  assert.equal(world.drawn.at(-1)!.input.messages.length, 1);
});

test('the older an open incident is, the less often its page is drawn, and it says as of when it is', async () => {
  const world = await createWorld();
  await world.open(['a-0']);
  await world.liveUntil(START + 30 * HOUR);
  const hours = world.drawn.map(({ at }) => (at - START) / HOUR);
  const between = hours.slice(1).map((hour, i) => hour - hours[i]!);
  assert.ok(hours.length > 15 && hours.length < 40, `${hours.length}`);
  for (const [i, gap] of between.entries())
    assert.ok(gap < Math.max(0.5, hours[i + 1]! / 8) + 1, `${gap} h at ${hours[i + 1]}`);
  assert.ok(between.at(-1)! > 2.5, `${between.at(-1)}`);
  const last = world.drawn.at(-1)!;
  assert.ok(last.at - last.input.seenUntil < 50 * MINUTE);
  // The first day, and five hours of what is after it.
  assert.ok(last.input.range.end <= START + 29 * HOUR);
});

test('an incident that is over has the hour after it on its page, and is then left alone', async () => {
  const world = await createWorld();
  await world.open(['a-0']);
  await world.liveUntil(START + HOUR + 2 * MINUTE);
  await world.end('a-0', START + 50 * MINUTE);
  await world.liveUntil(START + 9 * HOUR);
  assert.deepEqual(told(world), ['opened', 'resolved']);
  const drawn = world.drawn.map(summarize);
  const last = drawn.at(-1)!;
  assert.deepEqual(last.slice(1), [110, 110, 109]);
  assert.ok(last[0]! >= 122 && last[0]! < 150, `${last[0]}`);
  assert.equal(drawn.filter(([at = 0]) => at > 100).length, 1);
});

test('a long incident has as many hours after it as it lasted, up to five', async () => {
  for (const [lasted, shown] of [
    [3, 3],
    [10, 5],
  ] as const) {
    const world = await createWorld();
    await world.open(['a-0']);
    const end = START + lasted * HOUR;
    await world.liveUntil(end + 20 * MINUTE);
    await world.end('a-0', end);
    const before = world.drawn.length;
    await world.liveUntil(end + 12 * HOUR);
    const { input } = world.drawn.at(-1)!;
    assert.equal((input.range.end - end) / HOUR, shown);
    assert.ok(world.drawn.length - before <= shown + 1);
  }
});

test('nothing is drawn where no data came, but of what is silent', async () => {
  const world = await createWorld();
  await world.open(['a-0']);
  await world.liveUntil(START + 45 * MINUTE);
  world.isExported = false;
  const silence = {
    kind: 'metric',
    metrics: ['memory'],
    lastHeard: '2026-11-22T08:29:00.000Z',
    cameLate: false,
  } as const;
  await world.open(['b-0'], { by: 'silence', silence });
  // Its detector's state was written for the other one.
  await world.liveUntil(START + HOUR);
  const before = world.drawn.length;
  await world.liveUntil(START + 3 * HOUR);
  const late = world.drawn.slice(before);
  assert.deepEqual(new Set(late.map(({ input }) => input.incidentId)), new Set(['shop-b-0']));
  assert.ok(late.length > 5 && late.length <= 14, `${late.length}`);
  for (const { at, input } of late) assert.deepEqual([input.seenUntil, input.range.end], [at, at]);
});

test('a deployment in which nothing is open asks for no page', async () => {
  const world = await createWorld();
  const asked: string[] = [];
  const context = world.context();
  const store: ObjectStore = {
    ...context.store,
    head(key) {
      asked.push(key);
      return context.store.head(key);
    },
  };
  for (let sweep = 0; sweep < 6; sweep++) {
    world.now += 10 * MINUTE;
    await leave(world.store, 'shop');
    await notify({ ...context, store }, []);
  }
  assert.deepEqual(asked, []);
});

test('a sweep draws five pages at most, and the next ones draw the others', async () => {
  const world = await createWorld();
  const entities = Array.from({ length: 8 }, (_, i) => `a-${i}`);
  await world.open(entities, {});
  await world.liveUntil(START + 60 * MINUTE);
  const before = world.drawn.length;
  await world.liveUntil(START + 90 * MINUTE);
  const late = world.drawn.slice(before);
  assert.deepEqual(
    [...Map.groupBy(late, ({ at }) => Math.floor(at / MINUTE)).values()].map((pages) => pages.length),
    [5, 3],
  );
  assert.equal(new Set(late.map(({ input }) => input.incidentId)).size, 8);
});

test('a page that cannot be drawn, or is not to be asked for, stops nothing, and is drawn by a later sweep', async () => {
  const world = await createWorld();
  await world.open(['a-0']);
  await world.liveUntil(START + HOUR);
  await putWindow(world.store, START + LENGTH);
  await leave(world.store, 'shop');
  const sweep = async (over: Partial<NotifyContext>): Promise<void> => {
    world.now += 10 * MINUTE;
    assert.partialDeepStrictEqual(await notify(world.context(over), []), { published: 0, open: 1 });
  };
  const before = world.drawn.length;
  await sweep({
    renderPage: () => {
      throw new Error('no plot');
    },
  });
  assert.equal(world.telemetry.total('IncidentPagesFailed', 'shop'), 1);
  await leave(world.store, 'shop');
  const { store } = world.context();
  await sweep({ store: { ...store, head: () => Promise.reject(new Error('S3 said: slow down')) } });
  assert.equal(world.drawn.length, before);
  await sweep({ deadline: { remaining: () => 15_000 } });
  assert.equal(world.drawn.length, before);
  await leave(world.store, 'shop');
  await sweep({});
  assert.equal(world.drawn.length, before + 1);
  assert.deepEqual(told(world), ['opened']);
});

for (const [what, takes] of [
  ['at once', 0],
  ['after all of the time that a run has for pages', 11_000],
] as const)
  test(`pages that can never be drawn, which fail ${what}, leave the others their turn`, async () => {
    const world = await createWorld();
    const fails: IncidentInput[] = [];
    const renderPage = (input: IncidentInput): string => {
      if (!input.incidentId.startsWith('shop-bad')) return world.context().renderPage!(input);
      fails.push(input);
      world.now += takes;
      throw new Error('no plot');
    };
    const ids = ['bad', 'good'].map((kind) => Array.from({ length: 5 }, (_, i) => `${kind}-${i}`));
    for (const entity of ids.flat()) await leave(world.store, 'shop', change(entity, 1, {}));
    await notify(world.context({ renderPage }), ['shop']);
    await notify(world.context({ renderPage }), []);
    const [from, until] = [START + HOUR, START + 7 * HOUR];
    for (let time = from; time <= until; time += 10 * MINUTE) {
      world.now = time;
      const before = world.drawn.length + fails.length;
      await putWindow(world.store, time - LENGTH);
      await leave(world.store, 'shop');
      await notify(world.context({ renderPage }), []);
      assert.ok(world.drawn.length + fails.length - before <= 5);
    }
    const drawn = world.drawn.filter(({ at }) => at >= from);
    const counts = Map.groupBy(drawn, ({ input }) => input.incidentId);
    assert.equal(counts.size, 5, [...counts.keys()].join(' '));
  });

/** As the sweep of each ten minutes, of what is remembered alone. */
async function redraw(
  store: ObjectStore,
  incidents: readonly Incident[],
  now: number,
): Promise<MemoryTelemetry> {
  const telemetry = createMemoryTelemetry();
  const state = { ...INITIAL_NOTIFY_STATE, incidents: { ...INITIAL_NOTIFY_STATE.incidents, incidents } };
  const context = createNotifyContext(store, { publisher: createTopic(store), telemetry, now: () => now });
  await redrawPages(context, state, new Map([['shop', now]]));
  return telemetry;
}

function createTold(id: string, members: Incident['members']): Incident {
  return {
    id,
    members,
    firstSeen: START,
    status: 'told',
    severity: 'warning',
    sequence: 1,
    isWorse: false,
    flaps: 0,
  };
}

test('of more incidents than a sweep asks for, each is asked for in its turn, and the newest most often', async () => {
  const incidents = Array.from({ length: 140 }, (_, i) =>
    createTold(`i-${i}`, [createChange({ start: START + i })]),
  );
  const asked = new Map<string, number>();
  const store = {
    ...createMemoryObjectStore(),
    async head(key: string) {
      asked.set(key, (asked.get(key) ?? 0) + 1);
      return { key, etag: '', size: 0, lastModified: START + 24 * HOUR };
    },
  };
  const sweeps = 12;
  for (let sweep = 1; sweep <= sweeps; sweep++) {
    const before = [...asked.values()].reduce((sum, count) => sum + count, 0);
    await redraw(store, incidents, START + sweep * 10 * MINUTE);
    assert.equal([...asked.values()].reduce((sum, count) => sum + count, 0) - before, 100);
  }
  assert.equal(asked.size, 140);
  for (let i = 80; i < 140; i++) assert.equal(asked.get(incidentPageKey(`i-${i}`)), sweeps, `i-${i}`);
});

test('an incident of any number of members is redrawn', async () => {
  const store = createMemoryObjectStore({ now: () => START });
  const one = createChange({ start: START });
  const members = Array.from({ length: 150_000 }, (_, i) => ({ ...one, anomalyId: `a-${i}` }));
  const over = { ...createTold('large', members), overSince: START + HOUR };
  await store.put(incidentPageKey('large'), new Uint8Array());
  const telemetry = await redraw(store, [over], START + 3 * HOUR);
  // Its object is not there.
  assert.equal(telemetry.total('IncidentPagesFailed', 'shop'), 1);
});

test('sweeps at once draw the same page, tell nobody, and change nothing that is remembered', async () => {
  const world = await createWorld();
  await world.open(['a-0']);
  await world.liveUntil(START + HOUR);
  const { state: before } = await readNotifyState(world.store);
  await putWindow(world.store, START + LENGTH);
  await leave(world.store, 'shop');
  world.now += 10 * MINUTE;
  await Promise.all([1, 2, 3].map(() => notify(world.context(), [])));
  const { state } = await readNotifyState(world.store);
  assert.deepEqual({ ...state, sweptAt: 0 }, { ...before, sweptAt: 0 });
  assert.deepEqual(told(world), ['opened']);
  const { lastModified } = await world.store.head(incidentPageKey('shop-a-0'));
  assert.ok(lastModified > world.now - MINUTE);
});

test('an incident of an hour takes the requests that are planned for its pages', async () => {
  const live = async (isAsked: boolean): Promise<Requests> => {
    const world = await createWorld({ isAsked });
    await world.open(['a-0']);
    await world.liveUntil(START + 62 * MINUTE);
    await world.end('a-0', START + 60 * MINUTE);
    await world.liveUntil(START + 12 * HOUR);
    return { ...world.counts };
  };
  const [counted, without] = [await live(true), await live(false)];
  const load = { window: LENGTH, windowsAnExport: 1 } as Workload;
  const planned = requestsOfRedraws(load);
  for (const kind of ['reads', 'lists', 'writes'] as const) {
    const own = counted[kind] - without[kind];
    assert.ok(Math.abs(planned[kind] - own) <= 0.2 * own, `${kind}: planned ${planned[kind]}, and ${own}`);
  }
});
