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
    assert.deepEqual(parseTrainRequest(body), { detector: 'shop', correlationId: undefined });
  const long = JSON.stringify({ detector: 'shop', correlationId: 'x'.repeat(100_000) });
  assert.equal(parseTrainRequest(long).correlationId?.length, 256);
});

test('an S3 event names keys as they are in the bucket', () => {
  const body = JSON.stringify({ Records: [{ s3: { object: { key: 'windows/detector%3Dshop/a+b.csv' } } }] });
  assert.deepEqual(parseScoreRequests(body), [{ kind: 'object', key: 'windows/detector=shop/a b.csv' }]);
  assert.throws(() => parseScoreRequests('{"Records":[{}]}'), /neither an S3 event nor/);
});
