/** A queue that is subscribed to the alert topic, as README shows it. */
import { SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Alert } from '../../lib/alert/alert.ts';
import type { LocalStack } from './local-stack.ts';

export interface AlertQueue {
  /** Every message so far, once nothing more comes for a second. */
  messages(): Promise<readonly Message[]>;
  alerts(): Promise<readonly Alert[]>;
  /** Waits until `count` messages came in all. */
  waitFor(count: number): Promise<readonly Alert[]>;
}

/** Ms after which an alert is not coming. */
const PATIENCE = 60_000;

let names = 0;

/** @param filter policy on the message attributes */
export async function subscribeQueue(
  { sqs, sns, service }: LocalStack,
  filter?: Readonly<Record<string, readonly unknown[]>>,
): Promise<AlertQueue> {
  const QueueName = `subscriber-${names++}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await sns.send(
    new SubscribeCommand({
      TopicArn: service.deployment.outputs['AlertTopicArn'],
      Protocol: 'sqs',
      Endpoint: Attributes?.['QueueArn'],
      Attributes: {
        RawMessageDelivery: 'true',
        ...(filter !== undefined && { FilterPolicy: JSON.stringify(filter) }),
      },
    }),
  );
  const received: Message[] = [];

  async function receive(WaitTimeSeconds: number): Promise<number> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        WaitTimeSeconds,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    for (const message of Messages) {
      received.push(message);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    }
    return Messages.length;
  }

  const queue: AlertQueue = {
    async messages() {
      while ((await receive(1)) > 0);
      return received;
    },
    alerts: async () => (await queue.messages()).map(parse),
    async waitFor(count) {
      const patience = AbortSignal.timeout(PATIENCE);
      while (received.length < count) {
        await receive(5);
        if (patience.aborted && received.length < count)
          throw new Error(
            `${received.length} of ${count} alerts: ${received.map(({ Body }) => Body).join()}`,
          );
      }
      return received.map(parse);
    },
  };
  return queue;
}

function parse({ Body }: Message): Alert {
  return JSON.parse(Body ?? '') as Alert;
}
