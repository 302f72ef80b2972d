/** A subscriber as anyone could write one: a queue of its own on the alert topic. */

import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Alert } from '../../lib/alert/alert.ts';
import { parseAlert } from '../../lib/alert/parse-alert.ts';

export interface AlertFeed {
  /** Every alert so far, in order of arrival. */
  readonly alerts: readonly Alert[];
  /** Resolves once nothing more waits in the queue. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** The clients are configured by the AWS environment alone. */
export async function openAlertFeed(topicArn: string, onAlert: (alert: Alert) => void): Promise<AlertFeed> {
  const sqs = new SQSClient();
  const sns = new SNSClient();
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'npm-start-alerts' }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: Attributes?.['QueueArn'],
      Attributes: { RawMessageDelivery: 'true' },
    }),
  );
  const alerts: Alert[] = [];
  const controller = new AbortController();
  let quiet = 0;

  async function poll(): Promise<void> {
    while (!controller.signal.aborted) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
        { abortSignal: controller.signal },
      );
      quiet = Messages.length === 0 ? quiet + 1 : 0;
      for (const { Body, ReceiptHandle } of Messages) {
        const alert = parseAlert(Body ?? '');
        alerts.push(alert);
        onAlert(alert);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  const polling = poll().catch((error: unknown) => {
    if (!controller.signal.aborted) throw error;
  });
  return {
    alerts,
    async drain() {
      for (quiet = 0; quiet < 2; ) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    async close() {
      controller.abort();
      await polling;
      sqs.destroy();
      sns.destroy();
    },
  };
}
