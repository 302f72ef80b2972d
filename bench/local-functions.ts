/** The packaged functions on a fresh emulator, with sample history in the bucket and a model trained from it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from '../infra/local/emulator.ts';
import type { FunctionLogLine } from '../infra/local/lambda/function-log.ts';
import { type Deployment, deployTemplate } from '../infra/local/template/deploy-template.ts';
import { packageService } from '../infra/local/template/package-service.ts';
import { manifestKey, windowKey } from '../lib/store/keys.ts';
import type { ObjectStore } from '../lib/store/object-store.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import type { MetricWindow } from '../lib/window/window.ts';
import { writeWindow } from '../lib/window/write-window.ts';

export const DETECTOR = 'bench';
const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

export interface LocalFunctions extends AsyncDisposable {
  readonly packageDir: string;
  readonly deployment: Deployment;
  readonly store: ObjectStore;
  declare(name: string, spec: readonly string[]): Promise<unknown>;
  drop(window: MetricWindow): Promise<unknown>;
}

/** The process's AWS environment points there from now on. */
export async function startLocalFunctions(options: {
  readonly prometheusUrl?: string;
  /** Milliseconds that a function's process outlives an invocation. */
  readonly environmentIdleMs: number;
  readonly onFunctionLog?: (line: FunctionLogLine) => void;
}): Promise<LocalFunctions> {
  const { prometheusUrl } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-functions-'));
  // Of the way of an alert, only what is computed and sent: waits, and who is told of with whom, are choices.
  const params: Record<string, string> = { groupBy: 'none', groupWait: '0s', groupInterval: '0s' };
  if (prometheusUrl !== undefined) params['prometheusUrl'] = prometheusUrl;
  const packageDir = await packageService({ params, region: REGION });
  const log = (): void => {};
  const emulator = await startEmulator({ port: 0, dataDir, region: REGION, now: Date.now, log });
  const deployment = await deployTemplate({
    packageDir,
    buckets: emulator.buckets,
    queues: emulator.queues,
    topics: emulator.topics,
    secrets: emulator.secrets,
    endpoint: emulator.url,
    region: REGION,
    access: emulator.access,
    schedules: 'off',
    logDir: join(dataDir, 'logs'),
    now: Date.now,
    log,
    // What fails is tried again soon, so that a bench ends either way.
    maxVisibilitySeconds: 5,
    environmentIdleMs: options.environmentIdleMs,
    ...(options.onFunctionLog && { onFunctionLog: options.onFunctionLog }),
  });
  emulator.useFunctions(deployment.functions);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: emulator.url,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
  });
  const store = createS3ObjectStore({
    client: createS3Client(),
    bucket: deployment.outputs['DataBucketName']!,
  });
  return {
    packageDir,
    deployment,
    store,
    declare: (name, spec) => store.put(manifestKey(name), new TextEncoder().encode(manifestOf(name, spec))),
    drop: (window) =>
      store.put(windowKey(DETECTOR, window.range), writeWindow(window, { manifestHash: 'bench' })),
    async [Symbol.asyncDispose]() {
      await deployment.close();
      await emulator.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

function manifestOf(name: string, spec: readonly string[]): string {
  return [
    'apiVersion: tidewatch/v1',
    'kind: AnomalyDetector',
    `metadata: {name: ${name}}`,
    'spec:',
    '  target_service: bench',
    ...spec.map((line) => `  ${line}`),
  ].join('\n');
}
