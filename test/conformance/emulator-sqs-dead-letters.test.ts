import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CancelMessageMoveTaskCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ResourceNotFoundException,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { useMessaging } from '../helpers/messaging.ts';
import { nameOfUrl, queueArn, queueCalls, uniqueName } from '../helpers/queue-calls.ts';
import { until } from '../helpers/until.ts';

const messaging = useMessaging();
const { createQueue, send, receive, attributesOf } = queueCalls(() => messaging.sqs);

describe('dead letters', () => {
  it('go to their queue after maxReceiveCount receives, and back by a move task', async () => {
    const { url, deadUrl, deadArn } = await createPair(2);
    const sent = await send(url, 'poison');
    for (let attempt = 0; attempt < 2; attempt++) {
      assert.equal((await receive(url)).length, 1);
      messaging.advance(31);
    }
    assert.deepEqual(await receive(url), []);
    const [dead] = await receive(deadUrl, { AttributeNames: ['All'], VisibilityTimeout: 0 });
    assert.equal(dead?.MessageId, sent.MessageId);
    assert.equal(dead?.Attributes?.DeadLetterQueueSourceArn, queueArn(nameOfUrl(url)));

    const started = await messaging.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn }));
    assert.ok(started.TaskHandle);
    await until(async () => (await taskOf(deadArn))?.Status === 'COMPLETED');
    assert.equal((await taskOf(deadArn))?.ApproximateNumberOfMessagesMoved, 1);
    const [back] = await receive(url, { AttributeNames: ['All'] });
    assert.equal(back?.Body, 'poison');
    assert.equal(back?.Attributes?.ApproximateReceiveCount, '1');
    assert.deepEqual(await receive(deadUrl), []);
  });

  it('wake who waits at the dead-letter queue', async () => {
    const { url, deadArn } = await createPair(1);
    await send(url, 'poison');
    await receive(url, { VisibilityTimeout: 0 });
    const waiting = messaging.emulator.queues.receive(deadArn, { max: 1, waitMs: 3_600_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await receive(url);
    assert.equal((await waiting)[0]?.body, 'poison');
  });

  it('are found by their sources', async () => {
    const { url, deadUrl } = await createPair(1);
    const { queueUrls } = await messaging.sqs.send(
      new ListDeadLetterSourceQueuesCommand({ QueueUrl: deadUrl }),
    );
    assert.deepEqual(queueUrls, [url]);
  });

  it('are moved elsewhere, at a rate, until the task is cancelled', async () => {
    const { url, deadUrl, deadArn } = await createPair(1);
    const elsewhere = uniqueName();
    const elsewhereUrl = await createQueue(elsewhere);
    for (let at = 0; at < 3; at++) await send(deadUrl, `${at}`);
    const { TaskHandle } = await messaging.sqs.send(
      new StartMessageMoveTaskCommand({
        SourceArn: deadArn,
        DestinationArn: queueArn(elsewhere),
        MaxNumberOfMessagesPerSecond: 1,
      }),
    );
    await assert.rejects(messaging.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn })), {
      name: 'UnsupportedOperation',
    });
    const cancelled = await messaging.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    const moved = cancelled.ApproximateNumberOfMessagesMoved ?? -1;
    assert.ok(moved >= 0 && moved < 3, `${moved} moved`);
    assert.equal((await taskOf(deadArn))?.Status, 'CANCELLED');
    assert.equal(Number((await attributesOf(elsewhereUrl, 'All')).ApproximateNumberOfMessages), moved);
    assert.deepEqual(await receive(url), []);
  });

  it('cannot be moved from a queue that is no dead-letter queue', async () => {
    const name = uniqueName();
    await createQueue(name);
    await assert.rejects(messaging.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: queueArn(name) })), {
      name: 'InvalidParameterValue',
    });
    await assert.rejects(
      messaging.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: queueArn('missing') })),
      ResourceNotFoundException,
    );
  });

  it('that came from nowhere fail the task and stay', async () => {
    const { deadUrl, deadArn } = await createPair(1);
    await send(deadUrl, 'stray');
    await messaging.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn }));
    await until(async () => (await taskOf(deadArn))?.Status === 'FAILED');
    assert.match((await taskOf(deadArn))?.FailureReason ?? '', /no source queue/);
    assert.equal((await receive(deadUrl)).length, 1);
  });
});

async function createPair(
  maxReceiveCount: number,
): Promise<{ url: string; deadUrl: string; deadArn: string }> {
  const name = uniqueName();
  const deadUrl = await createQueue(`${name}-dead`);
  const deadArn = queueArn(`${name}-dead`);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount });
  return { url: await createQueue(name, { RedrivePolicy }), deadUrl, deadArn };
}

async function taskOf(SourceArn: string) {
  return (await messaging.sqs.send(new ListMessageMoveTasksCommand({ SourceArn }))).Results?.[0];
}
