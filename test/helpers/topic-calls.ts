/** Short forms of the SDK's calls to topics and the queues behind them. */
import {
  CreateTopicCommand,
  type MessageAttributeValue,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  type SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { queueArn, queueCalls, uniqueName } from './queue-calls.ts';

export interface TopicCalls {
  createTopic(name: string, attributes?: Record<string, string>): Promise<string>;
  createQueue(): Promise<{ url: string; arn: string }>;
  /** A topic and a queue that is subscribed to it; `queue` is its URL. */
  createPair(attributes?: Record<string, string>): Promise<{ topic: string; queue: string }>;
  subscribe(
    topicArn: string,
    protocol: string,
    endpoint: string,
    attributes?: Record<string, string>,
  ): Promise<string>;
  setAttribute(subscriptionArn: string, name: string, value: string): Promise<unknown>;
  publish(
    topicArn: string,
    message: string,
    more?: Partial<PublishCommand['input']>,
  ): Promise<{ MessageId?: string | undefined }>;
  /** Up to ten messages with their attributes. */
  receive(queueUrl: string, waitTimeSeconds?: number): Promise<Message[]>;
}

export function topicCalls(clients: () => { sqs: SQSClient; sns: SNSClient }): TopicCalls {
  const queues = queueCalls(() => clients().sqs);
  const calls: TopicCalls = {
    async createTopic(Name, Attributes) {
      return (await clients().sns.send(new CreateTopicCommand({ Name, Attributes }))).TopicArn ?? '';
    },
    async createQueue() {
      const name = uniqueName();
      return { url: await queues.createQueue(name), arn: queueArn(name) };
    },
    async createPair(attributes = {}) {
      const topic = await calls.createTopic(uniqueName());
      const { url, arn } = await calls.createQueue();
      await calls.subscribe(topic, 'sqs', arn, attributes);
      return { topic, queue: url };
    },
    async subscribe(TopicArn, Protocol, Endpoint, Attributes) {
      const command = new SubscribeCommand({
        TopicArn,
        Protocol,
        Endpoint,
        Attributes,
        ReturnSubscriptionArn: true,
      });
      return (await clients().sns.send(command)).SubscriptionArn ?? '';
    },
    setAttribute: (SubscriptionArn, AttributeName, AttributeValue) =>
      clients().sns.send(
        new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }),
      ),
    publish: (TopicArn, Message, more) =>
      clients().sns.send(new PublishCommand({ TopicArn, Message, ...more })),
    receive: (url, WaitTimeSeconds = 0) =>
      queues.receive(url, { MaxNumberOfMessages: 10, MessageAttributeNames: ['All'], WaitTimeSeconds }),
  };
  return calls;
}

export function text(StringValue: string): MessageAttributeValue {
  return { DataType: 'String', StringValue };
}

export function number(StringValue: string): MessageAttributeValue {
  return { DataType: 'Number', StringValue };
}

export function binary(...bytes: number[]): MessageAttributeValue {
  return { DataType: 'Binary', BinaryValue: Uint8Array.from(bytes) };
}
