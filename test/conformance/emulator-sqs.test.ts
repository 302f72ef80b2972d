import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import {
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  type QueueAttributeName,
  QueueDoesNotExist,
  QueueNameExists,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { REGION, useMessaging } from '../helpers/messaging.ts';
import { nameOfUrl, queueArn, queueCalls, uniqueName } from '../helpers/queue-calls.ts';

const messaging = useMessaging();
const { createQueue, send, receive, attributesOf } = queueCalls(() => messaging.sqs);

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
    assert.deepEqual(first.QueueUrls?.map(nameOfUrl), ['listed-a']);
    const { NextToken } = first;
    const second = await messaging.sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: 'listed-', MaxResults: 1, NextToken }),
    );
    assert.deepEqual(second.QueueUrls?.map(nameOfUrl), ['listed-b']);
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
        { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn('missing'), maxReceiveCount: 3 }) },
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
      body.includes(`<Attribute><Name>QueueArn</Name><Value>${queueArn(name)}</Value></Attribute>`),
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
