import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { startEmulator } from '../../infra/local/emulator.ts';

export interface TestBucket {
  readonly client: S3Client;
  readonly bucket: string;
  /** Of the emulator, for AWS_ENDPOINT_URL; the keys are `test` and `test`. */
  readonly url: string;
  close(): Promise<void>;
}

/** An empty bucket on an emulator of its own. */
export async function startTestBucket(): Promise<TestBucket> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-bucket-'));
  const emulator = await startEmulator({
    port: 0,
    dataDir,
    region: 'eu-west-1',
    now: Date.now,
    log: () => {},
  });
  await emulator.buckets.create('test-bucket');
  const client = new S3Client({
    endpoint: emulator.url,
    region: emulator.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
  });
  return {
    client,
    bucket: 'test-bucket',
    url: emulator.url,
    async close() {
      client.destroy();
      await emulator.close();
      await rm(dataDir, { recursive: true });
    },
  };
}
