/** Each invocation ends with one line of what it took. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from 'aws-lambda';
import { inRun } from '../../../functions/in-run.ts';
import type { FunctionTelemetry } from '../../../functions/telemetry.ts';
import { countStore } from '../../../lib/store/count-requests.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';

const INVOCATION = { awsRequestId: 'r1', memoryLimitInMB: '1769' } as Context;

test('a run tells of its requests by their price, its time, its memory and what it counted', async () => {
  const telemetry = { ...createMemoryTelemetry(), flush() {}, takeTotals: () => ({ RowsScored: 30 }) };
  const store = countStore(createMemoryObjectStore());
  for (let nth = 0; nth < 2; nth++)
    await inRun(INVOCATION, { telemetry, store }, async () => {
      await store.put('a', new Uint8Array(1));
      await store.get('a');
      await store.head('a');
      for await (const _ of store.list('')) break;
    });
  const [first, second] = telemetry.lines.map(({ fields }) => fields);
  for (const line of [first, second]) {
    const { reads, lists, writes, memoryLimitMb, RowsScored, requestId } = line!;
    assert.deepEqual([reads, lists, writes, memoryLimitMb, RowsScored, requestId], [2, 1, 1, 1769, 30, 'r1']);
    assert.ok(Number(line!['durationMs']) >= 0);
    assert.ok(Number(line!['maxMemoryMb']) > 10);
  }
  assert.deepEqual([first!['coldStart'], second!['coldStart']], [true, false]);
});

test('one that fails tells of it too, and its counts go out', async () => {
  let flushed = 0;
  const memory = createMemoryTelemetry();
  const telemetry: FunctionTelemetry = { ...memory, flush: () => void flushed++, takeTotals: () => ({}) };
  const store = countStore(createMemoryObjectStore());
  const run = inRun(INVOCATION, { telemetry, store }, () => store.get('none'));
  await assert.rejects(run, /none/);
  assert.deepEqual(
    memory.lines.map(({ message, fields }) => [message, fields['reads']]),
    [['run', 1]],
  );
  assert.equal(flushed, 1);
});
