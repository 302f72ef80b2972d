/**
 * AWS Batch, as far as jobs of containers are asked for: SubmitJob and DescribeJobs. A queue runs one job after the other; what
 * failed is told to the rules that ask for it. Jobs are of this process: one that stops forgets them, without a word.
 */
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { AwsError, type AwsRequest, type AwsResponse, type Queues, type Service } from '../contract.ts';
import type { ExitRule, Job, JobDefinition, JobRule } from './contract.ts';
import { type ContainerHost, type Exit, runContainer } from './run-container.ts';

export interface Jobs extends Service {
  addQueue(arn: string): void;
  addDefinition(definition: JobDefinition): void;
  addRule(rule: JobRule): void;
  /** That are waiting or running. */
  readonly running: number;
}

export interface JobsOptions {
  readonly host: ContainerHost;
  readonly queues: Pick<Queues, 'send'>;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

type Input = Readonly<Record<string, unknown>>;

const NAME = /^[A-Za-z0-9][\w-]{0,127}$/;

export function createJobs({ host, queues, now, log }: JobsOptions): Jobs {
  const definitions = new Map<string, JobDefinition>();
  const jobs = new Map<string, Job>();
  const rules: JobRule[] = [];
  /** Queue → the end of what waits in it. */
  const ends = new Map<string, Promise<void>>();
  const closing = new AbortController();

  async function run(job: Job): Promise<void> {
    for (;;) {
      if (closing.signal.aborted) return;
      job.status = 'RUNNING';
      job.attempts++;
      const exit = await runContainer(job, host, closing.signal);
      if (closing.signal.aborted) return;
      job.exitCode = exit.exitCode;
      job.statusReason = exit.statusReason;
      if (exit.exitCode === 0) {
        job.status = 'SUCCEEDED';
        return;
      }
      log(
        `batch: attempt ${job.attempts} of ${job.jobName}: ${exit.statusReason}, exit code ${exit.exitCode}`,
      );
      if (job.attempts >= job.definition.attempts || !isRetried(job.definition.evaluateOnExit, exit)) break;
    }
    job.status = 'FAILED';
    await tell(job);
  }

  /** https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html */
  async function tell(job: Job): Promise<void> {
    const { jobId, jobName, jobQueue, status, statusReason, parameters, exitCode } = job;
    const event = {
      version: '0',
      id: randomUUID(),
      source: 'aws.batch',
      'detail-type': 'Batch Job State Change',
      time: new Date(now()).toISOString(),
      detail: { jobId, jobName, jobQueue, status, statusReason, parameters, container: { exitCode } },
    };
    for (const { statuses, jobQueues, queueArns } of rules)
      if (statuses.includes(status) && jobQueues.includes(jobQueue))
        for (const arn of queueArns) await queues.send(arn, JSON.stringify(event));
  }

  const operations: Readonly<Record<string, (input: Input, request: AwsRequest) => object>> = {
    '/v1/submitjob'(input, { permissions }) {
      const jobName = textOf(input, 'jobName');
      const jobQueue = textOf(input, 'jobQueue');
      const definition = definitions.get(textOf(input, 'jobDefinition'));
      if (!ends.has(jobQueue)) throw failure(`Job queue ${jobQueue} does not exist`);
      if (definition === undefined) throw failure('Job definition does not exist');
      for (const arn of [definition.arn, jobQueue]) permissions?.require('batch:SubmitJob', arn);
      if (!NAME.test(jobName)) throw failure(`Job name should match valid pattern: ${jobName}`);
      const known = ['jobName', 'jobQueue', 'jobDefinition', 'parameters'];
      const other = Object.keys(input).find((name) => !known.includes(name));
      if (other !== undefined) throw notEmulated(`SubmitJob with ${other}`);
      const job: Job = {
        jobId: randomUUID(),
        jobName,
        jobQueue,
        definition,
        parameters: { ...definition.parameters, ...(input['parameters'] as Record<string, string>) },
        createdAt: now(),
        status: 'SUBMITTED',
        statusReason: undefined,
        exitCode: undefined,
        attempts: 0,
      };
      jobs.set(job.jobId, job);
      const before = ends.get(jobQueue);
      ends.set(
        jobQueue,
        Promise.resolve(before)
          .then(() => run(job))
          .catch((error: unknown) => log(`batch: ${jobName}: ${String(error)}`)),
      );
      return { jobArn: arnOf(job), jobId: job.jobId, jobName };
    },
    '/v1/describejobs'(input, { permissions }) {
      permissions?.require('batch:DescribeJobs', '*');
      const ids = input['jobs'];
      if (!Array.isArray(ids)) throw failure('jobs has to be a list');
      return { jobs: ids.flatMap((id) => jobs.get(String(id)) ?? []).map(describe) };
    },
  };

  return {
    addQueue: (arn) => void ends.set(arn, Promise.resolve()),
    addDefinition: (definition) => void definitions.set(definition.arn, definition),
    addRule: (rule) => void rules.push(rule),
    get running() {
      return [...jobs.values()].filter(({ status }) => status === 'SUBMITTED' || status === 'RUNNING').length;
    },
    async handle(request) {
      const operation = Object.hasOwn(operations, request.path) ? operations[request.path] : undefined;
      if (operation === undefined || request.method !== 'POST') throw notEmulated(request.path);
      return answer(operation(JSON.parse((await text(request.body)) || '{}') as Input, request));
    },
    async close() {
      closing.abort();
      await Promise.all(ends.values());
    },
  };
}

/** The first rule that matches decides; what none does is tried again. */
function isRetried(rules: readonly ExitRule[], { exitCode, statusReason }: Exit): boolean {
  const rule = rules.find(
    ({ onExitCode, onReason, onStatusReason }) =>
      matches(onExitCode, String(exitCode ?? '')) &&
      // Of the container: what Fargate itself says of its end, which nobody says here.
      matches(onReason, '') &&
      matches(onStatusReason, statusReason),
  );
  return rule?.action !== 'EXIT';
}

function matches(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) return true;
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}

function describe(job: Job): object {
  const { jobId, jobName, jobQueue, definition, status, statusReason, exitCode, createdAt, attempts } = job;
  return {
    jobArn: arnOf(job),
    jobId,
    jobName,
    jobQueue,
    jobDefinition: definition.arn,
    status,
    statusReason,
    createdAt,
    attempts: Array.from({ length: attempts }, () => ({})),
    container: { image: definition.image, exitCode },
  };
}

function arnOf({ jobQueue, jobId }: Job): string {
  return `${jobQueue.replace(/:job-queue\/.*$/, '')}:job/${jobId}`;
}

function textOf(input: Input, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && value !== '') return value;
  throw failure(`${name} has to be a text`);
}

function answer(body: object): AwsResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function failure(message: string): AwsError {
  return new AwsError('ClientException', 400, message);
}

function notEmulated(what: string): AwsError {
  return new AwsError('NotImplemented', 501, `AWS Batch: ${what} is not emulated`);
}
