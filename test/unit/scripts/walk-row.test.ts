import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { walkRow } from '../../../scripts/walk-row.ts';

test('a window with a fault becomes one message, and it takes few calls to the bucket', async () => {
  const { files, functions, calls, told, messages } = await walkRow(join(import.meta.dirname, '../../..'));
  assert.equal(messages, 1);
  const [scoring, telling] = [calls.slice(0, -told), calls.slice(-told)];
  assert.ok(scoring.length <= 14, scoring.join('\n'));
  assert.ok(telling.length <= 10, telling.join('\n'));
  // What a job has read or written it knows, with its ETag.
  for (const job of [scoring, telling]) assert.deepEqual(listReadAgain(job), []);
  assert.ok(told > 0 && functions > files.size && files.size > 0);
});

/** Objects that were read after they had been read or written. */
function listReadAgain(calls: readonly string[]): readonly string[] {
  const known = new Set<string>();
  return calls.filter((call) => {
    const [name, key = ''] = call.split(' ');
    const isAgain = name === 'get' && known.has(key);
    known.add(key);
    return isAgain;
  });
}
