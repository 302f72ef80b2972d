import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  InvalidParameterException,
  InvalidParameterValueException,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  type MessageAttributeValue,
  NotFoundException,
  PublishBatchCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
  TagResourceCommand,
  UnsubscribeCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-sns';
import { CreateQueueCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { type Messaging, REGION, startMessaging, until } from '../helpers/messaging.ts';

let messaging: Messaging;
let names = 0;

before(async () => {
  messaging = await startMessaging();
});
after(() => messaging.close());

describe('topics', () => {
  it('are created, listed, described, changed and deleted', async () => {
    const name = uniqueName();
    const arn = await createTopic(name, { DisplayName: 'Tide' });
    assert.equal(arn, `arn:aws:sns:${REGION}:000000000000:${name}`);
    assert.equal(await createTopic(name, { DisplayName: 'Tide' }), arn);
    await assert.rejects(createTopic(name, { DisplayName: 'Ebb' }), {
      name: 'InvalidParameterException',
      message: /different DisplayName/,
    });
    const { Topics } = await messaging.sns.send(new ListTopicsCommand({}));
    assert.ok(Topics?.some((topic) => topic.TopicArn === arn));
    await messaging.sns.send(
      new SetTopicAttributesCommand({ TopicArn: arn, AttributeName: 'DisplayName', AttributeValue: 'Ebb' }),
    );
    const { Attributes } = await messaging.sns.send(new GetTopicAttributesCommand({ TopicArn: arn }));
    assert.equal(Attributes?.DisplayName, 'Ebb');
    assert.equal(Attributes?.SubscriptionsConfirmed, '0');
    await messaging.sns.send(new DeleteTopicCommand({ TopicArn: arn }));
    await messaging.sns.send(new DeleteTopicCommand({ TopicArn: arn }));
    await assert.rejects(publish(arn, 'x'), NotFoundException);
  });

  it('are listed by the hundred', async () => {
    const made = new Set<string>();
    for (let at = 0; at < 101; at++) made.add(await createTopic(`paged-${at}`));
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await messaging.sns.send(new ListTopicsCommand({ NextToken }));
      assert.ok((page.Topics?.length ?? 0) <= 100);
      seen.push(...(page.Topics ?? []).map((topic) => topic.TopicArn ?? ''));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual(
      [...made].filter((arn) => !seen.includes(arn)),
      [],
    );
  });

  it('carry tags', async () => {
    const ResourceArn = await createTopic(uniqueName());
    const Tags = [
      { Key: 'team', Value: 'sre' },
      { Key: 'stage', Value: 'dev' },
    ];
    await messaging.sns.send(new TagResourceCommand({ ResourceArn, Tags }));
    await messaging.sns.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['stage'] }));
    const listed = await messaging.sns.send(new ListTagsForResourceCommand({ ResourceArn }));
    assert.deepEqual(listed.Tags, [{ Key: 'team', Value: 'sre' }]);
  });

  it('refuse names and attributes that they cannot have', async () => {
    await assert.rejects(createTopic('a.fifo'), { name: 'NotImplemented', message: /a\.fifo: FIFO/ });
    await assert.rejects(createTopic('a b'), { name: 'InvalidParameterException', message: /a b/ });
    await assert.rejects(createTopic(uniqueName(), { Colour: 'red' }), { message: /Colour/ });
    await assert.rejects(publish('nonsense', 'x'), InvalidParameterException);
  });
});

