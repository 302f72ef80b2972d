import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindowError } from '../../../../lib/base/errors.ts';
import {
  isQuarantined,
  listQuarantine,
  quarantine,
  withoutQuarantined,
} from '../../../../lib/jobs/shared/quarantine.ts';
import { reasonKey } from '../../../../lib/store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../../../lib/store/object-store.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const KEY = 'windows/detector=shop/bad file.parquet';
const COPY = `quarantine/${KEY}`;
const error = new WindowError('no-time-column', `${KEY} has no time column; columns: a, b`);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function drop(text = 'not parquet'): Promise<{ store: MemoryObjectStore; etag: string }> {
  const store = createMemoryObjectStore();
  return { store, ...(await store.put(KEY, bytes(text))) };
}

function contextOf(store: MemoryObjectStore | ReturnType<typeof createMortalStore>) {
  return { store, telemetry: createMemoryTelemetry(), now: () => Date.UTC(2026, 10, 22) };
}

test('the object is copied beside its reason, stays where it was, and is counted and logged', async () => {
  const { store, etag } = await drop();
  const context = contextOf(store);
  await quarantine(context, { detector: 'shop', key: KEY, error });
  assert.equal(store.text(COPY), 'not parquet');
  assert.equal(store.text(KEY), 'not parquet');
  assert.deepEqual(JSON.parse(store.text(`${COPY}.reason.json`) ?? ''), {
    formatVersion: 1,
    key: KEY,
    etag,
    detector: 'shop',
    code: 'no-time-column',
    message: error.message,
    at: '2026-11-22T00:00:00.000Z',
  });
  assert.equal(context.telemetry.total('ObjectsQuarantined', 'shop'), 1);
  const [line] = context.telemetry.lines;
  assert.deepEqual([line?.level, line?.fields.key, line?.fields.reason], ['error', KEY, error.message]);
});

test('the same bytes are quarantined once, also by many at once', async () => {
  const { store, etag } = await drop();
  const context = contextOf(store);
  await Promise.all(
    Array.from({ length: 5 }, () => quarantine(context, { detector: 'shop', key: KEY, error })),
  );
  await quarantine(context, { detector: 'shop', key: KEY, error });
  assert.equal(context.telemetry.total('ObjectsQuarantined'), 1);
  assert.equal(await isQuarantined(store, KEY, etag), true);
});

test('a mended file under the same key may be tried, and fails on its own account', async () => {
  const { store } = await drop();
  const context = contextOf(store);
  await quarantine(context, { detector: 'shop', key: KEY, error });
  const { etag } = await store.put(KEY, bytes('still not parquet'));
  assert.equal(await isQuarantined(store, KEY, etag), false);
  await quarantine(context, { detector: 'shop', key: KEY, error });
  assert.equal(store.text(COPY), 'still not parquet');
  assert.equal(await isQuarantined(store, KEY, etag), true);
  assert.equal(context.telemetry.total('ObjectsQuarantined'), 2);
});

test('deleting the reason lets the same bytes be tried again', async () => {
  const { store, etag } = await drop();
  await quarantine(contextOf(store), { detector: 'shop', key: KEY, error });
  await store.delete(`${COPY}.reason.json`);
  assert.equal(await isQuarantined(store, KEY, etag), false);
});

test('bytes that were replaced or deleted since they failed are left alone', async () => {
  const { store, etag } = await drop();
  await store.put(KEY, bytes('mended'));
  const context = contextOf(store);
  await quarantine(context, { detector: 'shop', key: KEY, etag, error });
  await store.delete(KEY);
  await quarantine(context, { detector: 'shop', key: KEY, error });
  assert.deepEqual(store.keys(), []);
  assert.equal(context.telemetry.total('ObjectsQuarantined'), 0);
});

test('killed at either write, the next run finishes it', async () => {
  for (const stage of ['before', 'after'] as const) {
    for (const atWrite of [0, 1]) {
      const { store, etag } = await drop();
      const mortal = createMortalStore(store, { atWrite, stage });
      await assert.rejects(quarantine(contextOf(mortal), { detector: 'shop', key: KEY, error }), KilledError);
      await quarantine(contextOf(store), { detector: 'shop', key: KEY, error });
      assert.equal(await isQuarantined(store, KEY, etag), true);
      assert.equal(store.text(COPY), 'not parquet');
    }
  }
});

