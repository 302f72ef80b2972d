import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Asks the function behind a queue to work on a detector: `{"detector": "NAME"}`. */
export function createWorkRequest(client: SQSClient, queueUrl: string): (detector: string) => Promise<void> {
  return async (detector) => {
    await client.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify({ detector }) }),
    );
  };
}
