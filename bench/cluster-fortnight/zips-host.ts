/**
 * What people deploy: the functions' zips on the emulator, asked by its own queues, over HTTP to a Prometheus. Messages are those
 * that a queue which is subscribed to the alerts gets.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { FunctionLogLine } from '../../infra/local/lambda/function-log.ts';
import { type LocalService, startLocalService } from '../../infra/local/local-service.ts';
import { createManualClock } from '../../infra/local/manual-clock.ts';
import { parseAlert } from '../../lib/alert/parse-alert.ts';
import { SourceError } from '../../lib/base/errors.ts';
import type { QueryRange } from '../../lib/source/query-source.ts';
import { createS3ObjectStore } from '../../lib/store/s3-object-store.ts';
import {
  dropConnection,
  type FakePrometheus,
  startFakePrometheus,
} from '../../test/helpers/fake-prometheus.ts';
import type { Host, Message } from './host.ts';
import type { MeasuredPod } from './measure.ts';
import type { Scale } from './plan.ts';
import { queryCluster } from './query-cluster.ts';

/** Ms of real time: a function that is used every few seconds stays warm, as it does in an account. */
const IDLE = 600_000;
const SCHEDULED = { source: 'schedule' };
const DEAD_LETTERS = /-dead$/;

/** What the functions logged. */
interface Log {
  readonly add: (line: FunctionLogLine) => void;
  readonly trainings: () => number;
  /** Function and message of what is logged as an error → how often. */
  readonly errors: ReadonlyMap<string, number>;
}

/**
 * @param given.start epoch ms that its clock shows
 * @param given.mails a folder that the mails are copied to at the end; undefined: none
 */
export async function startZipsHost(given: {
  readonly pods: readonly MeasuredPod[];
  readonly scale: Scale;
  readonly start: number;
  readonly say: (line: string) => void;
  readonly mails: string | undefined;
}): Promise<Host> {
  const { pods, scale, say } = given;
  const clock = createManualClock(given.start);
  const prometheus = await servePrometheus(queryCluster(pods, scale, clock.now), scale);
  const dataDir = mkdtempSync(join(tmpdir(), 'cluster-fortnight-'));
  const log = openLog();
  const service = await startLocalService({
    dataDir,
    port: 0,
    params: { prometheusUrl: prometheus.url },
    schedules: 'off',
    clock,
    environmentIdleMs: IDLE,
    log() {},
    onFunctionLog: log.add,
  });
  const { emulator, deployment } = service;
  const { queues, topics } = emulator;
  const topicArn = deployment.outputs['AlertTopicArn']!;
  const subscriber = await queues.create('people', {});
  const raw = { RawMessageDelivery: 'true' };
  await topics.subscribe({ topicArn, protocol: 'sqs', endpoint: subscriber.arn, attributes: raw });
  await topics.subscribe({ topicArn, protocol: 'email', endpoint: 'on-call@example.com', attributes: {} });
  const client = new S3Client({
    endpoint: emulator.url,
    region: emulator.region,
    credentials: {
      accessKeyId: service.environment['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: service.environment['AWS_SECRET_ACCESS_KEY']!,
    },
    forcePathStyle: true,
    systemClockOffset: given.start - Date.now(),
  });

  async function run(name: string): Promise<unknown> {
    const { payload, functionError } = await deployment.invoke(name, SCHEDULED);
    if (functionError !== undefined) throw new Error(`${name} failed: ${JSON.stringify(payload)}`);
    return payload;
  }

  return {
    store: createS3ObjectStore({ client, bucket: deployment.outputs['DataBucketName']! }),
    get trainings() {
      return log.trainings();
    },
    setClock(time) {
      clock.set(time);
      client.config.systemClockOffset = time - Date.now();
    },
    async runExport() {
      const { windows, failed } = (await run('export')) as { windows: number; failed: object };
      return { windows, isFailed: Object.keys(failed).length > 0 };
    },
    async runTraining() {
      const { failed } = (await run('train')) as { failed: object };
      if (Object.keys(failed).length > 0) throw new Error(`training failed: ${JSON.stringify(failed)}`);
    },
    async runNotify() {
      await run('notify');
    },
    settle: () => deployment.settle(),
    async takeMessages() {
      const messages: Message[] = [];
      for (;;) {
        const received = await queues.receive(subscriber.arn, { max: 10, waitMs: 0 });
        if (received.length === 0) break;
        for (const { body, attributes, receiptHandle } of received) {
          messages.push({ at: Number(attributes['SentTimestamp']), alert: parseAlert(body) });
          await queues.remove(subscriber.arn, receiptHandle);
        }
      }
      // A queue promises no order.
      return messages.sort(
        (a, b) => a.at - b.at || (a.alert.notificationId < b.alert.notificationId ? -1 : 1),
      );
    },
    async [Symbol.asyncDispose]() {
      for (const line of describeTroubles(service, log)) say(line);
      // There is none where nobody was told of anything.
      if (given.mails !== undefined && existsSync(emulator.outboxDir))
        cpSync(emulator.outboxDir, given.mails, { recursive: true });
      client.destroy();
      await service.close();
      await prometheus[Symbol.asyncDispose]();
      clock.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What a person who runs a deployment would look at. */
function describeTroubles({ emulator, deployment }: LocalService, { errors }: Log): readonly string[] {
  const dead = Object.values(deployment.resources).flatMap(({ type, attributes }) => {
    if (type !== 'AWS::SQS::Queue' || !DEAD_LETTERS.test(attributes['QueueName']!)) return [];
    const { visible, inFlight } = emulator.queues.depth(attributes['Arn']!);
    return visible + inFlight > 0 ? [`${attributes['QueueName']} holds ${visible + inFlight} messages`] : [];
  });
  const denials = emulator.access.denials.map((denial) => `refused: ${JSON.stringify(denial)}`);
  return [...[...errors].map(([error, times]) => `logged ${times} times: ${error}`), ...dead, ...denials];
}

function openLog(): Log {
  let trainings = 0;
  const errors = new Map<string, number>();
  return {
    errors,
    trainings: () => trainings,
    add({ functionName, text }) {
      if (!text.startsWith('{')) return;
      const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (line['message'] === 'counts') trainings += Number(line['ModelsTrained'] ?? 0);
      if (line['level'] !== 'ERROR') return;
      const error = `${functionName}: ${String(line['message'])}`;
      errors.set(error, (errors.get(error) ?? 0) + 1);
    },
  };
}

function servePrometheus(query: QueryRange, { step }: Scale): Promise<FakePrometheus> {
  return startFakePrometheus((response, request) => {
    const { start, end, fields } = request;
    // Prometheus includes the end.
    query({ query: fields['query'] ?? '', start, end: end + step, step }).then(
      (series) => {
        const result = series.map(({ labels, times, values }) => ({
          metric: labels,
          values: Array.from(times, (time, at) => [time / 1000, String(values[at])]),
        }));
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
      },
      (error: unknown) => {
        if (error instanceof SourceError) return dropConnection(response, request);
        response.writeHead(500).end(String(error));
      },
    );
  });
}
