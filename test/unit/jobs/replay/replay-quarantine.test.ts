/** What is in quarantine is tried again, and a replay that was cut short is finished by the next. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { WindowError } from '../../../../lib/base/errors.ts';
import { replayQuarantined } from '../../../../lib/jobs/replay/replay-quarantine.ts';
import { listQuarantine, quarantine } from '../../../../lib/jobs/shared/quarantine.ts';
import { attemptKey } from '../../../../lib/store/keys.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const KEY = 'windows/detector=shop/a.parquet';
const REPLAY = { restore: false, dryRun: false };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let store: MemoryObjectStore;

beforeEach(async () => {
  store = createMemoryObjectStore();
  await store.put(KEY, bytes('one'));
  const context = { store, telemetry: createMemoryTelemetry(), now: () => 0 };
  await quarantine(context, { detector: 'shop', key: KEY, error: new WindowError('killed-function', 'no') });
});

const entry = async () => (await listQuarantine(store))[0]!;

test('where the original stands, its marks go, and the copy', async () => {
  await store.put(
    attemptKey('shop'),
    bytes(JSON.stringify({ formatVersion: 1, key: KEY, etag: 'x', deaths: 2 })),
  );
  assert.equal(await replayQuarantined(store, await entry(), REPLAY), 'released');
  assert.deepEqual(store.keys(), [KEY]);
  assert.equal(store.text(KEY), 'one');
});

test('the mark of another object stays', async () => {
  const mark = JSON.stringify({ formatVersion: 1, key: `${KEY}2`, etag: 'x', deaths: 2 });
  await store.put(attemptKey('shop'), bytes(mark));
  await replayQuarantined(store, await entry(), REPLAY);
  assert.equal(store.text(attemptKey('shop')), mark);
});

describe('where the original is gone', () => {
  beforeEach(() => store.delete(KEY));

  test('it is left alone, since somebody may have meant it', async () => {
    const before = store.keys();
    assert.equal(await replayQuarantined(store, await entry(), REPLAY), 'gone');
    assert.deepEqual(store.keys(), before);
  });

  test('--restore brings it back, byte for byte, wherever a run before it died', async () => {
    const before = await entry();
    const writes = 4;
    for (let atWrite = 0; atWrite < writes; atWrite++) {
      const mortal = createMortalStore(store, { atWrite, stage: 'after' });
      await assert.rejects(replayQuarantined(mortal, before, { ...REPLAY, restore: true }), KilledError);
      if (store.text(`quarantine/${KEY}`) === undefined) break;
      assert.equal(await replayQuarantined(store, before, { restore: true, dryRun: true }), 'released');
    }
    assert.deepEqual(store.keys(), [KEY]);
    assert.equal(store.text(KEY), 'one');
  });

  test('and there is no copy, nothing can be done', async () => {
    const before = await entry();
    await store.delete(`quarantine/${KEY}`);
    assert.equal(await replayQuarantined(store, before, { ...REPLAY, restore: true }), 'no-copy');
  });
});

test('other bytes in its place are not touched', async () => {
  await store.put(KEY, bytes('two'));
  const before = store.keys();
  assert.equal(await replayQuarantined(store, await entry(), { ...REPLAY, restore: true }), 'replaced');
  assert.deepEqual(store.keys(), before);
});

test('a dry run says the same and does nothing', async () => {
  const before = store.keys();
  assert.equal(await replayQuarantined(store, await entry(), { restore: true, dryRun: true }), 'released');
  await store.delete(KEY);
  assert.equal(await replayQuarantined(store, await entry(), { restore: true, dryRun: true }), 'restored');
  assert.deepEqual(
    store.keys(),
    before.filter((key) => key !== KEY),
  );
});
