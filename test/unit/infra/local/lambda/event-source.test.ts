import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { QueueMessage, Queues } from '../../../../../infra/local/contract.ts';
import { failedMessages, startEventSource } from '../../../../../infra/local/lambda/event-source.ts';
import type { InvocationResult } from '../../../../../infra/local/lambda/function-config.ts';
import type { FunctionPool } from '../../../../../infra/local/lambda/function-pool.ts';
import { fitToHost } from '../../../../../infra/local/lambda/functions.ts';
import { until } from '../../../../helpers/until.ts';

const ARN = 'arn:aws:sqs:us-east-1:000000000000:jobs';
const MAPPING = {
  queueArn: ARN,
  batchSize: 10,
  batchingWindowMs: 0,
  reportBatchItemFailures: true,
  maximumConcurrency: 1,
};

interface FakeQueue {
  readonly queues: Queues;
  readonly removed: string[];
  readonly returned: string[];
  add(...bodies: string[]): void;
}

/** As much of a queue as a consumer sees; messages that were received do not come back. */
function createFakeQueue(): FakeQueue {
  const waiting: QueueMessage[] = [];
  const wakers: (() => void)[] = [];
  const removed: string[] = [];
  const returned: string[] = [];
  const queues: Pick<Queues, 'receive' | 'remove' | 'changeVisibility'> = {
    async receive(arn, { max, waitMs, signal }) {
      assert.equal(arn, ARN);
      if (waiting.length === 0 && waitMs > 0)
        await new Promise<void>((resolve) => {
          wakers.push(resolve);
          signal?.addEventListener('abort', () => resolve());
        });
      return waiting.splice(0, max);
    },
    remove: async (_arn, receiptHandle) => void removed.push(receiptHandle),
    changeVisibility: async (_arn, receiptHandle, seconds) =>
      void returned.push(`${receiptHandle} ${seconds}`),
  };
  return {
    queues: queues as Queues,
    removed,
    returned,
    add(...bodies) {
      for (const body of bodies)
        waiting.push({
          messageId: `id-${body}`,
          receiptHandle: `handle-${body}`,
          body,
          md5OfBody: 'md5',
          attributes: { ApproximateReceiveCount: '1' },
          messageAttributes: { kind: { dataType: 'String', stringValue: 'test' } },
        });
      for (const wake of wakers.splice(0)) wake();
    },
  };
}

function poolThat(
  answer: (event: { Records: { messageId: string; body: string }[] }) => object,
): FunctionPool {
  const invoke = async (event: string): Promise<InvocationResult> => {
    const result = { requestId: 'r', functionError: undefined, logTail: '', payload: 'null' };
    return { ...result, ...answer(JSON.parse(event)) };
  };
  return { config: { name: 'jobs' }, running: 0, invoke, close: async () => {} } as unknown as FunctionPool;
}

