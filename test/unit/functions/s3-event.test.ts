import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { parseScoreRequests, parseTrainRequest } from '../../../functions/s3-event.ts';
import { createWorkRequest } from '../../../functions/sqs-work-queue.ts';
import { correlated } from '../../../lib/base/correlation.ts';

/** The bodies that it is given. */
function createQueue(): { readonly client: SQSClient; readonly bodies: string[] } {
  const bodies: string[] = [];
  const send = async ({ input }: { input: { MessageBody: string } }) => void bodies.push(input.MessageBody);
  return { client: { send } as unknown as SQSClient, bodies };
}

test('a request for work carries what it came of to the function that does it', async () => {
  const { client, bodies } = createQueue();
  const request = createWorkRequest(client, 'https://sqs/train');
  await correlated('shop@20261121T063000Z', () => request('shop'));
  await request('shop');
  assert.deepEqual(parseTrainRequest(bodies[0]!), {
    kind: 'detector',
    detector: 'shop',
    correlationId: 'shop@20261121T063000Z',
  });
  assert.equal(bodies[1], '{"detector":"shop"}');
  assert.deepEqual(parseScoreRequests(bodies[0]!), [
    { kind: 'detector', detector: 'shop', correlationId: 'shop@20261121T063000Z' },
  ]);
});

test('messages of people and of earlier versions have none; what is no id is none', () => {
  for (const body of ['{"detector":"shop"}', '{"detector":"shop","correlationId":7}'])
    assert.deepEqual(parseTrainRequest(body), {
      kind: 'detector',
      detector: 'shop',
      correlationId: undefined,
    });
  const long = parseTrainRequest(JSON.stringify({ detector: 'shop', correlationId: 'x'.repeat(100_000) }));
  assert.equal(long.kind === 'detector' && long.correlationId?.length, 256);
});

test('an event of AWS Batch names the detector, its job, and why that failed', () => {
  const event = (detail: object): string =>
    JSON.stringify({ source: 'aws.batch', 'detail-type': 'Batch Job State Change', detail });
  const parameters = { detector: 'shop', job: 'train-shop-1' };
  const ended = {
    jobName: 'train-shop-1',
    status: 'FAILED',
    statusReason: 'Essential container in task exited',
    parameters,
    container: { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
  };
  assert.deepEqual(parseTrainRequest(event(ended)), {
    kind: 'failed-job',
    detector: 'shop',
    job: 'train-shop-1',
    reason:
      'Essential container in task exited, OutOfMemoryError: Container killed due to memory usage, exit code 137',
  });
  const bare = parseTrainRequest(event({ jobName: 'train-shop-1', parameters: { detector: 'shop' } }));
  assert.equal(bare.kind === 'failed-job' && bare.reason, 'AWS Batch gives no reason');
  assert.throws(() => parseTrainRequest(event({ jobName: 'other' })), /neither an S3 event nor/);
});

test('an S3 event names keys as they are in the bucket', () => {
  const body = JSON.stringify({ Records: [{ s3: { object: { key: 'windows/detector%3Dshop/a+b.csv' } } }] });
  assert.deepEqual(parseScoreRequests(body), [
    { kind: 'object', key: 'windows/detector=shop/a b.csv', size: undefined },
  ]);
  const sized = '{"Records":[{"s3":{"object":{"key":"windows/detector=shop/a.csv","size":12}}}]}';
  assert.deepEqual(parseScoreRequests(sized), [
    { kind: 'object', key: 'windows/detector=shop/a.csv', size: 12 },
  ]);
  assert.throws(() => parseScoreRequests('{"Records":[{}]}'), /neither an S3 event nor/);
});
