/** Subscribed to the alerts where a receiver is set: delivers them to Slack, PagerDuty and whatever else people have. */
import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { readSettings } from '../lib/config/settings.ts';
import { deliver } from '../lib/jobs/deliver/deliver.ts';
import { createSecretCache } from '../lib/jobs/deliver/secret-cache.ts';
import { countStore } from '../lib/store/count-requests.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { inRun } from './in-run.ts';
import { readSecret } from './read-secret.ts';
import { createTelemetry } from './telemetry.ts';

const settings = readSettings(process.env, [
  'bucket',
  'deliverQueueUrl',
  'receivers',
  'grouping',
  'service',
  'detectorMetrics',
]);
const sqs = new SQSClient();
const telemetry = createTelemetry(settings);
const context = {
  receivers: settings.receivers,
  repeatInterval: settings.grouping.repeatInterval,
  secrets: createSecretCache(readSecret),
  store: countStore(createS3ObjectStore({ client: createS3Client(), bucket: settings.bucket })),
  telemetry,
  now: Date.now,
  enqueue,
};

export function handler(event: SQSEvent, invocation: Context): Promise<SQSBatchResponse> {
  return inRun(invocation, context, () => work(event));
}

/** All at once: a receiver that is slow keeps none waiting. */
async function work(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed = await Promise.all(event.Records.map(deliverRecord));
  return { batchItemFailures: failed.flatMap((id) => (id === undefined ? [] : [{ itemIdentifier: id }])) };
}

/** The id of one that has to come again. */
async function deliverRecord(record: SQSRecord): Promise<string | undefined> {
  const { body, messageId, attributes } = record;
  const outcome = await deliver({ body, attempt: Number(attributes.ApproximateReceiveCount) }, context);
  if (outcome.kind === 'done') return undefined;
  try {
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: settings.deliverQueueUrl,
        ReceiptHandle: record.receiptHandle,
        VisibilityTimeout: Math.ceil(outcome.retryIn / 1000),
      }),
    );
  } catch (error) {
    // It comes after the queue's own time then.
    telemetry.warn('retry not timed', { messageId, error: String(error) });
  }
  return messageId;
}

async function enqueue(body: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: settings.deliverQueueUrl, MessageBody: body }));
}
