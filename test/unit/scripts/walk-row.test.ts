import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { walkRow } from '../../../scripts/walk-row.ts';

test('a window with a fault becomes one message, and scoring takes at most 20 calls to the bucket', async () => {
  const { files, functions, calls, told, messages } = await walkRow(join(import.meta.dirname, '../../..'));
  assert.equal(messages, 1);
  assert.ok(calls.length - told <= 20, calls.join('\n'));
  assert.ok(told > 0 && functions > files.size && files.size > 0);
});
