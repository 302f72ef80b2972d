import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArtifactError } from '../../../../lib/base/errors.ts';
import { readVerdict } from '../../../../lib/jobs/shared/read-verdict.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';

test('an object that is too large for a verdict is refused unread, as one that is none', async () => {
  const store = createMemoryObjectStore();
  const verdict = { formatVersion: 1, id: 'a', verdict: 'true', at: '2026-11-28T00:00:00.000Z' };
  await store.put(
    'feedback/a.json',
    new TextEncoder().encode(`${JSON.stringify(verdict)}${' '.repeat(1_000_001)}`),
  );
  await assert.rejects(
    readVerdict(store, 'a'),
    (error) =>
      error instanceof ArtifactError &&
      error.code === 'too-large' &&
      /feedback\/a\.json has/.test(error.message),
  );
  assert.equal(await readVerdict(store, 'b'), undefined);
});
