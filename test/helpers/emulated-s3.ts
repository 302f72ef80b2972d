/** An emulator of its own for one suite, with the real SDK's client in front of it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type Emulator, type StartOptions, startEmulator } from '../../infra/local/emulator.ts';
import { lateBound } from './late-bound.ts';

export interface EmulatedS3 extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly client: S3Client;
  readonly dataDir: string;
  /** Bodies of the events that the buckets sent, by queue ARN; test events left out. */
  readonly events: Readonly<Record<string, string[]>>;
  /** Every line that was logged. */
  readonly lines: readonly string[];
}

export const REGION = 'us-east-1';
export const QUEUE_ARN: string = `arn:aws:sqs:${REGION}:000000000000:events`;

/** Retries are off, so that an error is seen as it is answered. */
export function createClient(url: string, secretAccessKey = 'test'): S3Client {
  const credentials = { accessKeyId: 'test', secretAccessKey };
  return new S3Client({ endpoint: url, region: REGION, credentials, forcePathStyle: true, maxAttempts: 1 });
}

export async function startS3(options: Partial<StartOptions> = {}): Promise<EmulatedS3> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'tidewatch-s3-')));
  const events: Record<string, string[]> = {};
  const lines: string[] = [];
  const emulator = await startEmulator({
    port: 0,
    dataDir,
    region: REGION,
    now: Date.now,
    log: (line) => void lines.push(line),
    eventQueues: {
      async send(arn, body) {
        if (!body.includes('s3:TestEvent')) events[arn] = [...(events[arn] ?? []), body];
        return { messageId: 'message' };
      },
    },
    ...options,
  });
  const client = createClient(emulator.url);
  return {
    emulator,
    client,
    dataDir,
    events,
    lines,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await emulator.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true });
    },
  };
}

/** One for all tests of a file, by hooks. @param Bucket that is created in it */
export function useS3(Bucket?: string): { readonly s3: EmulatedS3; readonly client: S3Client } {
  let started: EmulatedS3;
  before(async () => {
    started = await startS3();
    if (Bucket !== undefined) await started.client.send(new CreateBucketCommand({ Bucket }));
  });
  after(() => started[Symbol.asyncDispose]());
  return { s3: lateBound(() => started), client: lateBound(() => started.client) };
}

/** Holds what a call rejects with to S3's code and status. */
export async function assertFails(call: Promise<unknown>, code: string, status: number): Promise<void> {
  await assert.rejects(call, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.equal(`${error.name} ${error.$metadata?.httpStatusCode}`, `${code} ${status}`, error.message);
    return true;
  });
}
