/** The packaged function that delivers alerts: its queue, its role, and a receiver that is down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PublishCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { toAlertmanagerAlerts } from '../../lib/receivers/alertmanager.ts';
import { createAlert } from '../helpers/alerts.ts';
import { startLocalStack } from '../helpers/local-stack.ts';
import { startReceiverServer } from '../helpers/receiver-server.ts';
import { until } from '../helpers/until.ts';

test('an alert of the topic comes to the receiver; where it is down, its message waits as long as it says', async () => {
  await using server = await startReceiverServer();
  const stack = await startLocalStack({ params: { alertmanagerUrl: server.url } });
  try {
    const opened = createAlert();
    const publish = (): Promise<unknown> =>
      stack.sns.send(
        new PublishCommand({
          TopicArn: stack.service.deployment.outputs['AlertTopicArn'],
          Message: JSON.stringify(opened),
        }),
      );
    await publish();
    await stack.idle();
    const [request] = server.requests;
    assert.equal(request?.path, '/api/v2/alerts');
    const [expected] = toAlertmanagerAlerts(opened, { now: 0, openFor: 0 });
    const [{ endsAt, ...alert }] = request.body as [{ endsAt: string }];
    const { endsAt: _, ...rest } = expected!;
    assert.deepEqual(alert, rest);
    const openFor = Date.parse(endsAt) - Date.now();
    assert.ok(openFor > 24 * 3_600_000 && openFor <= 25 * 3_600_000, 'longer than until it is told of again');

    server.answer({ status: 429, headers: { 'retry-after': '600' }, text: 'slow down' });
    await publish();
    await until(() => stack.logs('deliver').some(({ message }) => message === 'delivery put off'));
    const putOff = stack.logs('deliver').find(({ message }) => message === 'delivery put off');
    assert.deepEqual(
      [putOff?.['error'], putOff?.['retryInSeconds'], putOff?.['attempt']],
      ['ReceiverError: alertmanager answered with HTTP 429: slow down', 600, 1],
    );
    await until(() => stack.service.deployment.functions.running === 0);
    const waiting = await stack.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: stack.queueUrl('DeliverQueue'),
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    assert.deepEqual(waiting.Attributes, {
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
    assert.ok(!stack.logs('deliver').some(({ message }) => message === 'retry not timed'));
    assert.equal(server.requests.length, 2);
  } finally {
    // Fails where the role lacks a permission.
    await stack.close();
  }
});

test('without a receiver nothing delivers, and nothing is subscribed', async () => {
  const stack = await startLocalStack();
  try {
    const ids = Object.keys(stack.service.deployment.resources);
    assert.ok(ids.includes('ReceiptLambdaFunction'));
    assert.deepEqual(
      ids.filter((id) => id.startsWith('Deliver')),
      [],
    );
  } finally {
    await stack.close();
  }
});
