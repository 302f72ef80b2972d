/** Topics, subscriptions and deliveries under way, and the entries that change them. */
import { ACCOUNT_ID } from '../contract.ts';
import type { MessageAttributes } from '../sqs/queue.ts';
import { type FilterPolicy, parseFilterPolicy } from './filter-policy.ts';

export interface Topic {
  readonly name: string;
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export const PROTOCOLS = ['sqs', 'http', 'https', 'email', 'lambda'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  /** As they were set. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly confirmed: boolean;
  /** What confirms it. */
  readonly token: string;
}

export interface PublishedMessage {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** What a protocol gets that `byProtocol` does not name. */
  readonly body: string;
  readonly byProtocol: Readonly<Record<string, string>>;
  readonly attributes: MessageAttributes;
  /** Epoch milliseconds. */
  readonly publishedAt: number;
}

/** Something that an endpoint has not taken yet. */
export interface Delivery {
  readonly id: string;
  readonly subscriptionArn: string;
  readonly kind: 'notification' | 'confirmation';
  readonly message: PublishedMessage;
  /** How this emulator was addressed, for the links in the message. */
  readonly origin: string;
}

export interface TopicStore {
  readonly region: string;
  readonly topics: Map<string, Topic>;
  readonly subscriptions: Map<string, Subscription>;
  /** Compiled from the subscriptions' attributes. */
  readonly filters: Map<string, FilterPolicy>;
  readonly deliveries: Map<string, Delivery>;
}

export type TopicEntry =
  | { readonly t: 'topic'; readonly topic: Omit<Topic, 'arn'> }
  | { readonly t: 'drop-topic'; readonly name: string }
  | { readonly t: 'subscription'; readonly subscription: Subscription }
  | { readonly t: 'drop-subscription'; readonly arn: string }
  | { readonly t: 'delivery'; readonly delivery: Delivery }
  | { readonly t: 'done'; readonly id: string };

export function createTopicStore(region: string): TopicStore {
  return {
    region,
    topics: new Map(),
    subscriptions: new Map(),
    filters: new Map(),
    deliveries: new Map(),
  };
}

export function topicArn(region: string, name: string): string {
  return `arn:aws:sns:${region}:${ACCOUNT_ID}:${name}`;
}

export function subscriptionsOf(store: TopicStore, arn: string): Subscription[] {
  return [...store.subscriptions.values()].filter((subscription) => subscription.topicArn === arn);
}

export function applyEntry(store: TopicStore, entry: TopicEntry): void {
  switch (entry.t) {
    case 'topic': {
      const arn = topicArn(store.region, entry.topic.name);
      store.topics.set(arn, { ...entry.topic, arn });
      break;
    }
    case 'drop-topic': {
      const arn = topicArn(store.region, entry.name);
      store.topics.delete(arn);
      for (const subscription of subscriptionsOf(store, arn)) dropSubscription(store, subscription.arn);
      break;
    }
    case 'subscription': {
      const { arn, attributes } = entry.subscription;
      store.subscriptions.set(arn, entry.subscription);
      const policy = attributes.FilterPolicy;
      if (policy === undefined) store.filters.delete(arn);
      else store.filters.set(arn, parseFilterPolicy(policy, attributes.FilterPolicyScope));
      break;
    }
    case 'drop-subscription':
      dropSubscription(store, entry.arn);
      break;
    case 'delivery':
      store.deliveries.set(entry.delivery.id, entry.delivery);
      break;
    case 'done':
      store.deliveries.delete(entry.id);
  }
}

/** The entries that lead to the present state. */
export function* snapshotEntries(store: TopicStore): Generator<TopicEntry> {
  for (const { name, attributes, tags } of store.topics.values())
    yield { t: 'topic', topic: { name, attributes, tags } };
  for (const subscription of store.subscriptions.values()) yield { t: 'subscription', subscription };
  for (const delivery of store.deliveries.values()) yield { t: 'delivery', delivery };
}

function dropSubscription(store: TopicStore, arn: string): void {
  store.subscriptions.delete(arn);
  store.filters.delete(arn);
}
