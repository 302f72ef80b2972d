import type { AlertPublisher } from '../alert/publisher.ts';
import type { AwsCredentials } from '../source/prometheus-endpoint.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { WorkQueueAccess } from '../store/sqs-queue.ts';

export interface OutputStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** What the command line has around it: the process, or a test. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly readFile: (path: string) => Promise<string>;
  readonly openStore: (bucket: string) => ObjectStore;
  readonly openTopic: (topicArn: string) => AlertPublisher;
  readonly openQueue: (queueUrl: string) => WorkQueueAccess;
  /** AWS credentials, for a Prometheus that wants signed requests. */
  readonly credentials: () => Promise<AwsCredentials>;
}
