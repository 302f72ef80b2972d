/** What a plan takes from the template stays what the template has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  ALARMED_METRICS,
  FUNCTION_NAMES,
  PLANNED_FUNCTIONS,
  POLLED_QUEUES,
  SCORE_EVENTS,
  TICKS,
} from '../../../../lib/jobs/plan/functions.ts';

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
  return parse(readFileSync(join(import.meta.dirname, '../../../..', file), 'utf8'), {
    merge: true,
    maxAliasCount: -1,
    logLevel: 'silent',
  });
}
