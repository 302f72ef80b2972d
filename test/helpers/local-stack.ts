/** The whole service on a port of its own, and the SDK's clients in front of it: what a user of a deployment has. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import {
  type QueueAttributeName,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { FunctionLogLine } from '../../infra/local/lambda/function-log.ts';
import { type LocalService, startLocalService } from '../../infra/local/local-service.ts';

export interface LocalStack {
  readonly service: LocalService;
  /** Of the data bucket. */
  readonly bucket: string;
  readonly dataDir: string;
  readonly s3: S3Client;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  put(key: string, body: Uint8Array | string): Promise<void>;
  /** Undefined where there is no object. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** @throws Error where there is no object */
  getJson<T>(key: string): Promise<T>;
  keys(prefix: string): Promise<string[]>;
  /** @param id logical id in the template, such as `ScoreQueue` */
  queueUrl(id: string): string;
  queueArn(id: string): string;
  send(queueId: string, body: unknown): Promise<void>;
  setQueueAttribute(queueId: string, name: QueueAttributeName, value: string): Promise<void>;
  /** JSON log lines of a function, such as `score`, without the metrics. */
  logs(name: string): readonly Readonly<Record<string, unknown>>[];
  /** Sum of what a function wrote of a metric in the embedded metric format. */
  metric(functionName: string, metric: string, detector: string): number;
  /** Nothing runs and nothing waits in the functions' queues. */
  idle(): Promise<void>;
  /** @throws AssertionError where a role refused a function something: the template lacks a permission */
  close(): Promise<void>;
}

export async function startLocalStack(
  options: {
    readonly params?: Readonly<Record<string, string>>;
    readonly maxVisibilitySeconds?: number;
    readonly maxTimeoutSeconds?: Readonly<Record<string, number>>;
    readonly jobEntryPoint?: readonly string[];
  } = {},
): Promise<LocalStack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-e2e-'));
  const lines: FunctionLogLine[] = [];
  const service = await startLocalService({
    dataDir,
    port: 0,
    // Time does not pass in a test: what belongs together comes at once, and the rest by a tick.
    params: { groupWait: '0s', groupInterval: '0s', ...options.params },
    schedules: 'off',
    log: () => {},
    onFunctionLog: (line) => void lines.push(line),
    maxVisibilitySeconds: options.maxVisibilitySeconds ?? 20,
    maxTimeoutSeconds: options.maxTimeoutSeconds ?? {},
    ...(options.jobEntryPoint !== undefined && { jobEntryPoint: options.jobEntryPoint }),
  });
  const { outputs, resources } = service.deployment;
  const config = {
    endpoint: service.emulator.url,
    region: service.emulator.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const sns = new SNSClient(config);
  const sqs = new SQSClient(config);
  const lambda = new LambdaClient(config);
  const bucket = outputs['DataBucketName'] ?? '';
  const queueUrl = (id: string): string => resources[id]?.ref ?? '';

  const stack: LocalStack = {
    service,
    bucket,
    dataDir,
    s3,
    sns,
    sqs,
    lambda,
    queueUrl,
    queueArn: (id) => resources[id]?.attributes['Arn'] ?? '',
    async put(Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    },
    async get(Key) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async getJson<T>(key: string) {
      const body = await stack.get(key);
      if (body === undefined) throw new Error(`no object ${key}`);
      return JSON.parse(new TextDecoder().decode(body)) as T;
    },
    async keys(Prefix) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async send(id, body) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(id), MessageBody: JSON.stringify(body) }));
    },
    async setQueueAttribute(id, name, value) {
      await sqs.send(
        new SetQueueAttributesCommand({ QueueUrl: queueUrl(id), Attributes: { [name]: value } }),
      );
    },
    logs: (name) => jsonLines(lines, name).filter((line) => !isOfCounts(line)),
    metric: (name, metric, detector) =>
      jsonLines(lines, name)
        .filter((line) => isOfCounts(line) && line['detector'] === detector)
        .flatMap((line) => line[metric] ?? [])
        .reduce<number>((sum, value) => sum + Number(value), 0),
    idle: () => service.deployment.idle(),
    async close() {
      for (const client of [s3, sns, sqs, lambda]) client.destroy();
      await service.close();
      await rm(dataDir, { recursive: true, force: true });
      assert.deepEqual(service.emulator.access.denials, [], 'permissions that a role lacks');
    },
  };
  return stack;
}

/** What alarms watch, or the rest. */
function isOfCounts(line: Readonly<Record<string, unknown>>): boolean {
  return '_aws' in line || line['message'] === 'counts';
}

function jsonLines(lines: readonly FunctionLogLine[], name: string): Record<string, unknown>[] {
  return lines.flatMap(({ functionName, text }) => {
    if (!functionName.endsWith(`-${name}`) || !text.startsWith('{')) return [];
    return [JSON.parse(text) as Record<string, unknown>];
  });
}
