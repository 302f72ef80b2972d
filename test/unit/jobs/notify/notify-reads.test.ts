/** What a run reads: each minute, for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { NOTIFY_STATE_KEY, stateKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { bytes, createTopic, leave, pending, told } from '../../../helpers/notify-stories.ts';

/** A store that counts what is read of it, and how much of that at a time. */
function createCountingStore(store: ObjectStore): ObjectStore & { readonly reads: string[]; most: number } {
  let running = 0;
  const counting = {
    ...store,
    reads: [] as string[],
    most: 0,
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
  const store = createCountingStore(bucket);
  const publisher = createTopic(store);
  const now = (): number => Date.parse('2026-11-22T11:00Z');
  const context = createNotifyContext(store, { publisher, now });
  const readSilences = async (): Promise<readonly string[]> => {
    store.reads.length = 0;
    await notify(context, ['shop']);
    return store.reads.filter((key) => key.startsWith('silences/'));
  };
  assert.equal((await readSilences()).length, 40);
  assert.ok(store.most > 8 && store.most <= 16, `${store.most} at a time`);
  assert.deepEqual(await readSilences(), []);
  await write('old-17', 30);
  await leave(bucket, 'shop', pending('shop', 'a-0'));
  assert.deepEqual(await readSilences(), ['silences/old-17.yml']);
  assert.deepEqual(told(publisher), []);
  await bucket.delete('silences/old-17.yml');
  await readSilences();
  assert.deepEqual(told(publisher), ['opened shop-a-0 1']);
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
