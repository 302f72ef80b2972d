/** What a run reads: each minute, for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { incidentKey, NOTIFY_STATE_KEY, stateKey } from '../../../../lib/store/keys.ts';
import { readNotifyState } from '../../../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { bytes, createTopic, leave, pending, told } from '../../../helpers/notify-stories.ts';

interface CountingStore extends ObjectStore {
  readonly reads: string[];
  readonly lists: string[];
  /** Of the reads, at a time. */
  most: number;
}

/** A store that counts what is read of it. */
function createCountingStore(store: ObjectStore): CountingStore {
  let running = 0;
  const counting = {
    ...store,
    reads: [] as string[],
    lists: [] as string[],
    most: 0,
    list(...args: Parameters<ObjectStore['list']>) {
      counting.lists.push(args[0]);
      return store.list(...args);
    },
    async get(...args: Parameters<ObjectStore['get']>) {
      counting.reads.push(args[0]);
      counting.most = Math.max(counting.most, ++running);
      try {
        return await store.get(...args);
      } finally {
        running--;
      }
    },
  };
  return counting;
}

test('a run reads the state of notifications once, also where it tells of something', async () => {
  const store = createCountingStore(createMemoryObjectStore());
  const publisher = createTopic(store);
  const context = createNotifyContext(store, { publisher });
  await leave(store, 'shop', pending('shop', 'a-0'), pending('shop', 'a-0', 2));
  for (const detectors of [['shop'], []]) {
    store.reads.length = 0;
    await notify(context, detectors);
    assert.equal(store.reads.filter((key) => key === NOTIFY_STATE_KEY).length, 1);
  }
  assert.deepEqual(told(publisher), ['opened shop-a-0 1', 'resolved shop-a-0 1']);
});

test('silences are read many at a time, and those that did not change are not read again', async () => {
  const bucket = createMemoryObjectStore();
  const write = (name: string, day: number): Promise<unknown> =>
    bucket.put(`silences/${name}.yml`, bytes(`matchers: [detector = shop]\nuntil: 2026-11-${day}\n`));
  for (let i = 10; i < 50; i++) await write(`old-${i}`, 20);
  await leave(bucket, 'cart', pending('cart', 'a-0'));
  const store = createCountingStore(bucket);
  const publisher = createTopic(store);
  const now = (): number => Date.parse('2026-11-22T11:00Z');
  const context = createNotifyContext(store, { publisher, now });
  const readSilences = async (): Promise<readonly string[]> => {
    store.reads.length = 0;
    await notify(context, ['cart', 'shop']);
    return store.reads.filter((key) => key.startsWith('silences/'));
  };
  assert.equal((await readSilences()).length, 40);
  assert.ok(store.most > 8 && store.most <= 16, `${store.most} at a time`);
  assert.deepEqual(await readSilences(), []);
  await write('old-17', 30);
  await leave(bucket, 'shop', pending('shop', 'a-0'));
  assert.deepEqual(await readSilences(), ['silences/old-17.yml']);
  assert.deepEqual(told(publisher), ['opened cart-a-0 1']);
  await bucket.delete('silences/old-17.yml');
  await readSilences();
  assert.deepEqual(told(publisher), ['opened cart-a-0 1', 'opened shop-a-0 1']);
});

