/** Tells people of incidents: after scoring left something to tell, and every minute, for what is due by then. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createSnsClient, createSnsPublisher } from '../lib/alert/sns-publisher.ts';
import { RetryLaterError } from '../lib/base/errors.ts';
import { type PagesSetting, readSettings } from '../lib/config/settings.ts';
import { parseUnit } from '../lib/config/work-unit.ts';
import { notify } from '../lib/jobs/notify/notify.ts';
import { createLinkKeyCache, createPageLinker } from '../lib/jobs/shared/link-keys.ts';
import { countStore } from '../lib/store/count-requests.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { createDeadline } from './deadline.ts';
import { inRun } from './in-run.ts';
import { readLinkKeys } from './read-link-keys.ts';
import { parseNotifyRequest } from './s3-event.ts';
import { createTelemetry } from './telemetry.ts';

/** Messages of the notify queue, or `{"source": "schedule"}`. */
type NotifyEvent = SQSEvent | { readonly source: 'schedule' };

export interface NotifyAnswer {
  /** Messages that went out. */
  readonly published: number;
}

const settings = readSettings(
  process.env,
  ['bucket', 'region', 'topicArn', 'notifyQueueUrl', 'grouping', 'service', 'detectorMetrics'],
  ['pages'],
);
const store = countStore(createS3ObjectStore({ client: createS3Client(), bucket: settings.bucket }));
const publisher = createSnsPublisher({ client: createSnsClient(), topicArn: settings.topicArn });
const sqs = new SQSClient();
const telemetry = createTelemetry(settings);
const linkPage = settings.pages && linkPagesOf(settings.pages);

export function handler(event: NotifyEvent, context: Context): Promise<SQSBatchResponse | NotifyAnswer> {
  return inRun(context, { telemetry, store }, () => work(event, context));
}

/** One run for all messages of a batch: they fail together, and come back together. */
async function work(event: NotifyEvent, context: Context): Promise<SQSBatchResponse | NotifyAnswer> {
  const run = {
    store,
    publisher,
    telemetry,
    now: Date.now,
    deadline: createDeadline(context),
    grouping: settings.grouping,
    place: { bucket: settings.bucket, region: settings.region },
    linkPage,
    wakeIn,
  };
  const isTick = !('Records' in event);
  const detectors = new Set<string>();
  const unreadable: string[] = [];
  for (const { body, messageId } of isTick ? [] : event.Records) {
    try {
      const request = parseNotifyRequest(body);
      if (request.kind === 'wake') continue;
      if (parseUnit(request.detector) === undefined) throw new Error(`no detector: ${body.slice(0, 200)}`);
      detectors.add(request.detector);
    } catch (error) {
      telemetry.error('message failed', { messageId, error: String(error) });
      unreadable.push(messageId);
    }
  }
  try {
    const { published } = await notify(run, [...detectors]);
    return isTick ? { published } : failed(unreadable);
  } catch (error) {
    // What is only put off comes back with its message, and is nobody's alarm unless it ends in the dead letters.
    if (error instanceof RetryLaterError) {
      telemetry.info('telling put off', { reason: error.message });
      return isTick ? { published: 0 } : failed(event.Records.map(({ messageId }) => messageId));
    }
    telemetry.error('telling failed', { error: String(error) });
    throw error;
  }
}

function failed(messages: readonly string[]): SQSBatchResponse {
  return { batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })) };
}

function linkPagesOf({ url, keyArn }: PagesSetting): ReturnType<typeof createPageLinker> {
  const keys = createLinkKeyCache({ read: () => readLinkKeys(keyArn), now: Date.now });
  return createPageLinker({ base: url, keys, now: Date.now });
}

/** SQS counts whole seconds. */
async function wakeIn(ms: number): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: settings.notifyQueueUrl,
      MessageBody: JSON.stringify({ source: 'wake' }),
      DelaySeconds: Math.ceil(ms / 1000),
    }),
  );
}
