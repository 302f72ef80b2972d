/** Operations on subscriptions: making, confirming, changing, listing and ending them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { ACCOUNT_ID } from '../contract.ts';
import type { XmlElement } from '../sqs/query-protocol.ts';
import { type Operation, type SnsContext, subscriptionOfInput, topicOfInput } from './context.ts';
import { invalidParameter } from './errors.ts';
import { parseFilterPolicy } from './filter-policy.ts';
import { optionalText, requireText, textMap } from './input.ts';
import { pageOf, renderMap } from './page.ts';
import {
  type Delivery,
  PROTOCOLS,
  type Protocol,
  type Subscription,
  subscriptionsOf,
  type Topic,
} from './store.ts';

/** Protocols whose messages can be delivered without the envelope. */
const RAW: readonly Protocol[] = ['sqs', 'http', 'https'];
/** What an endpoint looks like, by protocol. */
const ENDPOINTS: Readonly<Record<Protocol, RegExp>> = {
  sqs: /^arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}$/,
  http: /^http:\/\/[^/\s]+/,
  https: /^https:\/\/[^/\s]+/,
  email: /^[^\s@<>,;]+@[^\s@<>,;]+$/,
  lambda: /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/,
};

export interface SubscribeOptions {
  readonly topic: Topic;
  readonly protocol: string;
  readonly endpoint: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** For the link that confirms it. */
  readonly origin: string;
}

export const subscribe: Operation = async (context, input, { origin }) => {
  const topic = topicOfInput(context, input);
  const protocol = requireText(input, 'Protocol');
  const endpoint = requireText(input, 'Endpoint');
  const attributes = textMap(input, 'Attributes');
  const present = findSubscription(context, topic, protocol, endpoint);
  const different = Object.keys(attributes).find((name) => present?.attributes[name] !== attributes[name]);
  if (present && different !== undefined)
    throw invalidParameter(
      'Attributes',
      `Subscription already exists with different attributes: ${different}`,
    );
  const subscription = await putSubscription(context, { topic, protocol, endpoint, attributes, origin });
  const isShown = subscription.confirmed || optionalText(input, 'ReturnSubscriptionArn') === 'true';
  return [['SubscriptionArn', isShown ? subscription.arn : 'pending confirmation']];
};

/** Subscribes, or sets these attributes on the subscription that is there. A web endpoint is asked to confirm. */
export async function putSubscription(context: SnsContext, options: SubscribeOptions): Promise<Subscription> {
  const { topic, endpoint, attributes } = options;
  const protocol = checkEndpoint(options.protocol, endpoint);
  const present = findSubscription(context, topic, protocol, endpoint);
  const merged = mergeAttributes(protocol, present?.attributes ?? {}, attributes);
  const subscription: Subscription = {
    arn: `${topic.arn}:${randomUUID()}`,
    topicArn: topic.arn,
    protocol,
    endpoint,
    confirmed: protocol !== 'http' && protocol !== 'https',
    token: randomBytes(64).toString('hex'),
    ...present,
    attributes: merged,
  };
  if (subscription.confirmed) {
    await context.commit({ t: 'subscription', subscription });
    if (protocol === 'email' && !present)
      context.log(
        `sns: ${endpoint} is subscribed to ${topic.arn} and confirmed at once; mail goes to the outbox folder`,
      );
    return subscription;
  }
  const delivery = draftConfirmation(context, subscription, options.origin);
  await context.commit({ t: 'subscription', subscription }, { t: 'delivery', delivery });
  context.dispatch([delivery]);
  return subscription;
}

export const confirmSubscription: Operation = async (context, input) => {
  const topic = topicOfInput(context, input);
  const token = requireText(input, 'Token');
  const subscription = subscriptionsOf(context.store, topic.arn).find((one) => one.token === token);
  if (subscription === undefined)
    throw invalidParameter('Token', `no subscription waits for ${token.slice(0, 100)}`);
  await context.commit({ t: 'subscription', subscription: { ...subscription, confirmed: true } });
  return [['SubscriptionArn', subscription.arn]];
};

export const unsubscribe: Operation = async (context, input) => {
  try {
    const { arn } = subscriptionOfInput(context, input);
    await context.commit({ t: 'drop-subscription', arn });
  } catch (error) {
    // Ending what has ended succeeds.
    if (!(error instanceof Error && 'code' in error && error.code === 'NotFound')) throw error;
  }
  return undefined;
};

export const listSubscriptions: Operation = async ({ store }, input) =>
  pageOf([...store.subscriptions.values()], input, 'Subscriptions', renderSubscription);

export const listSubscriptionsByTopic: Operation = async (context, input) => {
  const topic = topicOfInput(context, input);
  return pageOf(subscriptionsOf(context.store, topic.arn), input, 'Subscriptions', renderSubscription);
};

