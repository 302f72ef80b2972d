import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { currentCorrelation } from '../lib/base/correlation.ts';

/** Asks the function behind a queue to work on a detector, and says what of: `{"detector": "NAME", "correlationId": …}`. */
export function createWorkRequest(client: SQSClient, queueUrl: string): (detector: string) => Promise<void> {
  return async (detector) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify({ detector, correlationId: currentCorrelation() }),
      }),
    );
  };
}
