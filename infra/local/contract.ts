/**
 * How the emulator's parts meet. Each service answers HTTP requests as AWS speaks them, and offers the others the
 * few calls below in process (S3 sends events to queues, topics deliver to queues, functions poll queues).
 */
import type { Readable } from 'node:stream';

/** One account and region; nothing else exists here. */
export const ACCOUNT_ID = '000000000000';

export interface AwsRequest {
  readonly method: string;
  /** As sent: percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As sent; left out where nobody passes it on. */
  readonly rawQuery?: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The authenticated payload, aws-chunked framing already removed and every checksum verified at its end. */
  readonly body: Readable;
  /** `http://host:port` as the client addressed it. */
  readonly origin: string;
  readonly requestId: string;
  /** Of the role that the request's key acts for; undefined for one that may do everything. */
  readonly permissions?: Permissions;
  /**
   * Aborted when the client goes away before it has its answer, or the emulator stops: a long poll then takes no
   * message for it.
   */
  readonly signal?: AbortSignal;
}

/** What a role may do. Both take IAM's name of an action, and the ARN of what it is done to. */
export interface Permissions {
  /** The role's name. */
  readonly role: string;
  /** Notes what was refused. */
  check(action: string, resource: string): boolean;
  /** @throws AwsError AccessDenied, or what the service calls it */
  require(action: string, resource: string): void;
}

export interface AwsResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
}

/** An error as an AWS client expects it; each service renders it in its own protocol (XML or JSON). */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
  }
}

export interface Service {
  handle(request: AwsRequest): Promise<AwsResponse>;
  close(): Promise<void>;
}

export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** SentTimestamp, ApproximateReceiveCount, … as SQS names them. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<
    Record<
      string,
      {
        readonly dataType: string;
        readonly stringValue?: string;
        /** Base64, in place of `stringValue` where the type is Binary. */
        readonly binaryValue?: string;
      }
    >
  >;
}

export interface Queues extends Service {
  /** Attributes by SQS's names (VisibilityTimeout, RedrivePolicy, …). Creating it again with the same ones is harmless. */
  create(name: string, attributes: Readonly<Record<string, string>>): Promise<{ url: string; arn: string }>;
  send(
    arn: string,
    body: string,
    messageAttributes?: QueueMessage['messageAttributes'],
  ): Promise<{ messageId: string }>;
  /** Waits up to `waitMs` for a first message; an aborted `signal` ends the wait. */
  receive(
    arn: string,
    options: { max: number; waitMs: number; signal?: AbortSignal },
  ): Promise<QueueMessage[]>;
  remove(arn: string, receiptHandle: string): Promise<void>;
  changeVisibility(arn: string, receiptHandle: string, seconds: number): Promise<void>;
  /** Messages that are visible, in flight and delayed. */
  depth(arn: string): { visible: number; inFlight: number; delayed: number };
}

export interface Topics extends Service {
  create(name: string, attributes: Readonly<Record<string, string>>): Promise<{ arn: string }>;
  /** Protocols: sqs, http, https, email (into the outbox folder), lambda. */
  subscribe(options: {
    topicArn: string;
    protocol: string;
    endpoint: string;
    attributes: Readonly<Record<string, string>>;
  }): Promise<{ subscriptionArn: string }>;
}

export interface BucketNotification {
  readonly queueArn: string;
  /** s3:ObjectCreated:*, … */
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

/** Requests that came with the keys of a role. */
export interface RequestCount {
  /** Undefined: with the key that may do everything. */
  readonly role: string | undefined;
  /** As AWS calls it, such as `GetObject`. */
  readonly operation: string;
  readonly count: number;
}

export interface Buckets extends Service {
  /** Since the start, whatever was answered: AWS charges for what it refuses, too. */
  listCounts(): readonly RequestCount[];
  create(name: string): Promise<void>;
  setNotifications(name: string, notifications: readonly BucketNotification[]): Promise<void>;
}

export interface Secrets extends Service {
  /** Makes one of letters and digits; one of that name stays as it is. */
  ensure(name: string, options: { readonly length: number }): Promise<{ readonly arn: string }>;
}

export interface Functions extends Service {
  /** Requests to a function's own address, which nobody signs. */
  handleUrl(request: AwsRequest): Promise<AwsResponse>;
  /** Synchronous; the payload that the function returned, or its error. */
  invoke(name: string, payload: unknown): Promise<{ payload: unknown; functionError: string | undefined }>;
}

export interface EmulatorOptions {
  /** 0 for a free port. */
  readonly port: number;
  /** Address that it listens on; by default 127.0.0.1, so that only this machine reaches it. */
  readonly host?: string;
  /** Everything the emulator keeps: survives a restart, and a kill at any moment. */
  readonly dataDir: string;
  readonly region: string;
  /** Now, epoch milliseconds; tests move it. */
  readonly now: () => number;
  readonly log: (line: string) => void;
}
