import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LOAD_VERSION } from '../../../lib/jobs/plan/requests.ts';
import { walkRow } from '../../../scripts/walk-row.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('a window with a fault becomes one message, and it takes few calls to the bucket', async () => {
  const { files, functions, calls, told, messages } = await walkRow(ROOT);
  assert.equal(messages, 1);
  const [scoring, telling] = [calls.slice(0, -told), calls.slice(-told)];
  assert.ok(scoring.length <= 20, scoring.join('\n'));
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const [, scored, cold] = /a window takes (\d+) requests to the\s+bucket, and (\d+) where/.exec(page) ?? [];
  assert.deepEqual([scoring.length, scoring.length + LOAD_VERSION.reads], [Number(scored), Number(cold)]);
  const [, toTell] = /A window with an incident takes (\d+) requests/.exec(page) ?? [];
  assert.equal(telling.length, Number(toTell), telling.join('\n'));
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
