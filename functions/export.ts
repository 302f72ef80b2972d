/** Exports the windows that are due, of every declared detector. Runs every minute, and mostly finds nothing to do. */
import { readFile } from 'node:fs/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import { readSettings } from '../lib/config/settings.ts';
import { exportDue } from '../lib/jobs/export/export-due.ts';
import { openSources } from '../lib/source/open-sources.ts';
import type { AwsCredentials } from '../lib/source/prometheus-endpoint.ts';
import { countStore } from '../lib/store/count-requests.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { createDeadline } from './deadline.ts';
import { inRun } from './in-run.ts';
import { readSecret } from './read-secret.ts';
import { createWorkRequest } from './sqs-work-queue.ts';
import { createTelemetry } from './telemetry.ts';

const settings = readSettings(
  process.env,
  ['bucket', 'scoreQueueUrl', 'service', 'detectorMetrics'],
  ['source', 'namedSources'],
);
const s3 = createS3Client();
const store = countStore(createS3ObjectStore({ client: s3, bucket: settings.bucket }));
const queue = { requestScoring: createWorkRequest(new SQSClient(), settings.scoreQueueUrl) };
const telemetry = createTelemetry(settings);

/** Of a run, ms: the next one starts a minute after this one, and goes on where it stopped. */
const RUN_LENGTH = 50_000;

export interface ExportAnswer {
  readonly windows: number;
  /** Detector → why it was not exported. Logged and counted (`DetectorsFailed`): one dead target is no failed function. */
  readonly failed: Readonly<Record<string, string>>;
}

export function handler(_event: unknown, context: Context): Promise<ExportAnswer> {
  return inRun(context, { telemetry, store }, () => work(context));
}

async function work(context: Context): Promise<ExportAnswer> {
  if (settings.source === undefined && settings.namedSources === undefined) return { windows: 0, failed: {} };
  const run = { store, queue, telemetry, now: Date.now, deadline: createDeadline(context, RUN_LENGTH) };
  // Secrets are read at every run, so that a rotated one needs no deployment.
  const host = { ...run, random: Math.random, readSecret, readFile: readText, credentials };
  const { exported, failed } = await exportDue(openSources(settings, host), run);
  return {
    windows: [...exported.values()].reduce((sum, result) => sum + result.exported.length, 0),
    failed: describeFailures(failed),
  };
}

function describeFailures(failed: ReadonlyMap<string, unknown>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...failed].map(([name, error]) => [name, error instanceof Error ? error.message : String(error)]),
  );
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

/** The function's own, from its environment: Lambda renews them there. */
async function credentials(): Promise<AwsCredentials> {
  return s3.config.credentials();
}
