import { TidewatchError } from '../lib/base/errors.ts';

/** Characters. */
const LONGEST_ID = 256;

/** What an SQS message of the score queue asks for. */
export type ScoreRequest =
  /** Its size in bytes, where the event tells it. */
  | { readonly kind: 'object'; readonly key: string; readonly size: number | undefined }
  | { readonly kind: 'detector'; readonly detector: string; readonly correlationId: string | undefined }
  /** S3 says that the notification was set up. */
  | { readonly kind: 'test' };

/**
 * Reads a message body: an S3 event or `{"detector": "NAME"}`.
 * Keys in events are form-encoded: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 * @throws TidewatchError `bad-message` with the start of the body, where it is neither
 */
export function parseScoreRequests(body: string): readonly ScoreRequest[] {
  const message = parseJson(body);
  if (message['Event'] === 's3:TestEvent') return [{ kind: 'test' }];
  if (typeof message['detector'] === 'string')
    return [{ kind: 'detector', detector: message['detector'], correlationId: correlationIn(message) }];
  const records = message['Records'];
  if (!Array.isArray(records)) throw unreadable(body);
  return records.map((record: { s3?: { object?: { key?: unknown; size?: unknown } } } | null) => {
    const { key, size } = record?.s3?.object ?? {};
    if (typeof key !== 'string') throw unreadable(body);
    return { kind: 'object', key: decodeKey(key, body), size: typeof size === 'number' ? size : undefined };
  });
}

/** What a message of the train queue is: somebody wants a training, or AWS Batch tells that a job of one failed. */
export type TrainRequest =
  | { readonly kind: 'detector'; readonly detector: string; readonly correlationId: string | undefined }
  | {
      readonly kind: 'failed-job';
      readonly detector: string;
      readonly job: string;
      readonly reason: string;
    };

/**
 * `{"detector": "NAME"}`, or an event of EventBridge:
 * https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
 * @throws TidewatchError `bad-message`
 */
export function parseTrainRequest(body: string): TrainRequest {
  const message = parseJson(body);
  if (message['source'] === 'aws.batch') return parseFailedJob(message, body);
  const detector = message['detector'];
  if (typeof detector !== 'string') throw unreadable(body);
  return { kind: 'detector', detector, correlationId: correlationIn(message) };
}

function parseFailedJob(message: Record<string, unknown>, body: string): TrainRequest {
  const { jobName, statusReason, parameters, container } = (message['detail'] ?? {}) as {
    readonly jobName?: unknown;
    readonly statusReason?: unknown;
    readonly parameters?: { readonly detector?: unknown; readonly job?: unknown } | null;
    readonly container?: { readonly reason?: unknown; readonly exitCode?: unknown } | null;
  };
  const detector = parameters?.detector;
  const job = parameters?.job ?? jobName;
  if (typeof detector !== 'string' || typeof job !== 'string') throw unreadable(body);
  const exitCode = typeof container?.exitCode === 'number' ? `exit code ${container.exitCode}` : undefined;
  const reasons = [statusReason, container?.reason, exitCode].filter((each) => typeof each === 'string');
  return { kind: 'failed-job', detector, job, reason: reasons.join(', ') || 'AWS Batch gives no reason' };
}

/** Undefined in messages of people and of earlier versions. */
function correlationIn(message: Record<string, unknown>): string | undefined {
  const id = message['correlationId'];
  return typeof id === 'string' && id !== '' ? id.slice(0, LONGEST_ID) : undefined;
}

function decodeKey(key: string, body: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw unreadable(body, cause);
  }
}

/** What a message of the notify queue asks for: to take over what a detector has to tell, or to look at what is due. */
export type NotifyRequest =
  | { readonly kind: 'detector'; readonly detector: string }
  | { readonly kind: 'wake' };

/** `{"detector": "NAME"}` or `{"source": "wake"}`. @throws Error with the start of the body, where it is neither */
export function parseNotifyRequest(body: string): NotifyRequest {
  const message = parseJson(body);
  if (message['source'] === 'wake') return { kind: 'wake' };
  if (typeof message['detector'] === 'string') return { kind: 'detector', detector: message['detector'] };
  throw unreadable(body);
}

function parseJson(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // falls through to the same error as any other body that is not an object
  }
  throw unreadable(body);
}

function unreadable(body: string, cause?: unknown): TidewatchError {
  return new TidewatchError(
    'bad-message',
    `the message is neither an S3 event nor {"detector": NAME}: ${body.slice(0, 200)}`,
    { cause },
  );
}
