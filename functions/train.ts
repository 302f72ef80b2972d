/**
 * Trains detectors: the ones that are due, on a schedule; a named one, through the train queue or an invocation. Its
 * schedule is also the one that runs whatever else stands still, so the detectors are looked at from here.
 */
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { correlateTo } from '../lib/base/correlation.ts';
import { readSettings } from '../lib/config/settings.ts';
import { loadDetector } from '../lib/jobs/shared/load-detectors.ts';
import { processorsOf, type Room } from '../lib/jobs/shared/training-needs.ts';
import { runHour, type TrainedDue } from '../lib/jobs/train/run-hour.ts';
import { type TrainResult, trainModel } from '../lib/jobs/train/train-model.ts';
import { endJob } from '../lib/jobs/train/training-job.ts';
import { countStore } from '../lib/store/count-requests.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { createBatchJobs } from './batch-jobs.ts';
import { createDeadline } from './deadline.ts';
import { inRun } from './in-run.ts';
import { parseTrainRequest, type TrainRequest } from './s3-event.ts';
import { createWorkRequest } from './sqs-work-queue.ts';
import { createTelemetry } from './telemetry.ts';

/** `{"source": "schedule"}`, `{"detector": "NAME"}` by hand, or messages of the train queue. */
type TrainEvent = SQSEvent | { readonly source: 'schedule' } | { readonly detector: string };

const settings = readSettings(
  process.env,
  ['bucket', 'region', 'scoreQueueUrl', 'trainQueueUrl', 'service', 'detectorMetrics'],
  ['batch'],
);
const s3 = createS3Client();
const store = countStore(createS3ObjectStore({ client: s3, bucket: settings.bucket }));
const sqs = new SQSClient();
const queue = {
  requestScoring: createWorkRequest(sqs, settings.scoreQueueUrl),
  requestTraining: createWorkRequest(sqs, settings.trainQueueUrl),
};
const jobs =
  settings.batch &&
  createBatchJobs(settings.batch, {
    region: settings.region,
    credentials: () => s3.config.credentials(),
    env: process.env,
  });
const telemetry = createTelemetry(settings);

type Answer = SQSBatchResponse | TrainResult | TrainedDue;

export function handler(event: TrainEvent, context: Context): Promise<Answer> {
  return inRun(context, { telemetry, store }, () => work(event, context));
}

async function work(event: TrainEvent, context: Context): Promise<Answer> {
  const deadline = createDeadline(context);
  const room = roomOf(context);
  const run = { store, queue, telemetry, now: Date.now, deadline, room, jobs };
  if ('Records' in event) {
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const { body, messageId } of event.Records) {
      if (!(await trainRequested(body, run))) batchItemFailures.push({ itemIdentifier: messageId });
    }
    return { batchItemFailures };
  }
  if ('detector' in event) {
    try {
      return await trainModel(await loadDetector(run, event.detector), run);
    } catch (error) {
      tellFailure(event.detector, error);
      throw error;
    }
  }
  return await runHour(run, () => telemetry.flush());
}

/** @returns whether it is done */
async function trainRequested(body: string, run: Parameters<typeof trainModel>[1]): Promise<boolean> {
  let detector = 'none';
  try {
    const request = parseTrainRequest(body);
    ({ detector } = request);
    if (request.kind === 'failed-job') {
      await noteFailedJob(request);
      return true;
    }
    if (request.correlationId !== undefined) correlateTo(request.correlationId);
    await trainModel(await loadDetector(run, detector), run);
    return true;
  } catch (error) {
    tellFailure(detector, error, { body });
    return false;
  }
}

/** Nobody else tells of what ended outside of its own code. The next hour's run asks for another one. */
async function noteFailedJob(request: TrainRequest & { readonly kind: 'failed-job' }): Promise<void> {
  const { detector, job, reason } = request;
  await endJob(store, { detector, name: job }, { at: Date.now(), reason });
  telemetry.error('training failed as a job', { detector, job, reason });
  telemetry.count('DetectorsFailed', 1, { detector });
}

/** The whole of an invocation: what it has left is the deadline. */
function roomOf(context: Context): Room {
  const memoryMb = Number(context.memoryLimitInMB);
  const seconds = context.getRemainingTimeInMillis() / 1000;
  return { memoryMb, processors: processorsOf(memoryMb), seconds };
}

/** Whatever failed, the version in use stays in use. */
function tellFailure(detector: string, error: unknown, fields: { readonly body?: string } = {}): void {
  telemetry.error('training failed', { detector, ...fields, error: String(error) });
  telemetry.count('DetectorsFailed', 1, { detector });
}
