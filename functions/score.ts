/** Scores what arrived: S3 events and work requests, through SQS. */
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { correlated, correlationOf } from '../lib/base/correlation.ts';
import { RetryLaterError, WindowError } from '../lib/base/errors.ts';
import { readSettings } from '../lib/config/settings.ts';
import { scoreWindows } from '../lib/jobs/score/score-windows.ts';
import { type ArrivedWindow, groupSmall } from '../lib/jobs/score/side-by-side.ts';
import { loadDetector } from '../lib/jobs/shared/load-detectors.ts';
import { quarantine } from '../lib/jobs/shared/quarantine.ts';
import { isWindowName } from '../lib/jobs/shared/window-objects.ts';
import { countStore } from '../lib/store/count-requests.ts';
import { unitOfWindowKey } from '../lib/store/keys.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { createDeadline } from './deadline.ts';
import { inRun } from './in-run.ts';
import { parseScoreRequests, type ScoreRequest } from './s3-event.ts';
import { createWorkRequest } from './sqs-work-queue.ts';
import { createTelemetry } from './telemetry.ts';

const settings = readSettings(process.env, [
  'bucket',
  'scoreQueueUrl',
  'trainQueueUrl',
  'notifyQueueUrl',
  'service',
  'detectorMetrics',
]);
const store = countStore(createS3ObjectStore({ client: createS3Client(), bucket: settings.bucket }));
const sqs = new SQSClient();
const queue = {
  requestScoring: createWorkRequest(sqs, settings.scoreQueueUrl),
  requestTraining: createWorkRequest(sqs, settings.trainQueueUrl),
  requestNotifying: createWorkRequest(sqs, settings.notifyQueueUrl),
};
const telemetry = createTelemetry(settings);

interface Ask {
  readonly detector: string;
  /** The window that came; undefined where everything is to be looked at. */
  readonly window: ArrivedWindow | undefined;
  readonly correlationId: string | undefined;
}

/** What the messages of one batch ask of a detector; the first one says what its run is about. */
interface Work extends Pick<Ask, 'correlationId'> {
  readonly ids: Set<string>;
  /** Windows that came, by key; undefined once a message asks for everything. */
  windows: Map<string, ArrivedWindow> | undefined;
}

/**
 * One run per detector, however many messages name it; those of small windows go side by side. A message fails with its detector and
 * comes back; the others are done.
 */
export function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return inRun(context, { telemetry, store }, () => work(event, context));
}

async function work(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const messages = new Map<string, Work>();
  const failed = new Set<string>();
  for (const record of event.Records) {
    try {
      for (const { detector, correlationId, window } of await asksOf(record)) {
        const work = messages.get(detector) ?? { ids: new Set(), windows: new Map(), correlationId };
        work.ids.add(record.messageId);
        if (window === undefined) work.windows = undefined;
        else work.windows?.set(window.key, window);
        messages.set(detector, work);
      }
    } catch (error) {
      telemetry.error('message failed', { messageId: record.messageId, error: String(error) });
      failed.add(record.messageId);
    }
  }
  const run = { store, queue, telemetry, now: Date.now, deadline: createDeadline(context) };
  const score = ([detector, { ids, windows, correlationId }]: [string, Work]): Promise<void> =>
    correlated(correlationId, async () => {
      try {
        const arrived = windows && [...windows.keys()];
        await scoreWindows(await loadDetector(run, detector), run, { arrived });
      } catch (error) {
        tellFailure(detector, error);
        for (const id of ids) failed.add(id);
      }
    });
  const groups = groupSmall([...messages], ([, { windows }]) => windows && [...windows.values()]);
  for (const group of groups) await Promise.all(group.map(score));
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

/** What is only put off comes back with its message, and is nobody's alarm unless it ends in the dead letters. */
function tellFailure(detector: string, error: unknown): void {
  if (error instanceof RetryLaterError) {
    telemetry.info('scoring put off', { detector, reason: error.message });
    return;
  }
  telemetry.error('scoring failed', { detector, error: String(error) });
  telemetry.count('DetectorsFailed', 1, { detector });
}

async function asksOf(record: SQSRecord): Promise<readonly Ask[]> {
  const asks: Ask[] = [];
  for (const request of parseScoreRequests(record.body)) {
    const detector = await detectorOf(request);
    if (detector === undefined) continue;
    const window = request.kind === 'object' ? request : undefined;
    asks.push({ detector, window, correlationId: window ? correlationOf(window.key) : idOf(request) });
  }
  return asks;
}

function idOf(request: ScoreRequest): string | undefined {
  return request.kind === 'detector' ? request.correlationId : undefined;
}

/** A file under windows/ that no detector can be told from goes to quarantine: nobody would ever look at it. */
async function detectorOf(request: ScoreRequest): Promise<string | undefined> {
  if (request.kind === 'detector') return request.detector;
  if (request.kind === 'test' || !isWindowName(request.key)) return undefined;
  const unit = unitOfWindowKey(request.key);
  if (unit !== undefined) return unit;
  const error = new WindowError(
    'no-detector',
    `${request.key}: the folder does not name a detector; expected windows/detector=NAME/…, NAME of letters, digits, ".", "_" and "-"`,
  );
  await quarantine({ store, telemetry, now: Date.now }, { detector: 'none', key: request.key, error });
  return undefined;
}