describe('subscriptions', () => {
  it('are made, listed, described and ended', async () => {
    const topic = await createTopic(uniqueName());
    const { arn: queueArn } = await createQueue();
    const arn = await subscribe(topic, 'sqs', queueArn, { RawMessageDelivery: 'true' });
    assert.equal(await subscribe(topic, 'sqs', queueArn), arn);
    await assert.rejects(subscribe(topic, 'sqs', queueArn, { RawMessageDelivery: 'false' }), {
      message: /different attributes: RawMessageDelivery/,
    });
    const { Subscriptions } = await messaging.sns.send(
      new ListSubscriptionsByTopicCommand({ TopicArn: topic }),
    );
    assert.deepEqual(Subscriptions, [
      { SubscriptionArn: arn, Owner: '000000000000', Protocol: 'sqs', Endpoint: queueArn, TopicArn: topic },
    ]);
    const all = await messaging.sns.send(new ListSubscriptionsCommand({}));
    assert.ok(all.Subscriptions?.some((one) => one.SubscriptionArn === arn));
    const { Attributes } = await messaging.sns.send(
      new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }),
    );
    assert.equal(Attributes?.RawMessageDelivery, 'true');
    assert.equal(Attributes?.PendingConfirmation, 'false');
    await messaging.sns.send(new UnsubscribeCommand({ SubscriptionArn: arn }));
    await messaging.sns.send(new UnsubscribeCommand({ SubscriptionArn: arn }));
    await assert.rejects(
      messaging.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn })),
      NotFoundException,
    );
  });

  it('end with their topic', async () => {
    const topic = await createTopic(uniqueName());
    const { arn: queueArn } = await createQueue();
    const arn = await subscribe(topic, 'sqs', queueArn);
    await messaging.sns.send(new DeleteTopicCommand({ TopicArn: topic }));
    await assert.rejects(
      messaging.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn })),
      NotFoundException,
    );
  });

  it('refuse endpoints and attributes that do not fit', async () => {
    const topic = await createTopic(uniqueName());
    const { arn: queueArn } = await createQueue();
    const refusals: [string, string, Record<string, string>, RegExp][] = [
      ['sms', '+4912345', {}, /sms/],
      ['sqs', 'https://example.org', {}, /https:\/\/example\.org/],
      ['http', 'https://example.org', {}, /does not fit the protocol http/],
      ['email', 'nobody', {}, /nobody/],
      ['email', 'a@example.org', { RawMessageDelivery: 'true' }, /email.*raw/],
      ['sqs', queueArn, { RawMessageDelivery: 'yes' }, /not yes/],
      ['sqs', queueArn, { FilterPolicy: '{"a":"b"}' }, /"a" must be an object or an array/],
      ['sqs', queueArn, { FilterPolicy: '{"a":{"b":["c"]}}' }, /nested/],
      ['sqs', queueArn, { FilterPolicyScope: 'Headers' }, /Headers/],
      ['sqs', queueArn, { RedrivePolicy: '{}' }, /deadLetterTargetArn/],
      ['sqs', queueArn, { Colour: 'red' }, /Colour/],
    ];
    for (const [protocol, endpoint, attributes, message] of refusals)
      await assert.rejects(subscribe(topic, protocol, endpoint, attributes), {
        name: 'InvalidParameterException',
        message,
      });
  });

  it('keep their policy and its scope fitting', async () => {
    const topic = await createTopic(uniqueName());
    const { arn: queueArn } = await createQueue();
    const arn = await subscribe(topic, 'sqs', queueArn, {
      FilterPolicyScope: 'MessageBody',
      FilterPolicy: '{"a":{"b":["c"]}}',
    });
    await assert.rejects(setAttribute(arn, 'FilterPolicyScope', 'MessageAttributes'), /nested/);
    await setAttribute(arn, 'FilterPolicy', '');
    await setAttribute(arn, 'FilterPolicyScope', 'MessageAttributes');
  });
});

