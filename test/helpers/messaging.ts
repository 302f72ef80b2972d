/** The emulator with the SDK's clients of queues and topics, on a clock that tests move. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Emulator, startEmulator } from '../../infra/local/emulator.ts';
import { lateBound } from './late-bound.ts';

export const REGION = 'eu-central-1';

export interface Messaging {
  readonly emulator: Emulator;
  readonly origin: string;
  readonly dataDir: string;
  readonly outboxDir: string;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly logged: readonly string[];
  /** Moves the emulator's clock. */
  advance(seconds: number): void;
  /** Closes the emulator and starts it again on the same folder; the address changes. */
  restart(): Promise<Messaging>;
  close(): Promise<void>;
}

/** `retryPauses`: milliseconds between attempts of one delivery. */
export async function startMessaging(retryPauses: readonly number[] = [20, 40]): Promise<Messaging> {
  return startIn(await mkdtemp(join(tmpdir(), 'messaging-')), retryPauses, { skew: 0 });
}

/** One for all tests of a file, by hooks. */
export function useMessaging(): Messaging {
  let started: Messaging;
  before(async () => {
    started = await startMessaging();
  });
  after(() => started.close());
  return lateBound(() => started);
}

/** The SDK's clients for an emulator at `endpoint`; they try once. */
export function createClients(endpoint: string, region: string): { sqs: SQSClient; sns: SNSClient } {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const options = { endpoint, region, credentials, maxAttempts: 1 };
  return { sqs: new SQSClient(options), sns: new SNSClient(options) };
}

async function startIn(
  dataDir: string,
  retryPauses: readonly number[],
  clock: { skew: number },
): Promise<Messaging> {
  const logged: string[] = [];
  const emulator = await startEmulator({
    port: 0,
    dataDir,
    region: REGION,
    now: () => Date.now() + clock.skew,
    log: (line) => void logged.push(line),
    retryPauses,
  });
  const { sqs, sns } = createClients(emulator.url, REGION);
  async function stop(): Promise<void> {
    sqs.destroy();
    sns.destroy();
    await emulator.close();
  }
  return {
    emulator,
    origin: emulator.url,
    dataDir,
    outboxDir: emulator.outboxDir,
    sqs,
    sns,
    logged,
    advance(seconds) {
      clock.skew += seconds * 1000;
    },
    async restart() {
      await stop();
      return startIn(dataDir, retryPauses, clock);
    },
    async close() {
      await stop();
      await rm(dataDir, { recursive: true });
    },
  };
}
