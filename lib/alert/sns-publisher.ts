/** Alerts to an SNS topic. */
import { PublishCommand, SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import { type AlertPublisher, PublishRejectedError, UndeliverableError } from './publisher.ts';
import { renderAlert, renderSnsMessage } from './render.ts';

/** The request never left: no name, no route, nobody listening. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];
/**
 * "Invalid parameter: Message too long": https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors.
 * The same error names the TopicArn where that is the one that is wrong, and then no message is to blame.
 */
const UNACCEPTABLE = /^Invalid parameter: (Message|Subject)/i;
/** Ms. SNS answers in tens of milliseconds. */
const CONNECTION_TIMEOUT = 3_000;
const REQUEST_TIMEOUT = 10_000;

/** One attempt a call: the SDK's own retries would repeat a message whose answer was lost. */
export function createSnsClient(): SNSClient {
  return new SNSClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      // Without it the SDK only warns.
      throwOnRequestTimeout: true,
    },
  });
}

/** @param options.client makes one attempt a call, as `createSnsClient` gives it */
export function createSnsPublisher(options: {
  readonly client: SNSClient;
  readonly topicArn: string;
}): AlertPublisher {
  const { client, topicArn } = options;
  return {
    async publish(alert) {
      const rendered = renderAlert(alert);
      const command = new PublishCommand({
        TopicArn: topicArn,
        Subject: rendered.subject,
        MessageStructure: 'json',
        Message: renderSnsMessage(rendered),
        MessageAttributes: Object.fromEntries(
          Object.entries(rendered.attributes).map(([name, value]) => [
            name,
            typeof value === 'string'
              ? { DataType: 'String', StringValue: value }
              : { DataType: 'String.Array', StringValue: JSON.stringify(value) },
          ]),
        ),
      });
      const { MessageId } = await client.send(command).catch((cause: unknown) => {
        if (!wasRefused(cause)) throw cause;
        const Refusal = isForThisMessage(cause) ? UndeliverableError : PublishRejectedError;
        throw new Refusal(
          'publish-rejected',
          `${topicArn} took no alert ${alert.notificationId}: ${cause instanceof Error ? cause.message || cause.name : cause}`,
          { cause },
        );
      });
      return { messageId: MessageId ?? '' };
    },
  };
}

/** Not for who sends it, to where or how often: those can be mended, and the same message then goes out. */
function isForThisMessage(error: unknown): boolean {
  return error instanceof SNSServiceException && UNACCEPTABLE.test(error.message);
}

/** True where nothing was sent for certain. A 5xx or a lost connection may have come after SNS took the message. */
function wasRefused(error: unknown): boolean {
  if (error instanceof SNSServiceException) {
    const status = error.$metadata.httpStatusCode ?? 0;
    return status >= 400 && status < 500 && status !== 408;
  }
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'CredentialsProviderError' ||
    NEVER_SENT.includes('code' in error ? String(error.code) : '')
  );
}