describe('delivery to a queue', () => {
  it('wraps the message with its attributes', async () => {
    const { topic, queue } = await createPair();
    const sent = await publish(topic, 'tide\r\n<out>', {
      Subject: 'Ebbe – ok',
      MessageAttributes: { severity: text('critical'), ratio: number('0.5'), raw: binary(1, 2) },
    });
    const [message] = await receive(queue);
    const envelope = JSON.parse(message?.Body ?? '') as Record<string, unknown>;
    const { Timestamp, Signature, SigningCertURL, UnsubscribeURL, ...rest } = envelope;
    assert.deepEqual(rest, {
      Type: 'Notification',
      MessageId: sent.MessageId,
      TopicArn: topic,
      Subject: 'Ebbe – ok',
      Message: 'tide\r\n<out>',
      SignatureVersion: '1',
      MessageAttributes: {
        severity: { Type: 'String', Value: 'critical' },
        ratio: { Type: 'Number', Value: '0.5' },
        raw: { Type: 'Binary', Value: 'AQI=' },
      },
    });
    assert.match(String(Timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Signature && SigningCertURL);
    assert.match(String(UnsubscribeURL), /Action=Unsubscribe&SubscriptionArn=/);
    assert.equal(message?.MessageAttributes, undefined);
  });

  it('passes a raw message on with its attributes', async () => {
    const { topic, queue } = await createPair({ RawMessageDelivery: 'true' });
    const MessageAttributes = { severity: text('critical'), ratio: number('0.5'), raw: binary(1, 2) };
    await publish(topic, 'raw', { MessageAttributes });
    const [message] = await receive(queue);
    assert.equal(message?.Body, 'raw');
    assert.deepEqual(message?.MessageAttributes, MessageAttributes);
  });

  it('takes the text of its protocol', async () => {
    const { topic, queue } = await createPair({ RawMessageDelivery: 'true' });
    const texts = JSON.stringify({ default: 'for all', sqs: 'for queues' });
    await publish(topic, texts, { MessageStructure: 'json' });
    await publish(topic, '{"default":"for all"}', { MessageStructure: 'json' });
    const bodies = (await receive(queue)).map((one) => one.Body);
    assert.deepEqual(bodies.sort(), ['for all', 'for queues']);
    await assert.rejects(publish(topic, '{"sqs":"x"}', { MessageStructure: 'json' }), /No default entry/);
    await assert.rejects(publish(topic, 'plain', { MessageStructure: 'json' }), /failed to parse/);
  });

  it('filters by attributes and by body', async () => {
    const topic = await createTopic(uniqueName());
    const byAttribute = await createQueue();
    const byBody = await createQueue();
    await subscribe(topic, 'sqs', byAttribute.arn, {
      RawMessageDelivery: 'true',
      FilterPolicy: '{"severity":["critical"],"ratio":[{"numeric":[">=",0.5]}]}',
    });
    await subscribe(topic, 'sqs', byBody.arn, {
      RawMessageDelivery: 'true',
      FilterPolicyScope: 'MessageBody',
      FilterPolicy: '{"alert":{"severity":[{"prefix":"crit"}]}}',
    });
    const one = '{"alert":{"severity":"critical"},"n":1}';
    await publish(topic, one, { MessageAttributes: { severity: text('info'), ratio: number('1') } });
    const two = '{"alert":{"severity":"info"},"n":2}';
    await publish(topic, two, { MessageAttributes: { severity: text('critical'), ratio: number('5e-1') } });
    await publish(topic, 'no JSON');
    assert.deepEqual(
      (await receive(byAttribute.url)).map((message) => message.Body),
      [two],
    );
    assert.deepEqual(
      (await receive(byBody.url)).map((message) => message.Body),
      [one],
    );
  });

  it('publishes batches, entry by entry', async () => {
    const { topic, queue } = await createPair({ RawMessageDelivery: 'true' });
    const answer = await messaging.sns.send(
      new PublishBatchCommand({
        TopicArn: topic,
        PublishBatchRequestEntries: [
          { Id: 'good', Message: 'a' },
          { Id: 'bad', Message: 'b', MessageAttributes: { n: number('many') } },
          { Id: 'fine', Message: 'c', Subject: 's', MessageAttributes: { k: text('v') } },
        ],
      }),
    );
    assert.deepEqual(
      answer.Successful?.map((one) => one.Id),
      ['good', 'fine'],
    );
    assert.deepEqual(
      answer.Failed?.map((one) => [one.Id, one.Code]),
      [['bad', 'ParameterValueInvalid']],
    );
    const bodies = (await receive(queue)).map((one) => one.Body);
    assert.deepEqual(bodies.sort(), ['a', 'c']);
    const entries = (...ids: string[]) => ids.map((Id) => ({ Id, Message: 'x' }));
    const batch = (list: { Id: string; Message: string }[]) =>
      messaging.sns.send(new PublishBatchCommand({ TopicArn: topic, PublishBatchRequestEntries: list }));
    await assert.rejects(batch([]), { name: 'EmptyBatchRequestException' });
    await assert.rejects(batch(entries('a', 'a')), { name: 'BatchEntryIdsNotDistinctException' });
    await assert.rejects(batch(entries('a b')), { name: 'InvalidBatchEntryIdException' });
    await assert.rejects(batch(entries(...'abcdefghijk')), { name: 'TooManyEntriesInBatchRequestException' });
    const large = entries('a', 'b', 'c').map((one) => ({ ...one, Message: 'x'.repeat(100_000) }));
    await assert.rejects(batch(large), { name: 'BatchRequestTooLongException', message: /300000/ });
  });

  it('goes to the dead-letter queue where the queue is gone, and is logged where there is none', async () => {
    const topic = await createTopic(uniqueName());
    const dead = await createQueue();
    const missing = `arn:aws:sqs:${REGION}:000000000000:missing`;
    const arn = await subscribe(topic, 'sqs', missing);
    await publish(topic, 'dropped');
    assert.ok(messaging.logged.some((line) => /missing.*dropped/.test(line)));
    await setAttribute(arn, 'RedrivePolicy', JSON.stringify({ deadLetterTargetArn: dead.arn }));
    await publish(topic, 'kept');
    const [message] = await receive(dead.url);
    assert.equal((JSON.parse(message?.Body ?? '') as { Message: string }).Message, 'kept');
    assert.match(message?.MessageAttributes?.ErrorMessage?.StringValue ?? '', /does not exist/);
  });

  it('refuses messages beyond the limits', async () => {
    const { topic } = await createPair();
    await publish(topic, 'x'.repeat(262_144));
    await assert.rejects(publish(topic, 'x'.repeat(262_145)), /262145 bytes; the limit is 262144/);
    await assert.rejects(publish(topic, 'x', { Subject: 'two\nlines' }), /two\\nlines/);
    await assert.rejects(publish(topic, 'x', { Subject: 's'.repeat(101) }), /100/);
    const array = { list: { DataType: 'String.Array', StringValue: '{"a":1}' } };
    await assert.rejects(publish(topic, 'x', { MessageAttributes: array }), InvalidParameterValueException);
    await assert.rejects(publish(topic, 'x', { MessageAttributes: { s: text('') } }), /'s'.*non-empty/);
    await assert.rejects(messaging.sns.send(new PublishCommand({ PhoneNumber: '+49123', Message: 'x' })), {
      name: 'NotImplemented',
    });
  });
});

describe('delivery to a web endpoint', () => {
  it('asks for confirmation, then posts what is published', async () => {
    const endpoint = await startEndpoint();
    const topic = await createTopic(uniqueName());
    const shown = await messaging.sns.send(
      new SubscribeCommand({ TopicArn: topic, Protocol: 'http', Endpoint: endpoint.url }),
    );
    assert.equal(shown.SubscriptionArn, 'pending confirmation');
    await until(() => endpoint.requests.length === 1);
    const asked = endpoint.requests[0];
    assert.equal(asked?.headers['x-amz-sns-message-type'], 'SubscriptionConfirmation');
    assert.equal(asked?.headers['x-amz-sns-topic-arn'], topic);
    await publish(topic, 'before it is confirmed');
    const { SubscribeURL, Token } = JSON.parse(asked?.body ?? '') as Record<string, string>;
    await assert.rejects(
      messaging.sns.send(new ConfirmSubscriptionCommand({ TopicArn: topic, Token: 'wrong' })),
      InvalidParameterException,
    );
    assert.ok(Token);
    const page = await fetch(SubscribeURL ?? '');
    assert.equal(page.status, 200);
    const arn = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(await page.text())?.[1] ?? '';
    const { MessageId } = await publish(topic, 'tide', { Subject: 'out' });
    await until(() => endpoint.requests.length === 2);
    const got = endpoint.requests[1];
    assert.equal(got?.headers['x-amz-sns-message-type'], 'Notification');
    assert.equal(got?.headers['x-amz-sns-message-id'], MessageId);
    assert.equal(got?.headers['x-amz-sns-subscription-arn'], arn);
    assert.equal(got?.headers['content-type'], 'text/plain; charset=UTF-8');
    const { Message, UnsubscribeURL } = JSON.parse(got?.body ?? '') as Record<string, string>;
    assert.equal(Message, 'tide');
    await fetch(UnsubscribeURL ?? '');
    await assert.rejects(
      messaging.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn })),
      NotFoundException,
    );
    await endpoint.close();
  });

  it('tries again after an error, and then not any more', async () => {
    const endpoint = await startEndpoint();
    const topic = await createTopic(uniqueName());
    await confirm(topic, endpoint);
    endpoint.answers.push(500, 429);
    await publish(topic, 'third time lucky');
    await until(() => endpoint.requests.length === 3);
    await publish(topic, 'next');
    await until(() => endpoint.requests.length === 4);
    const bodies = endpoint.requests.map(({ body }) => (JSON.parse(body) as { Message: string }).Message);
    assert.deepEqual(bodies, [...Array<string>(3).fill('third time lucky'), 'next']);
    await endpoint.close();
  });

  it('gives up after the last attempt, at once on a 4xx, into the dead-letter queue', async () => {
    const endpoint = await startEndpoint();
    const topic = await createTopic(uniqueName());
    const dead = await createQueue();
    const arn = await confirm(topic, endpoint);
    await setAttribute(arn, 'RedrivePolicy', JSON.stringify({ deadLetterTargetArn: dead.arn }));
    await setAttribute(arn, 'RawMessageDelivery', 'true');
    endpoint.answers.push(500, 500, 503);
    await publish(topic, 'lost', { MessageAttributes: { k: text('v') } });
    const [message] = await receive(dead.url, 20);
    assert.equal(message?.Body, 'lost');
    assert.equal(message?.MessageAttributes?.k?.StringValue, 'v');
    assert.equal(endpoint.requests.length, 3);
    assert.equal(endpoint.requests[0]?.headers['x-amz-sns-rawdelivery'], 'true');
    assert.equal(endpoint.requests[0]?.body, 'lost');
    endpoint.answers.push(404);
    await publish(topic, 'refused');
    assert.deepEqual(
      (await receive(dead.url, 20)).map((one) => one.Body),
      ['refused'],
    );
    assert.equal(endpoint.requests.length, 4);
    await endpoint.close();
  });
});

