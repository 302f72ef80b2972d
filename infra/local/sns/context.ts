/** What every operation works with: topics and subscriptions, the journal behind them, the clock, the queues. */
import type { AwsRequest, Queues } from '../contract.ts';
import type { XmlElement } from '../sqs/query-protocol.ts';
import { invalidParameter, snsError } from './errors.ts';
import { requireText, type SnsInput } from './input.ts';
import type { Delivery, Subscription, Topic, TopicEntry, TopicStore } from './store.ts';

export interface SnsContext {
  readonly store: TopicStore;
  readonly queues: Queues;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** Applies the entries at once and resolves when they are on disk. */
  readonly commit: (...entries: readonly TopicEntry[]) => Promise<void>;
  /** Begins deliveries that are on disk; returns at once. */
  readonly dispatch: (deliveries: readonly Delivery[]) => void;
}

/** The members of the result; undefined where the operation has none. */
export type Operation = (
  context: SnsContext,
  input: SnsInput,
  call: Pick<AwsRequest, 'origin'>,
) => Promise<readonly XmlElement[] | undefined>;

export function topicOfInput({ store }: SnsContext, input: SnsInput, name = 'TopicArn'): Topic {
  const arn = requireText(input, name);
  if (!/^arn:aws:sns:[a-z0-9-]*:\d*:[^:]+$/.test(arn))
    throw invalidParameter(name, `it is not the ARN of a topic: ${arn}`);
  const topic = store.topics.get(arn);
  if (topic) return topic;
  throw snsError('NotFound', `Topic does not exist: ${arn}`);
}

export function subscriptionOfInput({ store }: SnsContext, input: SnsInput): Subscription {
  const arn = requireText(input, 'SubscriptionArn');
  if (!/^arn:aws:sns:[a-z0-9-]*:\d*:[^:]+:[^:]+$/.test(arn))
    throw invalidParameter('SubscriptionArn', `it is not the ARN of a subscription: ${arn}`);
  const subscription = store.subscriptions.get(arn);
  if (subscription) return subscription;
  throw snsError('NotFound', `Subscription does not exist: ${arn}`);
}