test('the list holds every reason under a prefix, and copies without one are not in it', async () => {
  const { store } = await drop();
  const other = 'windows/detector=cart/x.parquet';
  await store.put(other, bytes('x'));
  const odd = 'windows/detector=shop/y.reason.json';
  await store.put(odd, bytes('a dropped file with a confusing name'));
  const context = contextOf(store);
  await quarantine(context, { detector: 'shop', key: KEY, error });
  await quarantine(context, { detector: 'cart', key: other, error });
  await quarantine(context, { detector: 'shop', key: odd, error });
  await store.put('quarantine/windows/detector=shop/half.parquet', bytes('killed before the reason'));
  assert.deepEqual(
    (await listQuarantine(store)).map(({ key }) => key),
    [other, KEY, odd],
  );
  assert.deepEqual(
    (await listQuarantine(store, 'windows/detector=cart/')).map(({ key }) => key),
    [other],
  );
});

test('what is left of a listing costs a request for each reason that the copies leave open, and no more', async () => {
  const store = createMemoryObjectStore();
  const prefix = 'windows/detector=shop/';
  for (let i = 0; i < 50; i++) {
    await store.put(`${prefix}${i}`, bytes(`not parquet ${i}`));
    await quarantine(contextOf(store), { detector: 'shop', key: `${prefix}${i}`, error });
  }
  await store.put(`${prefix}7`, bytes('mended'));
  await store.put(`${prefix}good`, bytes('good'));
  // As S3 gives the copy of an object that came in parts.
  await store.put(`quarantine/${prefix}9`, bytes('other etag'));
  await store.delete(reasonKey(`${prefix}11`));
  const asked: string[] = [];
  const counting: ObjectStore = {
    ...store,
    get: (key) => {
      asked.push(key);
      return store.get(key);
    },
  };
  const objects: ObjectInfo[] = [];
  for await (const object of store.list(prefix)) objects.push(object);
  const names = async (keepsOut?: () => boolean): Promise<string[]> =>
    (await withoutQuarantined(counting, { prefix, objects }, keepsOut)).map(({ key }) =>
      key.slice(prefix.length),
    );
  assert.deepEqual(await names(), ['11', '7', 'good']);
  assert.deepEqual(asked, [reasonKey(`${prefix}7`), reasonKey(`${prefix}9`)]);
  assert.equal((await names(() => false)).length, 51);
});

test('an object that is larger than any that is read gets a reason and no copy', async () => {
  const { store, etag } = await drop();
  const large: ObjectStore = { ...store, head: async (key) => ({ ...(await store.head(key)), size: 6e9 }) };
  await quarantine({ ...contextOf(store), store: large }, { detector: 'shop', key: KEY, error });
  assert.equal(store.text(COPY), undefined);
  assert.equal(await isQuarantined(store, KEY, etag), true);
});

test('a file called as the reason of another takes the place of none', async () => {
  const { store, etag } = await drop();
  const context = contextOf(store);
  const forged = `${KEY}.reason.json`;
  await quarantine(context, { detector: 'shop', key: KEY, error });
  await store.put(forged, bytes(JSON.stringify({ formatVersion: 1, key: 'windows/detector=shop/good' })));
  await quarantine(context, { detector: 'shop', key: forged, error });
  assert.equal(await isQuarantined(store, KEY, etag), true);
  assert.deepEqual(
    (await listQuarantine(store)).map(({ key }) => key),
    [KEY, forged],
  );
  assert.equal(store.text(`quarantine/${forged}.copy`)?.includes('good'), true);
});

test('a reason that is cut in its middle is written anew', async () => {
  const { store, etag } = await drop();
  await store.put(reasonKey(KEY), bytes('{"formatVersion": 1, "k'));
  assert.deepEqual(await listQuarantine(store), []);
  await quarantine(contextOf(store), { detector: 'shop', key: KEY, error });
  assert.equal(await isQuarantined(store, KEY, etag), true);
});

test('a reason stays readable whatever the message quotes, and a newer one may say more', async () => {
  const { store } = await drop();
  const long = new WindowError('too-large', 'x'.repeat(1_000_000));
  await quarantine(contextOf(store), { detector: 'shop', key: KEY, error: long });
  const reason = JSON.parse(store.text(reasonKey(KEY)) ?? '');
  assert.equal(reason.message.length, 8_000);
  await store.put(reasonKey(KEY), bytes(JSON.stringify({ ...reason, since: 'tomorrow' })));
  assert.equal((await listQuarantine(store)).length, 1);
});
