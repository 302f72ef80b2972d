import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { openAsyncInvocations } from '../../../../../infra/local/lambda/async-invocations.ts';
import type { FunctionPool } from '../../../../../infra/local/lambda/function-pool.ts';

describe('invocations that nobody waits for', () => {
  let calls = 0;
  let failures = 0;
  const said: string[] = [];

  beforeEach(() => {
    calls = 0;
    said.length = 0;
    mock.timers.reset();
    mock.timers.enable({ apis: ['setTimeout'] });
  });

  function pool(maximumRetryAttempts: number, maximumEventAgeSeconds = 3600): FunctionPool {
    const asynchronous = { maximumRetryAttempts, maximumEventAgeSeconds };
    const invoke = async (): Promise<object> => {
      calls++;
      return { functionError: calls <= failures ? 'Unhandled' : undefined, payload: '"no"' };
    };
    return { config: { name: 'job', asynchronous }, invoke } as unknown as FunctionPool;
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  it('are tried again after one minute and after two, as often as configured', async () => {
    failures = 3;
    const later = openAsyncInvocations((line) => said.push(line));
    later.add(pool(2), '{}');
    await settle();
    mock.timers.tick(59_999);
    await settle();
    assert.equal(calls, 1);
    mock.timers.tick(1);
    await settle();
    assert.equal(calls, 2);
    mock.timers.tick(120_000);
    await settle();
    assert.deepEqual([calls, later.pending], [3, 0]);
    assert.deepEqual(said, ['job: gave up an event after 3 attempt(s): "no"']);
  });

  it('end with the first success', async () => {
    failures = 1;
    const later = openAsyncInvocations((line) => said.push(line));
    later.add(pool(2), '{}');
    await settle();
    assert.equal(later.pending, 1);
    mock.timers.tick(60_000);
    await settle();
    assert.deepEqual([calls, later.pending, said], [2, 0, []]);
  });

  it('are given up once the event is too old', async () => {
    failures = 9;
    const later = openAsyncInvocations((line) => said.push(line));
    later.add(pool(2, 59), '{}');
    await settle();
    assert.deepEqual([calls, later.pending], [1, 0]);
    assert.equal(said.length, 1);
  });

  it('are forgotten when closed', async () => {
    failures = 9;
    const later = openAsyncInvocations(() => {});
    later.add(pool(2), '{}');
    await settle();
    later.close();
    mock.timers.tick(600_000);
    await settle();
    assert.deepEqual([calls, later.pending], [1, 0]);
  });
});
