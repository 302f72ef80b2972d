import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  InvalidParameterException,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  NotFoundException,
  SetTopicAttributesCommand,
  TagResourceCommand,
  UnsubscribeCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-sns';
import { REGION, useMessaging } from '../helpers/messaging.ts';
import { uniqueName } from '../helpers/queue-calls.ts';
import { topicCalls } from '../helpers/topic-calls.ts';

const messaging = useMessaging();
const { createTopic, createQueue, subscribe, setAttribute, publish } = topicCalls(() => messaging);

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