test('silences are listed while an incident is open, and not in a minute without one', async () => {
  let now = Date.UTC(2026, 10, 22, 12);
  const bucket = createMemoryObjectStore();
  const store = createCountingStore(bucket);
  const publisher = createTopic(store);
  const telemetry = createMemoryTelemetry();
  const context = createNotifyContext(store, { publisher, telemetry, now: () => now });
  const tick = async (detectors: readonly string[] = []): Promise<readonly string[]> => {
    now += 60_000;
    store.reads.length = 0;
    store.lists.length = 0;
    await notify(context, detectors);
    return [...store.reads, ...store.lists];
  };
  await tick();
  assert.deepEqual(await tick(), [NOTIFY_STATE_KEY]);
  // What was asked for by mistake, or comes a second time.
  assert.deepEqual(await tick(['shop']), [NOTIFY_STATE_KEY, stateKey('shop')]);

  // A silence that is there before its incident, and ends while that is open.
  await bucket.put('silences/night.yml', bytes('matchers: [detector = shop]\nuntil: 2026-11-22T12:07Z\n'));
  await leave(bucket, 'shop', pending('shop', 'a-0'));
  await tick(['shop']);
  assert.equal(telemetry.total('IncidentsSilenced'), 1);
  // What was taken over from its detector's state is confirmed once more.
  await tick();
  assert.deepEqual(await tick(), [NOTIFY_STATE_KEY, 'silences/', 'quarantine/silences/']);
  assert.deepEqual(told(publisher), []);
  while (now < Date.UTC(2026, 10, 22, 12, 7)) await tick();
  assert.deepEqual(told(publisher), ['opened shop-a-0 1']);

  // One that comes while it is open counts from the next minute on.
  const escalates = pending('shop', 'a-0', 2, {
    state: 'updated',
    end: null,
    score: 900,
    severity: 'critical',
  });
  await bucket.put('silences/late.yml', bytes('matchers: [detector = shop]\nuntil: 2026-11-23\n'));
  await tick();
  const { silencedBy } = JSON.parse(bucket.text(incidentKey('shop-a-0')) ?? '{}');
  assert.equal(silencedBy, 'late');
  await leave(bucket, 'shop', escalates);
  await tick(['shop']);
  assert.deepEqual(told(publisher), ['opened shop-a-0 1']);

  // Over, which was to be told of. It is remembered, and asks for nothing any more.
  await leave(bucket, 'shop', pending('shop', 'a-0', 3));
  await tick(['shop']);
  await tick();
  assert.deepEqual(told(publisher), ['opened shop-a-0 1', 'resolved shop-a-0 1']);
  const { incidents } = (await readNotifyState(bucket)).state.incidents;
  assert.deepEqual(
    incidents.map(({ status }) => status),
    ['closed'],
  );
  while (now < Date.UTC(2026, 10, 22, 12, 12)) await tick();
  assert.deepEqual(await tick(), [NOTIFY_STATE_KEY]);
});

test('what is wrong with a silence is told by the next sweep where no incident asks for silences', async () => {
  let now = Date.UTC(2026, 10, 22, 12);
  const store = createMemoryObjectStore();
  const telemetry = createMemoryTelemetry();
  const context = createNotifyContext(store, {
    publisher: createTopic(store),
    telemetry,
    now: () => now,
  });
  await notify(context, []);
  await store.put('silences/bad.yml', bytes('matchers: [pod = a]\nuntil: 2026-11-23\n'));
  for (let minute = 1; minute <= 10; minute++) {
    now += 60_000;
    assert.equal(telemetry.total('ObjectsQuarantined'), 0, `after ${minute} minutes`);
    await notify(context, []);
  }
  assert.equal(telemetry.total('ObjectsQuarantined'), 1);
  assert.ok(store.keys().includes('quarantine/silences/bad.yml.reason.json'));
});

test('a sweep reads the states that changed since the one before it, and all of them once a day', async () => {
  let now = Date.UTC(2026, 10, 22, 12);
  const store = createCountingStore(createMemoryObjectStore({ now: () => now }));
  const publisher = createTopic(store);
  const context = createNotifyContext(store, { publisher, now: () => now });
  const names = ['cart', 'payment', 'shop'];
  for (const name of names) await leave(store, name);
  const sweep = async (minutes: number): Promise<readonly string[]> => {
    now += minutes * 60_000;
    store.reads.length = 0;
    await notify(context, []);
    return names.filter((name) => store.reads.includes(stateKey(name)));
  };
  assert.deepEqual(await sweep(0), names);
  // Once more: what was written while the first one read may be of before it, by another clock.
  assert.deepEqual(await sweep(11), names);
  assert.deepEqual(await sweep(11), []);
  now += 60_000;
  await leave(store, 'payment', pending('payment', 'a-0'));
  assert.deepEqual(await sweep(10), ['payment']);
  assert.deepEqual(told(publisher), ['opened payment-a-0 1']);
  assert.deepEqual(await sweep(12 * 60), names);
});
