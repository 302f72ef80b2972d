/** The whole service on this machine: the emulator, and on it what `serverless deploy` would make in an account. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Emulator, startEmulator } from './emulator.ts';
import type { FunctionLogLine } from './lambda/function-log.ts';
import type { ManualClock } from './manual-clock.ts';
import { type Deployment, deployTemplate } from './template/deploy-template.ts';
import { packageService } from './template/package-service.ts';

export interface LocalServiceOptions {
  /** Everything it keeps: objects under s3/, mail under outbox/, the functions' logs under logs/. */
  readonly dataDir: string;
  /** 0 for a free one. */
  readonly port: number;
  /** As `--param=NAME=VALUE` of `serverless package`. */
  readonly params: Readonly<Record<string, string>>;
  /** `off`: only `deployment.tick()` runs what is scheduled. */
  readonly schedules: 'off' | 'real';
  readonly log: (line: string) => void;
  readonly onFunctionLog?: (line: FunctionLogLine) => void;
  /** How long a message that failed waits at most; by default as the template says. */
  readonly maxVisibilitySeconds?: number;
  /** Upper bound of how long a message waits for others of its batch. By default none, and 0 by a clock that is set by hand. */
  readonly maxBatchingSeconds?: number;
  /** Logical id of a function → how long it may run at most; by default as the template says. */
  readonly maxTimeoutSeconds?: Readonly<Record<string, number>>;
  /** What everything takes for the time of day, signatures included; by default the machine's. */
  readonly clock?: Pick<ManualClock, 'now' | 'file'>;
  /** How long a warm environment is kept; a minute by default. */
  readonly environmentIdleMs?: number;
  /** What stands for the image's entry point in jobs of AWS Batch; by default the command line as the sources have it. */
  readonly jobEntryPoint?: readonly string[];
  /** The one region; us-east-1 by default. */
  readonly region?: string;
  /** That it listens on; 127.0.0.1 by default. */
  readonly host?: string;
  /** Where packages are kept; beside the sources by default. */
  readonly packageCacheDir?: string;
}

export interface LocalService {
  readonly emulator: Emulator;
  readonly deployment: Deployment;
  /** What a client's environment needs. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const COMMAND_LINE = [process.execPath, fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))];
const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

export async function startLocalService(options: LocalServiceOptions): Promise<LocalService> {
  const { dataDir, port, log, host, clock, region = REGION, packageCacheDir: cacheDir } = options;
  const now = clock?.now ?? Date.now;
  const packageDir = await packageService({
    params: options.params,
    region,
    ...(cacheDir !== undefined && { cacheDir }),
  });
  const emulator = await startEmulator({
    port,
    dataDir,
    region,
    now,
    signatureClock: now,
    log,
    ...(host !== undefined && { host }),
  });
  try {
    const deployment = await deployTemplate({
      packageDir,
      buckets: emulator.buckets,
      queues: emulator.queues,
      topics: emulator.topics,
      secrets: emulator.secrets,
      endpoint: emulator.url,
      region,
      access: emulator.access,
      schedules: options.schedules,
      logDir: join(dataDir, 'logs'),
      now,
      ...(clock !== undefined && { clock }),
      log,
      jobEntryPoint: options.jobEntryPoint ?? COMMAND_LINE,
      ...(options.onFunctionLog !== undefined && { onFunctionLog: options.onFunctionLog }),
      ...(options.maxBatchingSeconds !== undefined && { maxBatchingSeconds: options.maxBatchingSeconds }),
      ...(options.maxVisibilitySeconds !== undefined && {
        maxVisibilitySeconds: options.maxVisibilitySeconds,
      }),
      ...(options.maxTimeoutSeconds !== undefined && { maxTimeoutSeconds: options.maxTimeoutSeconds }),
      ...(options.environmentIdleMs !== undefined && { environmentIdleMs: options.environmentIdleMs }),
    });
    emulator.useFunctions(deployment.functions);
    emulator.mount('batch', deployment.jobs);
    return {
      emulator,
      deployment,
      environment: {
        AWS_ENDPOINT_URL: emulator.url,
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        AWS_REGION: region,
      },
      async close() {
        await deployment.close();
        await emulator.close();
      },
    };
  } catch (error) {
    await emulator.close();
    throw error;
  }
}
