/** Publish and its batch: once answered, the message is in every matching queue, and on its way to the others. */
import { randomUUID } from 'node:crypto';
import { AwsError } from '../contract.ts';
import type { XmlElement } from '../sqs/query-protocol.ts';
import { type Operation, type SnsContext, topicOfInput } from './context.ts';
import { deliverToQueue } from './deliver.ts';
import { invalidParameter, snsError } from './errors.ts';
import { matchesPolicy } from './filter-match.ts';
import { memberList, optionalText, requireText, type SnsInput } from './input.ts';
import { MAX_MESSAGE_BYTES, measureMessage, readMessage } from './message.ts';
import {
  type Delivery,
  type PublishedMessage,
  type Subscription,
  subscriptionsOf,
  type Topic,
} from './store.ts';

const MAX_BATCH = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO_MEMBERS = ['MessageGroupId', 'MessageDeduplicationId'];

export const publish: Operation = async (context, input, { origin }) => {
  if (optionalText(input, 'PhoneNumber') !== undefined)
    throw snsError('NotImplemented', 'PhoneNumber: text messages to phones are not emulated.');
  const name = optionalText(input, 'TopicArn') === undefined ? 'TargetArn' : 'TopicArn';
  const topic = topicOfInput(context, input, name);
  const message = readEntry(context, topic, input);
  await spread(context, message, origin);
  return [['MessageId', message.messageId]];
};

export const publishBatch: Operation = async (context, input, { origin }) => {
  const topic = topicOfInput(context, input);
  const entries = checkBatch(input);
  const Successful: XmlElement[] = [];
  const Failed: XmlElement[] = [];
  const messages: PublishedMessage[] = [];
  for (const { id, entry } of entries) {
    try {
      const message = readEntry(context, topic, entry);
      messages.push(message);
      Successful.push(member({ Id: id, MessageId: message.messageId }));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push(member({ Id: id, Code: error.code, Message: error.message, SenderFault: 'true' }));
    }
  }
  await Promise.all(messages.map((message) => spread(context, message, origin)));
  return [
    ['Successful', Successful],
    ['Failed', Failed],
  ];
};

function readEntry({ now }: SnsContext, topic: Topic, input: SnsInput): PublishedMessage {
  for (const name of FIFO_MEMBERS)
    if (optionalText(input, name) !== undefined)
      throw invalidParameter(name, 'it needs a FIFO topic, and these are not emulated');
  return readMessage(input, topic.arn, now());
}

/**
 * Resolves once every matching queue has the message on disk, and every other delivery is on disk as one to make. A
 * kill before that leaves the publisher without an answer: who publishes again may deliver twice, never not at all.
 */
async function spread(context: SnsContext, message: PublishedMessage, origin: string): Promise<void> {
  const matching = subscriptionsOf(context.store, message.topicArn).filter(
    (subscription) => subscription.confirmed && isWanted(context, subscription, message),
  );
  const deliveryTo = (subscription: Subscription): Delivery => ({
    id: randomUUID(),
    subscriptionArn: subscription.arn,
    kind: 'notification',
    message,
    origin,
  });
  const toQueues = matching.filter(({ protocol }) => protocol === 'sqs');
  const others = matching.filter(({ protocol }) => protocol !== 'sqs').map(deliveryTo);
  await Promise.all([
    ...toQueues.map((subscription) => deliverToQueue(context, subscription, deliveryTo(subscription))),
    context.commit(...others.map((delivery) => ({ t: 'delivery', delivery }) as const)),
  ]);
  context.dispatch(others);
}

function isWanted({ store }: SnsContext, { arn }: Subscription, message: PublishedMessage): boolean {
  const policy = store.filters.get(arn);
  return policy === undefined || matchesPolicy(policy, message);
}

function checkBatch(input: SnsInput): readonly { readonly id: string; readonly entry: SnsInput }[] {
  const entries = memberList(input, 'PublishBatchRequestEntries')
    .filter((entry) => entry instanceof Map)
    .map((entry) => ({ id: requireText(entry, 'Id'), entry }));
  if (entries.length === 0)
    throw snsError('EmptyBatchRequest', "The batch request doesn't contain any entries.");
  if (entries.length > MAX_BATCH)
    throw snsError(
      'TooManyEntriesInBatchRequest',
      `The batch request contains ${entries.length} entries; at most ${MAX_BATCH} are permissible.`,
    );
  const seen = new Set<string>();
  for (const { id } of entries) {
    if (!ENTRY_ID.test(id))
      throw snsError(
        'InvalidBatchEntryId',
        `The Id of a batch entry can only contain up to 80 alphanumeric characters, hyphens and underscores: ${id}`,
      );
    if (seen.has(id))
      throw snsError(
        'BatchEntryIdsNotDistinct',
        `Two or more batch entries in the request have the same Id: ${id}`,
      );
    seen.add(id);
  }
  const size = entries.reduce((sum, { entry }) => sum + measureMessage(entry), 0);
  if (size > MAX_MESSAGE_BYTES)
    throw snsError(
      'BatchRequestTooLong',
      `The length of all the messages put together is ${size} bytes; the limit is ${MAX_MESSAGE_BYTES}.`,
    );
  return entries;
}

function member(members: Readonly<Record<string, string>>): XmlElement {
  return ['member', Object.entries(members)];
}