describe('an event source mapping', () => {
  it('invokes with records as SQS gives them, and deletes what was done', async () => {
    const queue = createFakeQueue();
    const events: unknown[] = [];
    const pool = poolThat((event) => {
      events.push(event);
      return { payload: '{"batchItemFailures":[]}' };
    });
    queue.add('a', 'b');
    const source = startEventSource({
      mapping: MAPPING,
      pool,
      queues: queue.queues,
      region: 'eu-west-1',
      log: () => {},
    });
    await until(() => queue.removed.length === 2);
    await source.close();
    assert.deepEqual(queue.removed, ['handle-a', 'handle-b']);
    const record = (body: string): object => ({
      messageId: `id-${body}`,
      receiptHandle: `handle-${body}`,
      body,
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: {
        kind: { dataType: 'String', stringValue: 'test', stringListValues: [], binaryListValues: [] },
      },
      md5OfBody: 'md5',
      eventSource: 'aws:sqs',
      eventSourceARN: ARN,
      awsRegion: 'eu-west-1',
    });
    assert.deepEqual(events, [{ Records: [record('a'), record('b')] }]);
  });

  it('leaves in the queue what the function names, and says so', async () => {
    const queue = createFakeQueue();
    const said: string[] = [];
    const pool = poolThat(() => ({ payload: '{"batchItemFailures":[{"itemIdentifier":"id-b"}]}' }));
    queue.add('a', 'b', 'c');
    const source = startEventSource({
      mapping: MAPPING,
      pool,
      queues: queue.queues,
      region: '',
      log: (line) => said.push(line),
    });
    await until(() => queue.removed.length === 2);
    await source.close();
    assert.deepEqual(queue.removed, ['handle-a', 'handle-c']);
    assert.match(said[0] ?? '', /^jobs: 1 of 3 message\(s\) failed/);
  });

  it('takes no more than a batch at once', async () => {
    const queue = createFakeQueue();
    const sizes: number[] = [];
    const pool = poolThat(({ Records }) => {
      sizes.push(Records.length);
      return {};
    });
    queue.add(...'abcde');
    const mapping = { ...MAPPING, batchSize: 2 };
    const source = startEventSource({ mapping, pool, queues: queue.queues, region: '', log: () => {} });
    await until(() => queue.removed.length === 5);
    await source.close();
    assert.deepEqual(sizes, [2, 2, 1]);
  });

  it('waits for a batch to fill, up to its window', async () => {
    const queue = createFakeQueue();
    const sizes: number[] = [];
    const pool = poolThat(({ Records }) => {
      sizes.push(Records.length);
      return {};
    });
    queue.add('a');
    const mapping = { ...MAPPING, batchSize: 3, batchingWindowMs: 3_600_000 };
    const source = startEventSource({ mapping, pool, queues: queue.queues, region: '', log: () => {} });
    await until(() => source.running === 1);
    queue.add('b');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(sizes, []);
    queue.add('c');
    await until(() => queue.removed.length === 3);
    await source.close();
    assert.deepEqual(sizes, [3]);
  });

  it('gives back what it holds when it is closed before the function saw it', async () => {
    const queue = createFakeQueue();
    const pool = poolThat(() => assert.fail('not to be invoked'));
    queue.add('a');
    const mapping = { ...MAPPING, batchSize: 3, batchingWindowMs: 3_600_000 };
    const source = startEventSource({ mapping, pool, queues: queue.queues, region: '', log: () => {} });
    await until(() => source.running === 1);
    await source.close();
    assert.deepEqual(queue.returned, ['handle-a 0']);
    assert.deepEqual(queue.removed, []);
  });
});

describe('what failed of a batch', () => {
  const batch = [{ messageId: 'a' }, { messageId: 'b' }];
  const failed = (payload: string, functionError?: 'Unhandled', reports = true): string[] => [
    ...failedMessages({ payload, functionError }, batch, reports),
  ];

  it('is everything after an error of the function', () => {
    assert.deepEqual(failed('{"errorType":"Error"}', 'Unhandled'), ['a', 'b']);
    assert.deepEqual(failed('{"errorType":"Error"}', 'Unhandled', false), ['a', 'b']);
  });

  it('is nothing where the answer names nothing', () => {
    for (const answer of ['null', '{}', '{"batchItemFailures":[]}', '{"batchItemFailures":null}'])
      assert.deepEqual(failed(answer), [], answer);
  });

  it('is what the answer names', () => {
    assert.deepEqual(failed('{"batchItemFailures":[{"itemIdentifier":"b"}]}'), ['b']);
  });

  it('is everything where the answer cannot be right', () => {
    const answers = [
      '"text"',
      '{"batchItemFailures":{}}',
      '{"batchItemFailures":[{}]}',
      '{"batchItemFailures":[{"itemIdentifier":""}]}',
      '{"batchItemFailures":[{"itemIdentifier":null}]}',
      '{"batchItemFailures":[{"itemIdentifier":"unknown"}]}',
      '{"batchItemFailures":[{"itemIdentifier":"a"},{"id":"b"}]}',
    ];
    for (const answer of answers) assert.deepEqual(failed(answer), ['a', 'b'], answer);
  });

  it('is nothing where partial answers are off, whatever it says', () => {
    assert.deepEqual(failed('{"batchItemFailures":[{"itemIdentifier":"b"}]}', undefined, false), []);
  });
});

it('runs as many batches at once as the host does', () => {
  const mapping = { ...MAPPING, batchingWindowMs: 2_000, maximumConcurrency: 4 };
  assert.deepEqual(fitToHost(mapping, { maxConcurrency: 2 }), { ...mapping, maximumConcurrency: 2 });
  assert.deepEqual(fitToHost(mapping, { maxConcurrency: 8 }), mapping);
});
