/** Against the emulator, with the real client. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSqsQueue } from '../../../lib/store/sqs-queue.ts';
import { useMessaging } from '../../helpers/messaging.ts';
import { queueArn, queueCalls } from '../../helpers/queue-calls.ts';

const messaging = useMessaging();
const { createQueue, send, receive } = queueCalls(() => messaging.sqs);

test('dead letters are counted, and moved back to where they came from', async () => {
  const deadUrl = await createQueue('score-dead');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn('score-dead'), maxReceiveCount: 1 });
  const url = await createQueue('score', { RedrivePolicy });
  for (const body of ['a', 'b']) await send(url, body);
  while ((await receive(url, { VisibilityTimeout: 0 })).length > 0);
  const queue = createSqsQueue({ url, client: messaging.sqs });
  assert.equal(await queue.countDead(), 2);
  assert.equal(await queue.redrive(), 2);
  assert.equal(await queue.countDead(), 0);
  assert.deepEqual(await receive(deadUrl), []);
  const back = await receive(url, { MaxNumberOfMessages: 10 });
  assert.deepEqual(back.map(({ Body }) => Body).sort(), ['a', 'b']);
  assert.equal(await queue.redrive(), 0);
});

test('a move that cannot be done says why', async () => {
  const deadUrl = await createQueue('train-dead');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn('train-dead'), maxReceiveCount: 1 });
  const url = await createQueue('train', { RedrivePolicy });
  await send(deadUrl, 'from nowhere');
  const queue = createSqsQueue({ url, client: messaging.sqs });
  await assert.rejects(queue.redrive(), { code: 'redrive-failed', message: /is FAILED: .*no source queue/ });
});

test('a queue without dead letters is named', async () => {
  const url = await createQueue('plain');
  const queue = createSqsQueue({ url, client: messaging.sqs });
  await assert.rejects(queue.redrive(), {
    code: 'no-dead-letters',
    message: /plain has no dead-letter queue/,
  });
});

test('work is asked for by the name of a detector', async () => {
  const url = await createQueue('work');
  await createSqsQueue({ url, client: messaging.sqs }).request('shop');
  const [message] = await receive(url);
  assert.equal(message?.Body, '{"detector":"shop"}');
});
