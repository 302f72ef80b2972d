import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { useMessaging } from '../helpers/messaging.ts';
import { queueCalls, uniqueName } from '../helpers/queue-calls.ts';

const messaging = useMessaging();
const { createQueue, send, receive } = queueCalls(() => messaging.sqs);

describe('messages', () => {
  it('come out as they went in, with digests that the SDK verifies', async () => {
    const url = await createQueue(uniqueName());
    const body = 'ä\r\n\t<&>"\u2028😀';
    const attributes = {
      when: { DataType: 'Number', StringValue: '1493147359900' },
      blob: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255, 7) },
      'a.b': { DataType: 'String.label', StringValue: 'é' },
    };
    const sent = await messaging.sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: body,
        MessageAttributes: attributes,
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-2' } },
      }),
    );
    const [message] = await receive(url, {
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    assert.equal(message?.MessageId, sent.MessageId);
    assert.equal(message?.Body, body);
    assert.equal(message?.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    assert.deepEqual(message?.MessageAttributes, attributes);
    assert.equal(message?.Attributes?.ApproximateReceiveCount, '1');
    assert.equal(message?.Attributes?.AWSTraceHeader, 'Root=1-2');
    assert.match(message?.Attributes?.SentTimestamp ?? '', /^\d{13}$/);
  });

  it('give the attributes that were asked for', async () => {
    const url = await createQueue(uniqueName());
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    await messaging.sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: 'x',
        MessageAttributes: { 'app.a': text('1'), 'app.b': text('2'), other: text('3') },
      }),
    );
    const pick = async (...MessageAttributeNames: string[]): Promise<string[]> => {
      const [message] = await receive(url, { MessageAttributeNames, VisibilityTimeout: 0 });
      return Object.keys(message?.MessageAttributes ?? {}).sort();
    };
    assert.deepEqual(await pick(), []);
    assert.deepEqual(await pick('app.*'), ['app.a', 'app.b']);
    assert.deepEqual(await pick('other', 'missing'), ['other']);
    assert.deepEqual(await pick('.*'), ['app.a', 'app.b', 'other']);
    const [message] = await receive(url, { MessageSystemAttributeNames: ['SentTimestamp'] });
    assert.deepEqual(Object.keys(message?.Attributes ?? {}), ['SentTimestamp']);
  });

  it('are refused beyond the limits, which the error names', async () => {
    const url = await createQueue(uniqueName());
    await send(url, 'x'.repeat(262_144));
    const attributes = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`a${at}`, { DataType: 'String', StringValue: 'v' }]),
      );
    await send(url, 'x', { MessageAttributes: attributes(10) });
    const refusals: [Promise<unknown>, string, RegExp][] = [
      [send(url, 'x'.repeat(262_145)), 'InvalidParameterValue', /shorter than 262145 bytes, not 262145/],
      [send(url, 'é'.repeat(131_073)), 'InvalidParameterValue', /not 262146/],
      [send(url, 'x', { MessageAttributes: attributes(11) }), 'InvalidParameterValue', /11.*at most 10/],
      [send(url, 'x', { DelaySeconds: 901 }), 'InvalidParameterValue', /901.*900/],
      [send(url, 'a\u0001b'), 'InvalidMessageContents', /#x1/],
      [send(url, ''), 'MissingParameter', /MessageBody/],
      [send(url, 'x', { MessageGroupId: 'g' }), 'InvalidParameterValue', /MessageGroupId/],
      [
        send(url, 'x', { MessageAttributes: { 'aws.x': { DataType: 'String', StringValue: 'v' } } }),
        'InvalidParameterValue',
        /aws\.x/,
      ],
      [
        send(url, 'x', { MessageAttributes: { n: { DataType: 'Number', StringValue: 'seven' } } }),
        'InvalidParameterValue',
        /seven/,
      ],
      [
        receive(url, { MaxNumberOfMessages: 11 }),
        'InvalidParameterValue',
        /11 for parameter MaxNumberOfMessages/,
      ],
      [receive(url, { WaitTimeSeconds: 21 }), 'InvalidParameterValue', /21 for parameter WaitTimeSeconds/],
    ];
    for (const [refused, name, message] of refusals) await assert.rejects(refused, { name, message });
  });

  it('are sent, deleted and hidden in batches, entry by entry', async () => {
    const url = await createQueue(uniqueName());
    const sent = await messaging.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: 'good', MessageBody: 'a' },
          { Id: 'bad', MessageBody: 'b', DelaySeconds: 901 },
          {
            Id: 'fine',
            MessageBody: 'c',
            MessageAttributes: { k: { DataType: 'String', StringValue: 'v' } },
          },
        ],
      }),
    );
    assert.deepEqual(
      sent.Successful?.map((one) => one.Id),
      ['good', 'fine'],
    );
    assert.deepEqual(
      sent.Failed?.map((one) => [one.Id, one.Code, one.SenderFault]),
      [['bad', 'InvalidParameterValue', true]],
    );
    const messages = await receive(url, { MaxNumberOfMessages: 10 });
    assert.deepEqual(messages.map((one) => one.Body).sort(), ['a', 'c']);
    const handles = messages.map((one) => one.ReceiptHandle ?? '');
    const hidden = await messaging.sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: '0', ReceiptHandle: handles[0], VisibilityTimeout: 0 },
          { Id: '1', ReceiptHandle: 'bogus', VisibilityTimeout: 0 },
        ],
      }),
    );
    assert.deepEqual(
      hidden.Successful?.map((one) => one.Id),
      ['0'],
    );
    assert.deepEqual(
      hidden.Failed?.map((one) => one.Code),
      ['ReceiptHandleIsInvalid'],
    );
    const deleted = await messaging.sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: handles.map((ReceiptHandle, at) => ({ Id: `${at}`, ReceiptHandle })),
      }),
    );
    assert.equal(deleted.Successful?.length, 2);
    messaging.advance(60);
    assert.deepEqual(await receive(url), []);
  });

  it('are refused as a batch that is empty, too long, too large or ambiguous', async () => {
    const url = await createQueue(uniqueName());
    const batch = (entries: { Id: string; MessageBody: string }[]) =>
      messaging.sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
    const entry = (Id: string, MessageBody = 'x') => ({ Id, MessageBody });
    const many = Array.from({ length: 11 }, (_, at) => entry(`${at}`));
    const large = Array.from({ length: 3 }, (_, at) => entry(`${at}`, 'x'.repeat(100_000)));
    await assert.rejects(batch([]), { name: 'EmptyBatchRequest' });
    await assert.rejects(batch(many), { name: 'TooManyEntriesInBatchRequest', message: /You have sent 11/ });
    await assert.rejects(batch(large), { name: 'BatchRequestTooLong', message: /300000/ });
    await assert.rejects(batch([entry('a'), entry('a')]), {
      name: 'BatchEntryIdsNotDistinct',
      message: /Id a/,
    });
    await assert.rejects(batch([entry('a b')]), { name: 'InvalidBatchEntryId', message: /a b/ });
    assert.deepEqual(await receive(url), []);
  });

  it('are forgotten after the retention period', async () => {
    const url = await createQueue(uniqueName(), { MessageRetentionPeriod: '60' });
    await send(url, 'old');
    messaging.advance(59);
    await send(url, 'new');
    messaging.advance(2);
    assert.deepEqual(
      (await receive(url, { MaxNumberOfMessages: 10 })).map((one) => one.Body),
      ['new'],
    );
  });
});
