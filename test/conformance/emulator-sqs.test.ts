import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import {
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type Message,
  MessageNotInflight,
  PurgeQueueCommand,
  type QueueAttributeName,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  ResourceNotFoundException,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { type Messaging, REGION, startMessaging, until } from '../helpers/messaging.ts';

let messaging: Messaging;
let queueCount = 0;

before(async () => {
  messaging = await startMessaging();
});
after(() => messaging.close());

describe('queues', () => {
  it('are created, found, listed page by page, and deleted', async () => {
    const url = await createQueue('listed-b');
    await createQueue('listed-a');
    assert.equal(url, `${messaging.origin}/000000000000/listed-b`);
    const found = await messaging.sqs.send(new GetQueueUrlCommand({ QueueName: 'listed-b' }));
    assert.equal(found.QueueUrl, url);
    const first = await messaging.sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: 'listed-', MaxResults: 1 }),
    );
    assert.deepEqual(first.QueueUrls?.map(nameOf), ['listed-a']);
    const { NextToken } = first;
    const second = await messaging.sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: 'listed-', MaxResults: 1, NextToken }),
    );
    assert.deepEqual(second.QueueUrls?.map(nameOf), ['listed-b']);
    assert.equal(second.NextToken, undefined);
    await messaging.sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
    await assert.rejects(
      messaging.sqs.send(new GetQueueUrlCommand({ QueueName: 'listed-b' })),
      QueueDoesNotExist,
    );
    await assert.rejects(send(url, 'x'), QueueDoesNotExist);
  });

  it('are created again with the same attributes, not with others', async () => {
    const Attributes = { VisibilityTimeout: '5', DelaySeconds: '0' };
    const first = await createQueue('twice', Attributes);
    assert.equal(await createQueue('twice', Attributes), first);
    assert.equal(await createQueue('twice'), first);
    await assert.rejects(createQueue('twice', { VisibilityTimeout: '6' }), (error: Error) => {
      assert.ok(error instanceof QueueNameExists);
      assert.match(error.message, /VisibilityTimeout: twice/);
      return true;
    });
  });

  it('say what they hold', async () => {
    const url = await createQueue('described', { MessageRetentionPeriod: '600' });
    await send(url, 'a');
    await send(url, 'b');
    await send(url, 'c', { DelaySeconds: 60 });
    await receive(url);
    const all = await attributesOf(url, 'All');
    assert.equal(all.QueueArn, `arn:aws:sqs:${REGION}:000000000000:described`);
    assert.equal(all.MessageRetentionPeriod, '600');
    assert.equal(all.VisibilityTimeout, '30');
    assert.equal(all.ApproximateNumberOfMessages, '1');
    assert.equal(all.ApproximateNumberOfMessagesNotVisible, '1');
    assert.equal(all.ApproximateNumberOfMessagesDelayed, '1');
    await messaging.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: '7' } }),
    );
    assert.deepEqual(await attributesOf(url, 'VisibilityTimeout'), { VisibilityTimeout: '7' });
    assert.deepEqual(messaging.emulator.queues.depth(all.QueueArn ?? ''), {
      visible: 1,
      inFlight: 1,
      delayed: 1,
    });
  });

  it('refuse attributes that are unknown, out of range or of FIFO queues, and name them', async () => {
    const refusals: [Partial<Record<QueueAttributeName, string>>, string, RegExp][] = [
      [{ VisibilityTimeout: '43201' }, 'InvalidAttributeValue', /VisibilityTimeout: 43201.*0 to 43200/],
      [{ DelaySeconds: '1.5' }, 'InvalidAttributeValue', /DelaySeconds: 1\.5/],
      [{ RedrivePolicy: '{"maxReceiveCount":3}' }, 'InvalidParameterValue', /deadLetterTargetArn/],
      [{ RedrivePolicy: 'nope' }, 'InvalidParameterValue', /nope/],
      [
        { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf('missing'), maxReceiveCount: 3 }) },
        'InvalidParameterValue',
        /does not exist.*missing/,
      ],
      [{ FifoQueue: 'true' }, 'NotImplemented', /FifoQueue=true/],
      [{ Nonsense: '1' } as Partial<Record<QueueAttributeName, string>>, 'InvalidAttributeName', /Nonsense/],
    ];
    for (const [attributes, name, message] of refusals)
      await assert.rejects(createQueue(uniqueName(), attributes), { name, message });
    await assert.rejects(createQueue('orders.fifo'), {
      name: 'NotImplemented',
      message: /orders\.fifo: FIFO/,
    });
    await assert.rejects(createQueue('a b'), { name: 'InvalidParameterValue', message: /a b/ });
  });

  it('carry tags', async () => {
    const url = await createQueue(uniqueName());
    await messaging.sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: { team: 'sre', stage: 'dev' } }));
    await messaging.sqs.send(new UntagQueueCommand({ QueueUrl: url, TagKeys: ['stage'] }));
    const { Tags } = await messaging.sqs.send(new ListQueueTagsCommand({ QueueUrl: url }));
    assert.deepEqual(Tags, { team: 'sre' });
  });

  it('are emptied at once', async () => {
    const url = await createQueue(uniqueName());
    await send(url, 'a');
    await send(url, 'b', { DelaySeconds: 5 });
    await messaging.sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
    messaging.advance(10);
    assert.deepEqual(await receive(url), []);
  });
});

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

  it('waits for a message and wakes when one is sent', async () => {
    const url = await createQueue(uniqueName());
    const waiting = receive(url, { WaitTimeSeconds: 20 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await send(url, 'awaited');
    assert.deepEqual(
      (await waiting).map((one) => one.Body),
      ['awaited'],
    );
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

  it('wakes when a hidden message becomes visible', async () => {
    const url = await createQueue(uniqueName());
    await send(url, 'x');
    await receive(url, { VisibilityTimeout: 1 });
    assert.equal((await receive(url, { WaitTimeSeconds: 10 })).length, 1);
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
    assert.equal(dead?.Attributes?.DeadLetterQueueSourceArn, arnOf(nameOf(url)));

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
    const { url, deadUrl } = await createPair(1);
    await send(url, 'poison');
    await receive(url, { VisibilityTimeout: 0 });
    const waiting = receive(deadUrl, { WaitTimeSeconds: 20 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await receive(url);
    assert.deepEqual(
      (await waiting).map((one) => one.Body),
      ['poison'],
    );
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
        DestinationArn: arnOf(elsewhere),
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
    await assert.rejects(messaging.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arnOf(name) })), {
      name: 'InvalidParameterValue',
    });
    await assert.rejects(
      messaging.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arnOf('missing') })),
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

describe('requests', () => {
  it('are answered in the query protocol too, errors by its codes', async () => {
    const name = uniqueName();
    const created = await call({
      Action: 'CreateQueue',
      QueueName: name,
      'Attribute.1.Name': 'VisibilityTimeout',
      'Attribute.1.Value': '9',
    });
    const QueueUrl = /<QueueUrl>(.*)<\/QueueUrl>/.exec(created.body)?.[1] ?? '';
    assert.deepEqual(await attributesOf(QueueUrl, 'VisibilityTimeout'), { VisibilityTimeout: '9' });
    await call({
      Action: 'SendMessage',
      QueueUrl,
      MessageBody: 'a<b>\r\n',
      'MessageAttribute.1.Name': 'k',
      'MessageAttribute.1.Value.DataType': 'String',
      'MessageAttribute.1.Value.StringValue': 'v',
    });
    const received = await call({ Action: 'ReceiveMessage', QueueUrl, 'MessageAttributeName.1': 'All' });
    assert.match(received.body, /<Body>a&lt;b&gt;&#xD;\n<\/Body>/);
    assert.match(received.body, /<MessageAttribute><Name>k<\/Name><Value><StringValue>v<\/StringValue>/);
    const failed = await call({ Action: 'GetQueueUrl', QueueName: 'missing' });
    assert.equal(failed.status, 400);
    assert.match(failed.body, /<Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/);
    const unknown = await call({ Action: 'Explode' });
    assert.equal(unknown.status, 501);
    assert.match(unknown.body, /<Code>NotImplemented<\/Code>.*Explode/);
  });

  it('name the queue by their path where the form does not', async () => {
    const name = uniqueName();
    await createQueue(name);
    const form = { Action: 'GetQueueAttributes', 'AttributeName.1': 'QueueArn' };
    const { body } = await call(form, {}, `/000000000000/${name}`);
    assert.ok(
      body.includes(`<Attribute><Name>QueueArn</Name><Value>${arnOf(name)}</Value></Attribute>`),
      body,
    );
  });

  it('carry the older error code in a header', async () => {
    const target = { 'x-amz-target': 'AmazonSQS.GetQueueUrl' };
    const { status, headers, body } = await call('{"QueueName":"missing"}', target);
    assert.equal(status, 400);
    assert.equal(headers['x-amzn-query-error'], 'AWS.SimpleQueueService.NonExistentQueue;Sender');
    assert.equal((JSON.parse(body) as { __type: string }).__type, 'com.amazonaws.sqs#QueueDoesNotExist');
  });

  it('that are no JSON are a SerializationException', async () => {
    for (const text of ['{', '[]', '"x"', '{"QueueName":5}'])
      assert.match(
        (await call(text, { 'x-amz-target': 'AmazonSQS.GetQueueUrl' })).body,
        /SerializationException/,
        text,
      );
  });
});

/** What the service answers to a form or a JSON text, as any client might write it. */
async function call(
  payload: string | Record<string, string>,
  headers: Record<string, string> = {},
  path = '/',
): Promise<{ status: number; headers: Readonly<Record<string, string>>; body: string }> {
  const body = typeof payload === 'string' ? payload : new URLSearchParams(payload).toString();
  const answer = await messaging.emulator.queues.handle({
    method: 'POST',
    path,
    query: new URLSearchParams(),
    headers,
    body: Readable.from([Buffer.from(body)]),
    origin: messaging.origin,
    requestId: 'request',
  });
  return { status: answer.status, headers: answer.headers ?? {}, body: String(answer.body) };
}

function createQueue(
  name: string,
  Attributes?: Partial<Record<QueueAttributeName, string>>,
): Promise<string> {
  return messaging.sqs
    .send(new CreateQueueCommand({ QueueName: name, Attributes }))
    .then(({ QueueUrl }) => QueueUrl ?? '');
}

async function createPair(
  maxReceiveCount: number,
): Promise<{ url: string; deadUrl: string; deadArn: string }> {
  const name = uniqueName();
  const deadUrl = await createQueue(`${name}-dead`);
  const deadArn = arnOf(`${name}-dead`);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount });
  return { url: await createQueue(name, { RedrivePolicy }), deadUrl, deadArn };
}

function send(
  QueueUrl: string,
  MessageBody: string,
  more: Partial<SendMessageCommand['input']> = {},
): Promise<{ MessageId?: string | undefined }> {
  return messaging.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
}

async function receive(
  QueueUrl: string,
  more: Partial<ReceiveMessageCommand['input']> = {},
): Promise<Message[]> {
  return (await messaging.sqs.send(new ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
}

function remove(QueueUrl: string, message: Message | undefined): Promise<unknown> {
  return messaging.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
}

async function attributesOf(
  QueueUrl: string,
  name: QueueAttributeName,
): Promise<Partial<Record<string, string>>> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] });
  return (await messaging.sqs.send(command)).Attributes ?? {};
}

async function taskOf(SourceArn: string) {
  return (await messaging.sqs.send(new ListMessageMoveTasksCommand({ SourceArn }))).Results?.[0];
}

function arnOf(name: string): string {
  return `arn:aws:sqs:${REGION}:000000000000:${name}`;
}

function nameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

function uniqueName(): string {
  return `queue-${queueCount++}`;
}
