/**
 * Exports the windows that are due, of every declared detector. Runs every minute, and mostly finds nothing to do. A backfill's state
 * machine asks it for the list of days, and for each of them.
 */
import { readFile } from 'node:fs/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import { readSettings } from '../lib/config/settings.ts';
import { listBackfillDays } from '../lib/jobs/export/backfill-days.ts';
import { exportDay } from '../lib/jobs/export/export-day.ts';
import { exportDue } from '../lib/jobs/export/export-due.ts';
import { loadDetector } from '../lib/jobs/shared/load-detectors.ts';
import { divideConcurrency, openSources } from '../lib/source/open-sources.ts';
import type { AwsCredentials } from '../lib/source/prometheus-endpoint.ts';
import { countStore } from '../lib/store/count-requests.ts';
import { readState } from '../lib/store/detector-states.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { createDeadline } from './deadline.ts';
import { type ExportRequest, parseExportRequest } from './export-event.ts';
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

/** Of a backfill: its days, oldest first. */
export interface DaysAnswer {
  readonly detector: string;
  readonly days: readonly string[];
}

/** Of one of them. */
export interface DayAnswer {
  readonly day: string;
  readonly windows: number;
  readonly kept: number;
}

type Answer = ExportAnswer | DaysAnswer | DayAnswer;

export function handler(event: unknown, context: Context): Promise<Answer> {
  return inRun(context, { telemetry, store }, async () => {
    const request = parseExportRequest(event);
    switch (request.kind) {
      case 'due':
        return exportAllDue(context);
      case 'days':
        return listDays(request);
      case 'day':
        return exportOneDay(request, context);
    }
  });
}

async function listDays(request: ExportRequest & { readonly kind: 'days' }): Promise<DaysAnswer> {
  const run = { store, telemetry, now: Date.now };
  const { detector } = await loadDetector(run, request.detector);
  const { state } = await readState(store, detector.name);
  return { detector: detector.name, days: listBackfillDays(request, detector, state, Date.now()) };
}

/** Days that are exported side by side share what the source is asked at a time. */
async function exportOneDay(
  { detector: name, day, share }: ExportRequest & { readonly kind: 'day' },
  context: Context,
): Promise<DayAnswer> {
  const run = { store, telemetry, now: Date.now, deadline: createDeadline(context) };
  const host = { ...run, random: Math.random, readSecret, readFile: readText, credentials };
  const loaded = await loadDetector(run, name);
  const source = await openSources(divideConcurrency(settings, share), host).sourceOf(loaded.detector);
  const { exported, kept } = await exportDay({ ...loaded, source, day }, run);
  return { day: String(day), windows: exported.length, kept };
}

async function exportAllDue(context: Context): Promise<ExportAnswer> {
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
