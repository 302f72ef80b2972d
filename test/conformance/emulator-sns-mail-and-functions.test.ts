import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PublishCommand } from '@aws-sdk/client-sns';
import { REGION, startMessaging, useMessaging } from '../helpers/messaging.ts';
import { uniqueName } from '../helpers/queue-calls.ts';
import { text, topicCalls } from '../helpers/topic-calls.ts';
import { until } from '../helpers/until.ts';

const messaging = useMessaging();
const { createTopic, subscribe, publish } = topicCalls(() => messaging);

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
      handleUrl: () => Promise.reject(new Error('not used')),
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

async function mails(): Promise<string[]> {
  const files = await readdir(messaging.outboxDir).catch(() => []);
  return Promise.all(
    files
      .filter((file) => file.endsWith('.eml'))
      .map((file) => readFile(join(messaging.outboxDir, file), 'utf8')),
  );
}
