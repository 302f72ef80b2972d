import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ChangeMessageVisibilityCommand,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import type { QueueMessage } from '../../infra/local/contract.ts';
import { useMessaging } from '../helpers/messaging.ts';
import { queueArn, queueCalls, uniqueName } from '../helpers/queue-calls.ts';

const messaging = useMessaging();
const { createQueue, send, receive, remove } = queueCalls(() => messaging.sqs);

describe('receiving', () => {
  it('hides a message until its timeout is over or it is deleted', async () => {
    const url = await createQueue(uniqueName(), { VisibilityTimeout: '20' });
    await send(url, 'x');
    const [first] = await receive(url);
    assert.deepEqual(await receive(url), []);
    messaging.advance(19);
    assert.deepEqual(await receive(url), []);
    messaging.advance(2);
    const [second] = await receive(url, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    assert.equal(second?.Attributes?.ApproximateReceiveCount, '2');
    assert.notEqual(second?.ReceiptHandle, first?.ReceiptHandle);
    // The first receiver is late: the message belongs to the second one.
    await remove(url, first);
    messaging.advance(30);
    const [third] = await receive(url);
    assert.equal(third?.MessageId, first?.MessageId);
    await remove(url, third);
    await remove(url, third);
    messaging.advance(30);
    assert.deepEqual(await receive(url), []);
  });

  it('hides what a long poll finds for as long as the queue says then, not as it said when the poll began', async () => {
    const name = uniqueName();
    const url = await createQueue(name, { VisibilityTimeout: '20' });
    const polling = messaging.emulator.queues.receive(queueArn(name), { max: 1, waitMs: 10_000 });
    await messaging.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: '1' } }),
    );
    await send(url, 'x');
    assert.equal((await polling).length, 1);
    messaging.advance(2);
    assert.equal((await receive(url)).length, 1);
  });

  it('honours DelaySeconds of the message over the one of the queue', async () => {
    const url = await createQueue(uniqueName(), { DelaySeconds: '10' });
    await send(url, 'later');
    await send(url, 'now', { DelaySeconds: 0 });
    assert.deepEqual(
      (await receive(url, { MaxNumberOfMessages: 10 })).map((one) => one.Body),
      ['now'],
    );
    messaging.advance(11);
    assert.deepEqual(
      (await receive(url, { MaxNumberOfMessages: 10 })).map((one) => one.Body),
      ['later'],
    );
  });

  it('keeps to the order of sending while nobody fails', async () => {
    const url = await createQueue(uniqueName());
    for (let at = 0; at < 25; at++) await send(url, `${at}`);
    const bodies: (string | undefined)[] = [];
    for (let round = 0; round < 3; round++)
      bodies.push(...(await receive(url, { MaxNumberOfMessages: 10 })).map((one) => one.Body));
    assert.deepEqual(
      bodies,
      Array.from({ length: 25 }, (_, at) => `${at}`),
    );
  });

  it('wakes who waits when a message is sent', async () => {
    const name = uniqueName();
    const url = await createQueue(name);
    const waiting = waitForEver(name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await send(url, 'awaited');
    assert.equal((await waiting)[0]?.body, 'awaited');
  });

  it('gives one message to one of several who wait', async () => {
    const url = await createQueue(uniqueName());
    const waiting = Array.from({ length: 5 }, () => receive(url, { WaitTimeSeconds: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await send(url, 'one');
    await send(url, 'two');
    const received = (await Promise.all(waiting)).flat().map((one) => one.Body);
    assert.deepEqual(received.sort(), ['one', 'two']);
  });

  it('wakes who waits when a hidden message becomes visible, by time or by request', async () => {
    const name = uniqueName();
    const url = await createQueue(name, { VisibilityTimeout: '1' });
    await send(url, 'x');
    await receive(url);
    assert.equal((await waitForEver(name))[0]?.body, 'x');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const [message] = await receive(url, { VisibilityTimeout: 43_200 });
    const waiting = waitForEver(name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const back = { QueueUrl: url, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 };
    await messaging.sqs.send(new ChangeMessageVisibilityCommand(back));
    assert.equal((await waiting)[0]?.body, 'x');
  });

  it('waits as long as the queue says where the request does not', async () => {
    const url = await createQueue(uniqueName(), { ReceiveMessageWaitTimeSeconds: '1' });
    assert.deepEqual(await receive(url), []);
    const waiting = receive(url);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await send(url, 'awaited');
    assert.equal((await waiting).length, 1);
  });

  it('takes no message for a client that went away while it waited', async () => {
    const url = await createQueue(uniqueName());
    const leave = new AbortController();
    const waiting = messaging.sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }), {
      abortSignal: leave.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    leave.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await send(url, 'kept');
    assert.deepEqual(
      (await receive(url)).map((one) => one.Body),
      ['kept'],
    );
  });

  it('tells which handles are wrong', async () => {
    const url = await createQueue(uniqueName());
    await send(url, 'x');
    const [message] = await receive(url, { VisibilityTimeout: 5 });
    const change = (ReceiptHandle: string | undefined) =>
      messaging.sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 60 }),
      );
    await change(message?.ReceiptHandle);
    messaging.advance(10);
    assert.deepEqual(await receive(url), [], 'the timeout was extended');
    messaging.advance(51);
    await assert.rejects(change(message?.ReceiptHandle), MessageNotInflight);
    await assert.rejects(change('bogus'), ReceiptHandleIsInvalid);
    await assert.rejects(remove(url, { ReceiptHandle: 'bogus' }), ReceiptHandleIsInvalid);
    const [again] = await receive(url);
    await remove(url, again);
    await assert.rejects(change(again?.ReceiptHandle), { name: 'InvalidParameterValue' });
  });
});

/** For an hour: a receive that is not woken ends by the runner's timeout. */
function waitForEver(name: string): Promise<QueueMessage[]> {
  return messaging.emulator.queues.receive(queueArn(name), { max: 1, waitMs: 3_600_000 });
}