describe('delivery by mail', () => {
  it('writes one file a message', async () => {
    const topic = await createTopic(uniqueName(), { DisplayName: 'Tidewatch' });
    await subscribe(topic, 'email', 'sre@example.org');
    assert.ok(messaging.logged.some((line) => /sre@example\.org.*confirmed at once/.test(line)));
    await publish(topic, 'The tide is ökay.\nReally.', { Subject: 'Tide – out' });
    await until(async () => (await mails()).length === 1);
    const mail = (await mails())[0] ?? '';
    assert.match(mail, /^From: Tidewatch <no-reply@sns\.invalid>$/m);
    assert.match(mail, /^To: sre@example\.org$/m);
    assert.match(mail, /^Subject: =\?UTF-8\?B\?VGlkZSDigJMgb3V0\?=$/m);
    assert.match(mail, /\n\nThe tide is ökay\.\nReally\.\n/);
    assert.match(mail, /Action=Unsubscribe/);
    await publish(topic, `long ${'x'.repeat(2000)}`);
    await until(async () => (await mails()).length === 2);
    const long = (await mails()).find((one) => /base64/.test(one)) ?? '';
    const encoded = long.slice(long.indexOf('\n\n'));
    assert.match(Buffer.from(encoded, 'base64').toString(), /^long x{2000}\n/);
    assert.ok(long.split('\n').every((line) => line.length <= 998));
  });
});

