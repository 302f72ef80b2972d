import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidParameterValueException, PublishBatchCommand, PublishCommand } from '@aws-sdk/client-sns';
import { REGION, useMessaging } from '../helpers/messaging.ts';
import { uniqueName } from '../helpers/queue-calls.ts';
import { binary, number, text, topicCalls } from '../helpers/topic-calls.ts';

const messaging = useMessaging();
const { createTopic, createQueue, createPair, subscribe, setAttribute, publish, receive } = topicCalls(
  () => messaging,
);

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

  it('takes messages of the full size, refuses what is beyond the limits', async () => {
    const { topic, queue } = await createPair();
    await publish(topic, 'x'.repeat(262_144));
    const [message] = await receive(queue);
    assert.equal((JSON.parse(message?.Body ?? '') as { Message: string }).Message.length, 262_144);
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
