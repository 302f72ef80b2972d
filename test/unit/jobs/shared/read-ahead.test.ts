import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { readAhead } from '../../../../lib/jobs/shared/read-ahead.ts';
import type { ObjectInfo, ObjectStore } from '../../../../lib/store/object-store.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';

async function fill(
  sizes: readonly number[],
): Promise<{ store: ObjectStore; objects: ObjectInfo[]; most: () => number }> {
  const store = createMemoryObjectStore();
  const objects: ObjectInfo[] = [];
  for (const [i, size] of sizes.entries()) {
    await store.put(`w${i}`, new Uint8Array(size));
    objects.push(await store.head(`w${i}`));
  }
  let [open, most] = [0, 0];
  const slow: ObjectStore = {
    ...store,
    async get(key, options) {
      most = Math.max(most, ++open);
      // Later ones are faster.
      for (let turn = 20 - Number(key.slice(1)); turn > 0; turn--) await setImmediate();
      open--;
      return store.get(key, options);
    },
  };
  return { store: slow, objects, most: () => most };
}

test('objects come in their order, and several are under way at once', async () => {
  const { store, objects, most } = await fill(Array.from({ length: 40 }, (_, i) => i + 1));
  const lengths: (number | undefined)[] = [];
  for await (const { stored } of readAhead(store, objects)) lengths.push(stored?.body.length);
  assert.deepEqual(
    lengths,
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  assert.equal(most(), 16);
});

test('what is large, gone or of no known size is left to whoever reads it', async () => {
  const { store, objects } = await fill([5, 1_000_001, 5, 5, 5]);
  await store.delete('w2');
  // It has become large since it was listed.
  await store.put('w4', new Uint8Array(1_000_001));
  const known = objects.map((info, i) => (i === 3 ? { ...info, size: 0 } : info));
  const found: boolean[] = [];
  for await (const { stored } of readAhead(store, known)) found.push(stored !== undefined);
  assert.deepEqual(found, [true, false, false, false, false]);
});

test('an error is told when its turn comes', async () => {
  const { store, objects } = await fill([5, 5, 5]);
  const failing: ObjectStore = {
    ...store,
    get: (key, options) => (key === 'w1' ? Promise.reject(new Error('slow down')) : store.get(key, options)),
  };
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const { info } of readAhead(failing, objects)) seen.push(info.key);
  }, /slow down/);
  assert.deepEqual(seen, ['w0']);
});
