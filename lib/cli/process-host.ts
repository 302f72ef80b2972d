import { readFile } from 'node:fs/promises';
import { createSnsClient, createSnsPublisher } from '../alert/sns-publisher.ts';
import { createS3Client, createS3ObjectStore } from '../store/s3-object-store.ts';
import { createSqsQueue } from '../store/sqs-queue.ts';
import type { Host } from './host.ts';

/** What a process started on a terminal has: its streams, its clock, and AWS as its environment says. */
export function createProcessHost(): Host {
  return {
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    now: Date.now,
    random: Math.random,
    readFile: (path) => readFile(path, 'utf8'),
    openStore: (bucket) => createS3ObjectStore({ client: createS3Client(), bucket }),
    openTopic: (topicArn) => createSnsPublisher({ client: createSnsClient(), topicArn }),
    openQueue: (url) => createSqsQueue({ url }),
    credentials: async () => createS3Client().config.credentials(),
  };
}
