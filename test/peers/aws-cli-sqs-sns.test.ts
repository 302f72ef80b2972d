import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { REGION, useMessaging } from '../helpers/messaging.ts';

const run = promisify(execFile);

const messaging = useMessaging();

describe('aws-cli', () => {
  it('publishes to a topic and receives from its queue', async () => {
    const { TopicArn } = await aws('sns', 'create-topic', '--name', 'alerts');
    const { QueueUrl } = await aws('sqs', 'create-queue', '--queue-name', 'inbox');
    const { Attributes } = await aws(
      'sqs',
      'get-queue-attributes',
      '--queue-url',
      text(QueueUrl),
      '--attribute-names',
      'All',
    );
    const queueArn = (Attributes as Record<string, string>).QueueArn ?? '';
    const attributes = { RawMessageDelivery: 'true', FilterPolicy: '{"severity":["critical"]}' };
    const subscription = [
      '--protocol',
      'sqs',
      '--notification-endpoint',
      queueArn,
      '--attributes',
      JSON.stringify(attributes),
    ];
    const { SubscriptionArn } = await aws('sns', 'subscribe', '--topic-arn', text(TopicArn), ...subscription);
    assert.match(text(SubscriptionArn), new RegExp(`^${TopicArn}:[0-9a-f-]{36}$`));
    const listed = await aws('sns', 'list-subscriptions-by-topic', '--topic-arn', text(TopicArn));
    assert.equal((listed.Subscriptions as unknown[]).length, 1);

    const publish = (message: string, severity: string) => {
      const attribute = `severity={DataType=String,StringValue=${severity}}`;
      return aws(
        'sns',
        'publish',
        '--topic-arn',
        text(TopicArn),
        '--message',
        message,
        '--message-attributes',
        attribute,
      );
    };
    await publish('calm', 'info');
    const { MessageId } = await publish('höher <als> &', 'critical');
    assert.match(text(MessageId), /^[0-9a-f-]{36}$/);

    const received = await aws(
      'sqs',
      'receive-message',
      '--queue-url',
      text(QueueUrl),
      '--wait-time-seconds',
      '5',
      '--max-number-of-messages',
      '10',
      '--message-attribute-names',
      'All',
      '--attribute-names',
      'All',
    );
    const messages = received.Messages as Record<string, unknown>[];
    assert.equal(messages.length, 1);
    const [message] = messages;
    assert.equal(message?.Body, 'höher <als> &');
    assert.deepEqual(message?.MessageAttributes, {
      severity: { StringValue: 'critical', DataType: 'String' },
    });
    assert.match(JSON.stringify(message?.Attributes), /"ApproximateReceiveCount":"1"/);
    await aws(
      'sqs',
      'delete-message',
      '--queue-url',
      text(QueueUrl),
      '--receipt-handle',
      text(message?.ReceiptHandle),
    );
    const after = await aws(
      'sqs',
      'get-queue-attributes',
      '--queue-url',
      text(QueueUrl),
      '--attribute-names',
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
    );
    assert.deepEqual(after.Attributes, {
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });

  it('sends, lists, redrives and purges', async () => {
    const dead = text((await aws('sqs', 'create-queue', '--queue-name', 'work-dead')).QueueUrl);
    const policy = {
      deadLetterTargetArn: `arn:aws:sqs:${REGION}:000000000000:work-dead`,
      maxReceiveCount: '1',
    };
    const attributes = JSON.stringify({ RedrivePolicy: JSON.stringify(policy), VisibilityTimeout: '0' });
    const url = text(
      (await aws('sqs', 'create-queue', '--queue-name', 'work', '--attributes', attributes)).QueueUrl,
    );
    const entries = JSON.stringify([
      { Id: 'a', MessageBody: 'one' },
      { Id: 'b', MessageBody: 'two' },
    ]);
    const sent = await aws('sqs', 'send-message-batch', '--queue-url', url, '--entries', entries);
    assert.equal((sent.Successful as unknown[]).length, 2);
    const receive = (queue: string) =>
      aws('sqs', 'receive-message', '--queue-url', queue, '--max-number-of-messages', '10');
    assert.equal(((await receive(url)).Messages as unknown[]).length, 2);
    assert.deepEqual(await receive(url), {});
    assert.equal(((await receive(dead)).Messages as unknown[]).length, 2);
    const { QueueUrls } = await aws('sqs', 'list-queues', '--queue-name-prefix', 'work');
    assert.deepEqual(QueueUrls, [url, dead]);
    await aws('sqs', 'purge-queue', '--queue-url', dead);
    await aws('sqs', 'delete-queue', '--queue-url', url);
    await assert.rejects(
      aws('sqs', 'get-queue-url', '--queue-name', 'work'),
      /NonExistentQueue|QueueDoesNotExist/,
    );
  });
});

/** What the command prints, {} for nothing. */
async function aws(...args: string[]): Promise<Record<string, unknown>> {
  const env = {
    PATH: process.env.PATH,
    HOME: messaging.dataDir,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: REGION,
    AWS_PAGER: '',
    PYTHONUTF8: '1',
  };
  const { stdout } = await run('aws', ['--endpoint-url', messaging.origin, '--output', 'json', ...args], {
    env,
  });
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>);
}

function text(value: unknown): string {
  assert.ok(typeof value === 'string');
  return value;
}
