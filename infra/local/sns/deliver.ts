/** One delivery to one endpoint, and what becomes of it when it cannot be made. */
import { AwsError, type Queues } from '../contract.ts';
import { textFor, wrapEvent, wrapNotification } from './envelope.ts';
import { DeliveryError, postDelivery } from './http-post.ts';
import { writeEmail } from './outbox.ts';
import type { Delivery, Subscription, TopicStore } from './store.ts';
import { parseDeadLetterTarget } from './subscription-operations.ts';

export interface Endpoints {
  readonly store: TopicStore;
  readonly queues: Queues;
  readonly outboxDir: string;
  /** Resolves once the function has taken the event. */
  readonly invokeLambda: ((functionArn: string, event: unknown) => Promise<void>) | undefined;
  readonly log: (line: string) => void;
  readonly closing: AbortSignal;
}

/** To any endpoint but a queue. @throws DeliveryError, or what the disk or the function threw */
export async function deliver(
  endpoints: Endpoints,
  subscription: Subscription,
  delivery: Delivery,
): Promise<void> {
  const { protocol, endpoint, topicArn } = subscription;
  switch (protocol) {
    case 'http':
    case 'https':
      return postDelivery(subscription, delivery, endpoints.closing);
    case 'email': {
      const displayName = endpoints.store.topics.get(topicArn)?.attributes.DisplayName;
      const path = await writeEmail(endpoints.outboxDir, subscription, delivery, displayName);
      endpoints.log(`sns: mail for ${endpoint}: ${path}`);
      return;
    }
    case 'lambda':
      if (endpoints.invokeLambda === undefined)
        throw new DeliveryError('NoFunctions', `${endpoint}: no functions run here`, { isPermanent: true });
      return endpoints.invokeLambda(endpoint, wrapEvent(subscription, delivery));
    case 'sqs':
      return deliverToQueue(endpoints, subscription, delivery);
  }
}

/** Resolves once the message is in the queue, or in the dead-letter queue of a queue that refuses it. */
export async function deliverToQueue(
  endpoints: Pick<Endpoints, 'queues' | 'log'>,
  subscription: Subscription,
  delivery: Delivery,
): Promise<void> {
  const { body, attributes } = packForQueue(subscription, delivery);
  try {
    await endpoints.queues.send(subscription.endpoint, body, attributes);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    await bury(endpoints, subscription, delivery, error);
  }
}

/** To the subscription's dead-letter queue; without one the message is gone, and the log says so. */
export async function bury(
  { queues, log }: Pick<Endpoints, 'queues' | 'log'>,
  subscription: Subscription,
  delivery: Delivery,
  error: unknown,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const what = `sns: message ${delivery.message.messageId} for ${subscription.endpoint} could not be delivered (${reason})`;
  const policy = subscription.attributes.RedrivePolicy;
  if (delivery.kind === 'confirmation' || policy === undefined) {
    log(`${what} and is dropped: the subscription has no dead-letter queue`);
    return;
  }
  const target = parseDeadLetterTarget(policy);
  const { body, attributes, isRaw } = packForQueue(subscription, delivery);
  const code = error instanceof DeliveryError ? error.errorCode : 'DeliveryFailed';
  const failure = {
    ErrorCode: { dataType: 'String', stringValue: code },
    ErrorMessage: {
      dataType: 'String',
      stringValue: reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 1024) || code,
    },
  };
  try {
    await queues.send(target, body, isRaw ? attributes : failure);
    log(`${what}; it is in ${target}`);
  } catch (cause) {
    if (!(cause instanceof AwsError)) throw cause;
    log(`${what}, nor to ${target} (${cause.message}), and is dropped`);
  }
}

function packForQueue(
  subscription: Subscription,
  delivery: Delivery,
): { body: string; attributes: Delivery['message']['attributes']; isRaw: boolean } {
  const { message } = delivery;
  if (subscription.attributes.RawMessageDelivery === 'true')
    return { body: textFor(subscription, message), attributes: message.attributes, isRaw: true };
  return {
    body: JSON.stringify(wrapNotification(subscription, delivery), undefined, 2),
    attributes: {},
    isRaw: false,
  };
}
