import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureAnswered } from '../../../../lib/jobs/notify/incident-page/measure-answered.ts';
import { writeVerdict } from '../../../../lib/jobs/shared/write-answers.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';

/** Keys end in ".json", so that they are listed in another order than their ids: "x-1.json" before "x.json". */
test('an id that is the beginning of another one is counted, whichever of them are wanted', async () => {
  const store = createMemoryObjectStore();
  const ids = [
    '20261122T080000Z-ab',
    '20261122T080000Z-ab-1',
    '20261122T080000Z-ab0',
    '20261122T080000Z-ab.x',
  ];
  for (const id of ids)
    await writeVerdict(store, { formatVersion: 1, id, verdict: 'true', at: '2026-11-22T12:00:00Z' });
  for (let wanted = 1; wanted < 2 ** ids.length; wanted++) {
    const some = ids.filter((_, at) => (wanted >> at) % 2 === 1);
    const { answered, unreadable } = await measureAnswered(store, some);
    assert.deepEqual(answered, { count: some.length, real: some.length }, some.join(', '));
    assert.equal(unreadable, 0);
  }
});

test('older answers and newer ones are not read', async () => {
  const store = createMemoryObjectStore();
  const ids = ['20261120T080000Z-a', '20261121T080000Z-b', '20261122T080000Z-c'];
  for (const id of ids)
    await writeVerdict(store, { formatVersion: 1, id, verdict: 'false', at: '2026-11-22T12:00:00Z' });
  const listed: string[] = [];
  const { answered } = await measureAnswered(
    {
      get: (key, options) => store.get(key, options),
      async *list(prefix, options) {
        for await (const each of store.list(prefix, options)) {
          listed.push(each.key);
          yield each;
        }
      },
    },
    [ids[1]!],
  );
  assert.deepEqual(answered, { count: 1, real: 0 });
  assert.deepEqual(listed, [`feedback/${ids[1]}.json`]);
});