export const getSubscriptionAttributes: Operation = async (context, input) => {
  const subscription = subscriptionOfInput(context, input);
  const { arn, topicArn, protocol, endpoint, confirmed, attributes } = subscription;
  return [
    [
      'Attributes',
      renderMap({
        RawMessageDelivery: 'false',
        ...(attributes.FilterPolicy === undefined ? {} : { FilterPolicyScope: 'MessageAttributes' }),
        ...attributes,
        SubscriptionArn: arn,
        TopicArn: topicArn,
        Protocol: protocol,
        Endpoint: endpoint,
        Owner: ACCOUNT_ID,
        PendingConfirmation: String(!confirmed),
        ConfirmationWasAuthenticated: String(confirmed),
      }),
    ],
  ];
};

export const setSubscriptionAttributes: Operation = async (context, input) => {
  const subscription = subscriptionOfInput(context, input);
  const change = { [requireText(input, 'AttributeName')]: optionalText(input, 'AttributeValue') ?? '' };
  const attributes = mergeAttributes(subscription.protocol, subscription.attributes, change);
  await context.commit({ t: 'subscription', subscription: { ...subscription, attributes } });
  return undefined;
};

function findSubscription(
  { store }: SnsContext,
  topic: Topic,
  protocol: string,
  endpoint: string,
): Subscription | undefined {
  return subscriptionsOf(store, topic.arn).find(
    (one) => one.protocol === protocol && one.endpoint === endpoint,
  );
}

function checkEndpoint(protocol: string, endpoint: string): Protocol {
  const known = PROTOCOLS.find((one) => one === protocol);
  if (known === undefined)
    throw invalidParameter(
      'Protocol',
      `the emulator delivers to ${PROTOCOLS.join(', ')}, not to ${protocol}`,
    );
  const isUrl = known !== 'http' && known !== 'https' ? true : URL.canParse(endpoint);
  if (ENDPOINTS[known].test(endpoint) && isUrl) return known;
  throw invalidParameter('Endpoint', `it does not fit the protocol ${protocol}: ${endpoint}`);
}

/** The attributes after `changes`; an empty value removes the one that is there. */
function mergeAttributes(
  protocol: Protocol,
  present: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const merged = { ...present };
  for (const [name, value] of Object.entries(changes)) {
    checkAttribute(protocol, name, value);
    if (value === '') delete merged[name];
    else merged[name] = value;
  }
  // Scope and policy have to fit each other, whichever was set last.
  parseFilterPolicy(merged.FilterPolicy ?? '{}', merged.FilterPolicyScope);
  return merged;
}

function checkAttribute(protocol: Protocol, name: string, value: string): void {
  switch (name) {
    case 'FilterPolicy':
    case 'FilterPolicyScope':
      return;
    case 'RawMessageDelivery':
      if (value !== 'true' && value !== 'false')
        throw invalidParameter('Attributes', `RawMessageDelivery must be true or false, not ${value}`);
      if (value === 'true' && !RAW.includes(protocol))
        throw invalidParameter(
          'Attributes',
          `RawMessageDelivery: Delivery protocol [${protocol}] does not support raw message delivery.`,
        );
      return;
    case 'RedrivePolicy':
      if (value !== '') parseDeadLetterTarget(value);
      return;
    default:
      throw invalidParameter('AttributeName', `the emulator's subscriptions have no attribute ${name}`);
  }
}

/** ARN of the queue that takes what could not be delivered. */
export function parseDeadLetterTarget(policy: string): string {
  try {
    const { deadLetterTargetArn } = JSON.parse(policy) as { deadLetterTargetArn?: unknown };
    if (typeof deadLetterTargetArn === 'string' && ENDPOINTS.sqs.test(deadLetterTargetArn))
      return deadLetterTargetArn;
  } catch {
    // Said below.
  }
  throw invalidParameter(
    'RedrivePolicy',
    `deadLetterTargetArn must be the ARN of a queue: ${policy.slice(0, 200)}`,
  );
}

function draftConfirmation({ now }: SnsContext, subscription: Subscription, origin: string): Delivery {
  return {
    id: randomUUID(),
    subscriptionArn: subscription.arn,
    kind: 'confirmation',
    origin,
    message: {
      messageId: randomUUID(),
      topicArn: subscription.topicArn,
      subject: undefined,
      body: '',
      byProtocol: {},
      attributes: {},
      publishedAt: now(),
    },
  };
}

function renderSubscription({
  arn,
  topicArn,
  protocol,
  endpoint,
  confirmed,
}: Subscription): readonly XmlElement[] {
  return [
    ['SubscriptionArn', confirmed ? arn : 'PendingConfirmation'],
    ['Owner', ACCOUNT_ID],
    ['Protocol', protocol],
    ['Endpoint', endpoint],
    ['TopicArn', topicArn],
  ];
}
