/** What subscribers receive: the JSON around a message, by protocol. */
import type { Delivery, PublishedMessage, Subscription } from './store.ts';

/** Marks every message as one that cannot be verified: the emulator holds no key of AWS. */
const SIGNATURE: string = Buffer.from('not signed by AWS').toString('base64');

export interface Envelope {
  readonly Type: 'Notification' | 'SubscriptionConfirmation';
  readonly MessageId: string;
  readonly Token?: string;
  readonly TopicArn: string;
  readonly Subject?: string;
  readonly Message: string;
  readonly SubscribeURL?: string;
  readonly Timestamp: string;
  readonly SignatureVersion: '1';
  readonly Signature: string;
  readonly SigningCertURL: string;
  readonly UnsubscribeURL?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
}

/** The text for this protocol. */
export function textFor({ protocol }: Subscription, message: PublishedMessage): string {
  return Object.hasOwn(message.byProtocol, protocol) ? (message.byProtocol[protocol] ?? '') : message.body;
}

export function wrapNotification(subscription: Subscription, { message, origin }: Delivery): Envelope {
  const attributes = Object.entries(message.attributes);
  return {
    Type: 'Notification',
    MessageId: message.messageId,
    TopicArn: message.topicArn,
    ...(message.subject === undefined ? {} : { Subject: message.subject }),
    Message: textFor(subscription, message),
    ...signed(message, origin),
    UnsubscribeURL: unsubscribeUrl(origin, subscription),
    ...(attributes.length === 0
      ? {}
      : {
          MessageAttributes: Object.fromEntries(
            attributes.map(([name, { dataType, stringValue, binaryValue }]) => [
              name,
              { Type: dataType, Value: stringValue ?? binaryValue ?? '' },
            ]),
          ),
        }),
  };
}

export function wrapConfirmation({ topicArn, token }: Subscription, { message, origin }: Delivery): Envelope {
  const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: topicArn, Token: token });
  return {
    Type: 'SubscriptionConfirmation',
    MessageId: message.messageId,
    Token: token,
    TopicArn: topicArn,
    Message: `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: `${origin}/?${query}`,
    ...signed(message, origin),
  };
}

/** The event that a Lambda function is invoked with. */
export function wrapEvent(subscription: Subscription, delivery: Delivery): { Records: object[] } {
  const { SigningCertURL, UnsubscribeURL, Subject, MessageAttributes, ...rest } = wrapNotification(
    subscription,
    delivery,
  );
  return {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscription.arn,
        Sns: {
          ...rest,
          Subject: Subject ?? null,
          MessageAttributes: MessageAttributes ?? {},
          SigningCertUrl: SigningCertURL,
          UnsubscribeUrl: UnsubscribeURL,
        },
      },
    ],
  };
}

export function unsubscribeUrl(origin: string, { arn }: Subscription): string {
  return `${origin}/?${new URLSearchParams({ Action: 'Unsubscribe', SubscriptionArn: arn })}`;
}

function signed(
  { publishedAt }: PublishedMessage,
  origin: string,
): Pick<Envelope, 'Timestamp' | 'SignatureVersion' | 'Signature' | 'SigningCertURL'> {
  return {
    Timestamp: new Date(publishedAt).toISOString(),
    SignatureVersion: '1',
    Signature: SIGNATURE,
    SigningCertURL: `${origin}/SimpleNotificationService.pem`,
  };
}
