/** What a plan takes from the template stays what the template has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { MOST_MEMORY_OF } from '../../../../lib/cli/commands/plan.ts';
import {
  ALARMED_METRICS,
  BACKFILL_CONCURRENCY,
  CONTAINER_SECONDS,
  DEFAULT_CONTAINER,
  FUNCTION_NAMES,
  LARGEST_CONTAINER,
  PLANNED_FUNCTIONS,
  POLLED_QUEUES,
  SCORE_EVENTS,
  TICKS,
} from '../../../../lib/jobs/plan/functions.ts';

const ROOT = join(import.meta.dirname, '../../../..');

interface Template {
  readonly functions: Readonly<
    Record<
      string,
      {
        memorySize: number;
        timeout: number;
        events?: {
          sqs?: { batchSize?: number; maximumBatchingWindow?: number; maximumConcurrency?: number };
        }[];
      }
    >
  >;
}
interface Resources {
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Condition?: string;
        readonly Properties: {
          readonly Metrics?: { MetricStat?: unknown }[];
          readonly ScheduleExpression?: string;
        };
      }
    >
  >;
}

const { functions } = read('serverless.yml') as Template;

test('functions have the memory and the time that are planned with', () => {
  for (const name of FUNCTION_NAMES) {
    const { memorySize, timeout } = functions[name]!;
    assert.deepEqual({ memoryMb: memorySize, timeout }, PLANNED_FUNCTIONS[name], name);
  }
});

test('so many queues are polled, each at its least by maximumConcurrency, in every deployment', () => {
  const polled = Object.entries(functions).filter(
    ([name, { events = [] }]) =>
      name !== 'deliver' && events.some(({ sqs }) => sqs?.maximumConcurrency !== undefined),
  );
  assert.equal(polled.length, POLLED_QUEUES);
});

test('messages come to score in such batches', () => {
  const { batchSize, maximumBatchingWindow, maximumConcurrency } = functions['score']!.events![0]!.sqs!;
  assert.deepEqual(
    { batchSize, batchingSeconds: maximumBatchingWindow, processes: maximumConcurrency },
    SCORE_EVENTS,
  );
});

test('containers have as much, by default and at the most', async () => {
  type Sizes = { vcpus: string; memory: string; seconds: number };
  const resolve = createRequire(import.meta.url)(join(ROOT, 'infra/aws/batch.cjs')) as (serverless: {
    resolveVariable: (name: string) => Promise<string>;
  }) => Promise<Sizes>;
  const sizeOf = async (vcpus: string): Promise<readonly [number, number, number]> => {
    const { memory, seconds, ...size } = await resolve({
      resolveVariable: async (name) => (name === 'param:batchVcpus' ? vcpus : ''),
    });
    return [Number(size.vcpus), Number(memory), seconds];
  };
  const { vcpus, memoryMb } = DEFAULT_CONTAINER;
  assert.deepEqual(await sizeOf(''), [vcpus, memoryMb, CONTAINER_SECONDS]);
  for (const [most, memory] of Object.entries(MOST_MEMORY_OF))
    assert.deepEqual(await sizeOf(most), [Number(most), memory, CONTAINER_SECONDS]);
  assert.deepEqual(Object.entries(MOST_MEMORY_OF).at(-1), [
    String(LARGEST_CONTAINER.vcpus),
    LARGEST_CONTAINER.memoryMb,
  ]);
});

test('so many days of a backfill are exported at a time', () => {
  const { params } = read('serverless.yml') as { params: { default: { backfillConcurrency: string } } };
  assert.equal(Number(params.default.backfillConcurrency), BACKFILL_CONCURRENCY);
});

test('schedules run as often', () => {
  const { Resources } = read('infra/aws/schedules.yml') as Resources;
  const perDay: Readonly<Record<string, number>> = { 'rate(1 minute)': 1440, 'rate(1 hour)': 24 };
  for (const [id, name] of [
    ['ExportSchedule', 'export'],
    ['NotifySchedule', 'notify'],
    ['TrainSchedule', 'train'],
  ] as const)
    assert.equal(perDay[Resources[id]!.Properties.ScheduleExpression!], TICKS[name], id);
});

test('so many metrics are watched by alarms', () => {
  const { Resources } = read('infra/aws/alarms.yml') as Resources;
  const watched = Object.values(Resources)
    .filter(({ Condition }) => Condition === undefined || Condition === 'HasPrometheus')
    .map(
      ({ Properties }) =>
        Properties.Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1,
    );
  assert.equal(
    watched.reduce((sum, count) => sum + count, 0),
    ALARMED_METRICS,
  );
});

/** What CloudFormation's tags say is of no account here. */
function read(file: string): unknown {
  return parse(readFileSync(join(ROOT, file), 'utf8'), {
    merge: true,
    maxAliasCount: -1,
    logLevel: 'silent',
  });
}