describe('delivery to a function', () => {
  it('invokes it with the event that Lambda gets', async () => {
    const invoked: { name: string; payload: unknown }[] = [];
    messaging.emulator.useFunctions({
      async invoke(name, payload) {
        invoked.push({ name, payload });
        const functionError = invoked.length === 1 ? 'Unhandled' : undefined;
        return { payload: {}, functionError };
      },
      handle: () => Promise.reject(new Error('not used')),
      close: () => Promise.resolve(),
    });
    const topic = await createTopic(uniqueName());
    const functionArn = `arn:aws:lambda:${REGION}:000000000000:function:alerts`;
    const arn = await subscribe(topic, 'lambda', functionArn);
    const { MessageId } = await publish(topic, 'tide', { MessageAttributes: { k: text('v') } });
    // The first invocation fails, so there is a second one.
    await until(() => invoked.length === 2);
    const [first, second] = invoked;
    assert.deepEqual(second, first);
    assert.equal(first?.name, functionArn);
    const event = first?.payload;
    const { Records } = event as { Records: Record<string, unknown>[] };
    const [{ Sns, ...record } = {}] = Records;
    assert.deepEqual(record, { EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: arn });
    const sns = Sns as Record<string, unknown>;
    assert.equal(sns.MessageId, MessageId);
    assert.equal(sns.Message, 'tide');
    assert.equal(sns.Subject, null);
    assert.deepEqual(sns.MessageAttributes, { k: { Type: 'String', Value: 'v' } });
    assert.ok(sns.SigningCertUrl && sns.UnsubscribeUrl);
  });
});

