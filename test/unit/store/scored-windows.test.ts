import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readScored, recordScored, scoredEtags } from '../../../lib/store/scored-windows.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';

test('what several runs scored at once is all noted', async () => {
  const store = createMemoryObjectStore();
  const runs = Array.from({ length: 8 }, (_, i) => new Map([[`windows/${i}`, `"${i}"`]]));
  await Promise.all(runs.map((scored) => recordScored(store, 'shop', scored)));
  assert.equal(scoredEtags(await readScored(store, 'shop')).size, 8);
});

test('the newest are kept, and what is scored again is new', async () => {
  const store = createMemoryObjectStore();
  const key = (i: number): string => `windows/${i}`;
  await recordScored(store, 'shop', new Map(Array.from({ length: 2_000 }, (_, i) => [key(i), '"a"'])));
  await recordScored(store, 'shop', new Map([[key(0), '"b"']]));
  await recordScored(store, 'shop', new Map([[key(2_000), '"c"']]));
  const scored = scoredEtags(await readScored(store, 'shop'));
  assert.equal(scored.size, 2_000);
  assert.deepEqual(
    [scored.get(key(0)), scored.get(key(1)), scored.get(key(2_000))],
    ['"b"', undefined, '"c"'],
  );
});

test('members that a newer release adds are no reason to forget', async () => {
  const store = createMemoryObjectStore();
  await recordScored(store, 'shop', new Map([['windows/a', '"a"']]));
  const stored = JSON.parse(store.text('state/detector=shop/scored.json') ?? '');
  await store.put(
    'state/detector=shop/scored.json',
    new TextEncoder().encode(JSON.stringify({ ...stored, more: 1 })),
  );
  assert.equal(scoredEtags(await readScored(store, 'shop')).get('windows/a'), '"a"');
});
