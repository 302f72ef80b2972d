/** Queues and topics of the emulator with the real SDK clients, on a clock that tests move. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Queues, Topics } from '../../infra/local/contract.ts';
import { createTopics } from '../../infra/local/sns/sns.ts';
import { createQueues } from '../../infra/local/sqs/sqs.ts';
import { startServiceServer } from './service-server.ts';

export const REGION = 'eu-central-1';

export interface Messaging {
  readonly origin: string;
  readonly dataDir: string;
  readonly outboxDir: string;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly queues: Queues;
  readonly topics: Topics;
  readonly logged: readonly string[];
  /** What functions were invoked with. */
  readonly invoked: readonly { readonly functionArn: string; readonly event: unknown }[];
  /** Moves the emulator's clock. */
  advance(seconds: number): void;
  /** Closes both services and opens them again on the same folder; the address changes. */
  restart(): Promise<Messaging>;
  close(): Promise<void>;
}

export interface MessagingOptions {
  readonly retryPauses?: readonly number[];
  readonly invokeLambda?: (functionArn: string, event: unknown) => Promise<void>;
}

export async function startMessaging(options: MessagingOptions = {}): Promise<Messaging> {
  return startIn(await mkdtemp(join(tmpdir(), 'messaging-')), options, { skew: 0 });
}

async function startIn(
  dataDir: string,
  options: MessagingOptions,
  clock: { skew: number },
): Promise<Messaging> {
  const logged: string[] = [];
  const invoked: { functionArn: string; event: unknown }[] = [];
  const outboxDir = join(dataDir, 'outbox');
  const shared = {
    dataDir,
    region: REGION,
    now: () => Date.now() + clock.skew,
    origin: () => server.origin,
    log: (line: string) => void logged.push(line),
  };
  const queues = await createQueues(shared);
  const topics = await createTopics({
    ...shared,
    queues,
    outboxDir,
    retryPauses: options.retryPauses ?? [20, 40],
    invokeLambda:
      options.invokeLambda ??
      (async (functionArn, event) => {
        invoked.push({ functionArn, event });
      }),
  });
  const isQueues = (path: string, scope: string): boolean => scope.includes('/sqs/') || path.includes('sqs');
  const server = await startServiceServer((request) =>
    isQueues(request.url ?? '', request.headers.authorization ?? '') ? queues : topics,
  );
  const client = {
    endpoint: server.origin,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const sqs = new SQSClient(client);
  const sns = new SNSClient(client);
  async function stop(): Promise<void> {
    await topics.close();
    await queues.close();
    sqs.destroy();
    sns.destroy();
    await server.close();
  }
  return {
    origin: server.origin,
    dataDir,
    outboxDir,
    sqs,
    sns,
    queues,
    topics,
    logged,
    invoked,
    advance(seconds) {
      clock.skew += seconds * 1000;
    },
    async restart() {
      await stop();
      return startIn(dataDir, options, clock);
    },
    async close() {
      await stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** Asks again until it holds; a test that waits for ever fails by the runner's timeout. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