describe('after a restart', () => {
  it('topics, subscriptions and deliveries under way are still there', async () => {
    let own = await startMessaging([3_600_000]);
    try {
      // A file in the folder's place: the first attempt to write the mail fails.
      await rm(own.outboxDir, { recursive: true, force: true });
      await writeFile(own.outboxDir, '');
      const topic = await own.emulator.topics.create('alerts', {});
      const { url, arn } = await own.emulator.queues.create('inbox', {});
      for (const [protocol, endpoint] of [
        ['email', 'sre@example.org'],
        ['sqs', arn],
      ] as const)
        await own.emulator.topics.subscribe({ topicArn: topic.arn, protocol, endpoint, attributes: {} });
      await own.sns.send(new PublishCommand({ TopicArn: topic.arn, Message: 'late' }));
      await until(() => own.logged.some((line) => /attempt 1 of 2 failed/.test(line)));
      await rm(own.outboxDir);
      own = await own.restart();
      await until(async () =>
        (await readdir(own.outboxDir).catch(() => [])).some((file) => file.endsWith('.eml')),
      );
      await own.sns.send(new PublishCommand({ TopicArn: topic.arn, Message: 'new' }));
      assert.deepEqual(own.emulator.queues.depth(arn), { visible: 2, inFlight: 0, delayed: 0 });
      assert.ok(url);
      own = await own.restart();
      await own.sns.send(new PublishCommand({ TopicArn: topic.arn, Message: 'newer' }));
      await until(
        async () => (await readdir(own.outboxDir)).filter((file) => file.endsWith('.eml')).length === 3,
      );
    } finally {
      await own.close();
    }
  });
});

interface Endpoint {
  readonly url: string;
  readonly requests: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }[];
  /** Statuses of the next answers; 200 once they are used up. */
  readonly answers: number[];
  close(): Promise<void>;
}

async function startEndpoint(): Promise<Endpoint> {
  const requests: Endpoint['requests'] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ headers: request.headers, body });
    response.writeHead(answers.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Subscribes the endpoint, confirms it, and forgets that it was asked. */
async function confirm(TopicArn: string, endpoint: Endpoint): Promise<string> {
  const arn = await subscribe(TopicArn, 'http', endpoint.url);
  await until(() => endpoint.requests.length === 1);
  const { Token } = JSON.parse(endpoint.requests.shift()?.body ?? '') as { Token: string };
  const confirmed = await messaging.sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
  assert.equal(confirmed.SubscriptionArn, arn);
  return arn;
}

async function mails(): Promise<string[]> {
  const files = await readdir(messaging.outboxDir).catch(() => []);
  return Promise.all(
    files
      .filter((file) => file.endsWith('.eml'))
      .map((file) => readFile(join(messaging.outboxDir, file), 'utf8')),
  );
}

async function createTopic(Name: string, Attributes?: Record<string, string>): Promise<string> {
  return (await messaging.sns.send(new CreateTopicCommand({ Name, Attributes }))).TopicArn ?? '';
}

async function createQueue(): Promise<{ url: string; arn: string }> {
  const QueueName = uniqueName();
  const { QueueUrl } = await messaging.sqs.send(new CreateQueueCommand({ QueueName }));
  return { url: QueueUrl ?? '', arn: `arn:aws:sqs:${REGION}:000000000000:${QueueName}` };
}

async function createPair(
  attributes: Record<string, string> = {},
): Promise<{ topic: string; queue: string }> {
  const topic = await createTopic(uniqueName());
  const queue = await createQueue();
  await subscribe(topic, 'sqs', queue.arn, attributes);
  return { topic, queue: queue.url };
}

async function subscribe(
  TopicArn: string,
  Protocol: string,
  Endpoint: string,
  Attributes?: Record<string, string>,
): Promise<string> {
  const command = new SubscribeCommand({
    TopicArn,
    Protocol,
    Endpoint,
    Attributes,
    ReturnSubscriptionArn: true,
  });
  return (await messaging.sns.send(command)).SubscriptionArn ?? '';
}

function setAttribute(
  SubscriptionArn: string,
  AttributeName: string,
  AttributeValue: string,
): Promise<unknown> {
  return messaging.sns.send(
    new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }),
  );
}

function publish(
  TopicArn: string,
  Message: string,
  more: Partial<PublishCommand['input']> = {},
): Promise<{ MessageId?: string | undefined }> {
  return messaging.sns.send(new PublishCommand({ TopicArn, Message, ...more }));
}

async function receive(QueueUrl: string, WaitTimeSeconds = 0): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ['All'],
    WaitTimeSeconds,
  });
  return (await messaging.sqs.send(command)).Messages ?? [];
}

function text(StringValue: string): MessageAttributeValue {
  return { DataType: 'String', StringValue };
}

function number(StringValue: string): MessageAttributeValue {
  return { DataType: 'Number', StringValue };
}

function binary(...bytes: number[]): MessageAttributeValue {
  return { DataType: 'Binary', BinaryValue: Uint8Array.from(bytes) };
}

function uniqueName(): string {
  return `name-${names++}`;
}
