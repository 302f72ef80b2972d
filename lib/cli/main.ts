/** `tidewatch`, started by bin/tidewatch.mjs. */
import { readFile } from 'node:fs/promises';
import { createSnsClient, createSnsPublisher } from '../alert/sns-publisher.ts';
import { createS3Client, createS3ObjectStore } from '../store/s3-object-store.ts';
import { runCli } from './run.ts';

// Other AWS tools take the region from either variable, the SDK for JavaScript from the first alone.
if (!process.env.AWS_REGION && process.env.AWS_DEFAULT_REGION)
  process.env.AWS_REGION = process.env.AWS_DEFAULT_REGION;

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
  random: Math.random,
  readFile: (path) => readFile(path, 'utf8'),
  openStore: (bucket) => createS3ObjectStore({ client: createS3Client(), bucket }),
  openTopic: (topicArn) => createSnsPublisher({ client: createSnsClient(), topicArn }),
  credentials: async () => createS3Client().config.credentials(),
});
