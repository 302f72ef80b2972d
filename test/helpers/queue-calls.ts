/** Short forms of the SDK's calls to queues. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { REGION } from './messaging.ts';

let names = 0;

export interface QueueCalls {
  createQueue(name: string, attributes?: Partial<Record<QueueAttributeName, string>>): Promise<string>;
  send(
    queueUrl: string,
    body: string,
    more?: Partial<SendMessageCommand['input']>,
  ): Promise<{ MessageId?: string | undefined }>;
  /** Empty where the answer has no messages. */
  receive(queueUrl: string, more?: Partial<ReceiveMessageCommand['input']>): Promise<Message[]>;
  remove(queueUrl: string, message: Message | undefined): Promise<unknown>;
  attributesOf(queueUrl: string, name: QueueAttributeName): Promise<Partial<Record<string, string>>>;
}

export function queueCalls(sqs: () => SQSClient): QueueCalls {
  return {
    async createQueue(QueueName, Attributes) {
      return (await sqs().send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
    },
    send: (QueueUrl, MessageBody, more) =>
      sqs().send(new SendMessageCommand({ QueueUrl, MessageBody, ...more })),
    async receive(QueueUrl, more) {
      return (await sqs().send(new ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
    },
    remove: (QueueUrl, message) =>
      sqs().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle })),
    async attributesOf(QueueUrl, name) {
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] });
      return (await sqs().send(command)).Attributes ?? {};
    },
  };
}

export function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:000000000000:${name}`;
}

export function nameOfUrl(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** Distinct within a test file, and so within its emulator. */
export function uniqueName(): string {
  return `name-${names++}`;
}
