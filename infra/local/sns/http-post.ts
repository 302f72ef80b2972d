/** Delivery to a web endpoint: a POST, as SNS makes it. */
import { textFor, wrapConfirmation, wrapNotification } from './envelope.ts';
import type { Delivery, Subscription } from './store.ts';

/** A delivery that failed; a permanent failure is not tried again. */
export class DeliveryError extends Error {
  readonly isPermanent: boolean;
  readonly errorCode: string;

  constructor(errorCode: string, message: string, options: { isPermanent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'DeliveryError';
    this.errorCode = errorCode;
    this.isPermanent = options.isPermanent;
  }
}

const TIMEOUT_MS = 15_000;

/** @throws DeliveryError for anything but a 2xx; 429, 5xx and a broken connection may pass */
export async function postDelivery(
  subscription: Subscription,
  delivery: Delivery,
  closing: AbortSignal,
): Promise<void> {
  const { endpoint } = subscription;
  const isRaw = delivery.kind === 'notification' && subscription.attributes.RawMessageDelivery === 'true';
  const envelope =
    delivery.kind === 'confirmation'
      ? wrapConfirmation(subscription, delivery)
      : wrapNotification(subscription, delivery);
  // User and password of the URL are sent as SNS does, which fetch refuses to.
  const url = new URL(endpoint);
  const basic =
    url.username === ''
      ? undefined
      : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), closing]),
      headers: {
        'content-type': 'text/plain; charset=UTF-8',
        'user-agent': 'Amazon Simple Notification Service Agent',
        'x-amz-sns-message-id': delivery.message.messageId,
        'x-amz-sns-message-type': envelope.Type,
        'x-amz-sns-topic-arn': subscription.topicArn,
        ...(delivery.kind === 'notification' ? { 'x-amz-sns-subscription-arn': subscription.arn } : {}),
        ...(isRaw ? { 'x-amz-sns-rawdelivery': 'true' } : {}),
        ...(basic === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
      },
      body: isRaw ? textFor(subscription, delivery.message) : JSON.stringify(envelope, undefined, 2),
    });
    await response.body?.cancel();
  } catch (cause) {
    throw new DeliveryError('ConnectionFailed', `POST ${endpoint}: ${reasonOf(cause)}`, {
      isPermanent: false,
      cause,
    });
  }
  if (response.ok) return;
  const { status } = response;
  throw new DeliveryError(String(status), `POST ${endpoint} was answered with ${status}`, {
    isPermanent: status !== 429 && status < 500,
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
