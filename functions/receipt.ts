/** Subscribed to the alerts: notes that SNS accepted one, so that a publisher that died right then does not repeat it. */
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { parseAlert } from '../lib/alert/parse-alert.ts';
import { correlateTo, correlationOf } from '../lib/base/correlation.ts';
import { readSettings } from '../lib/config/settings.ts';
import { countStore } from '../lib/store/count-requests.ts';
import { markPublished } from '../lib/store/notifications.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { inRun } from './in-run.ts';
import { createTelemetry } from './telemetry.ts';

const settings = readSettings(process.env, ['bucket', 'service', 'detectorMetrics']);
const store = countStore(createS3ObjectStore({ client: createS3Client(), bucket: settings.bucket }));
const telemetry = createTelemetry(settings);

export function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return inRun(context, { telemetry, store }, () => record(event));
}

async function record(event: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { body, messageId } of event.Records) {
    try {
      const { Message, MessageId, Timestamp } = JSON.parse(body) as Record<string, string>;
      const alert = parseAlert(Message ?? '');
      correlateTo(correlationOf(alert.objects.window));
      await markPublished(store, alert, { messageId: MessageId ?? '', at: Date.parse(Timestamp ?? '') });
    } catch (error) {
      telemetry.error('receipt failed', { messageId, error: String(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
