import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecretCache } from '../../../../lib/jobs/deliver/secret-cache.ts';

test('a secret is read once for all who ask, and once more for all to whom it was refused', async () => {
  const texts = ['first', 'second', 'third'];
  let reads = 0;
  const cache = createSecretCache(async () => texts[reads++]!);
  assert.deepEqual(await Promise.all([cache.get('a'), cache.get('a')]), ['first', 'first']);
  const renewed = await Promise.all([1, 2, 3].map(() => cache.renew('a', 'first')));
  assert.deepEqual(renewed, ['second', 'second', 'second']);
  assert.equal(await cache.renew('a', 'first'), 'second', 'it is newer than what was refused');
  assert.equal(reads, 2);
  assert.equal(await cache.get('a'), 'second');
  assert.equal(await cache.renew('b', 'never known'), 'third');
});

test('one that could not be read is asked for anew', async () => {
  let reads = 0;
  const cache = createSecretCache(async () => {
    if (reads++ === 0) throw new Error('denied');
    return 'text';
  });
  await assert.rejects(cache.get('a'), /denied/);
  assert.equal(await cache.get('a'), 'text');
});
