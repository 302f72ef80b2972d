/** Jobs as AWS Batch has them: one after the other, tried again by rules, with what they were given, and told of where they fail. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, afterEach, beforeEach, test } from 'node:test';
import { createJobs, type Jobs } from '../../../../../infra/local/batch/jobs.ts';
import type { AwsRequest, Permissions } from '../../../../../infra/local/contract.ts';
import { until } from '../../../../helpers/until.ts';

const QUEUE = 'arn:aws:batch:us-east-1:000000000000:job-queue/train';
const DEFINITION = 'arn:aws:batch:us-east-1:000000000000:job-definition/train:1';
const dir = mkdtempSync(join(tmpdir(), 'tidewatch-jobs-'));
after(() => rmSync(dir, { recursive: true }));

let jobs: Jobs;
let sent: { arn: string; event: { detail: Record<string, unknown> } }[];
beforeEach(() => {
  sent = [];
  jobs = createJobs({
    // The words after -e's are the job's own.
    host: {
      entryPoint: [
        process.execPath,
        '-e',
        'const [, name, code] = process.argv; console.log(name, process.env.COLOUR, process.env.AWS_ACCESS_KEY_ID, process.env.AWS_BATCH_JOB_ATTEMPT); process.exit(Number(code))',
        '--',
      ],
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      logDir: dir,
    },
    queues: {
      async send(arn, body) {
        sent.push({ arn, event: JSON.parse(body) });
        return { messageId: '1' };
      },
    },
    now: () => 0,
    log: () => {},
  });
  jobs.addQueue(QUEUE);
  jobs.addRule({
    statuses: ['FAILED'],
    jobQueues: [QUEUE],
    queueArns: ['arn:aws:sqs:us-east-1:000000000000:q'],
  });
  jobs.addDefinition({
    name: 'train',
    arn: DEFINITION,
    image: 'any',
    command: ['Ref::name', 'Ref::code'],
    parameters: { code: '0' },
    environment: { COLOUR: 'blue' },
    credentials: { accessKeyId: 'ASIA1', secretAccessKey: 's' },
    attempts: 3,
    evaluateOnExit: [
      { action: 'EXIT', onReason: 'OutOfMemory*' },
      { action: 'EXIT', onExitCode: '1' },
    ],
    timeoutSeconds: 60,
  });
});
afterEach(() => jobs.close());

async function post(path: string, input: object, permissions?: Permissions): Promise<Record<string, never>> {
  const request = { method: 'POST', path, body: Readable.from([JSON.stringify(input)]), permissions };
  const { body } = await jobs.handle(request as unknown as AwsRequest);
  return JSON.parse(String(body)) as Record<string, never>;
}
const submit = (parameters: object, more: object = {}, permissions?: Permissions) =>
  post(
    '/v1/submitjob',
    { jobName: 'a-1', jobQueue: QUEUE, jobDefinition: DEFINITION, parameters, ...more },
    permissions,
  );
async function end(parameters: object): Promise<{ status: string; attempts: unknown[] }> {
  const { jobId } = await submit(parameters);
  await until(async () => jobs.running === 0);
  const { jobs: described } = (await post('/v1/describejobs', { jobs: [jobId] })) as unknown as {
    jobs: never[];
  };
  return described[0]!;
}

test('a job has its words, the environment of its definition, and the key of its role', async () => {
  const { status, attempts } = await end({ name: 'first' });
  assert.deepEqual([status, attempts.length], ['SUCCEEDED', 1]);
  assert.match(readFileSync(join(dir, 'train.log'), 'utf8'), /^first blue ASIA1 1$/m);
  assert.deepEqual(sent, []);
});

test('what no rule ends is tried again, up to its attempts; then it is told with what it was given', async () => {
  assert.equal((await end({ name: 'lost', code: '137' })).attempts.length, 3);
  assert.equal((await end({ name: 'wrong', code: '1' })).attempts.length, 1);
  assert.deepEqual(
    sent.map(({ event: { detail } }) => [detail['status'], detail['parameters'], detail['container']]),
    [
      ['FAILED', { name: 'lost', code: '137' }, { exitCode: 137 }],
      ['FAILED', { name: 'wrong', code: '1' }, { exitCode: 1 }],
    ],
  );
});

test('a role needs the queue and the definition', async () => {
  const asked: string[] = [];
  const permissions: Permissions = {
    role: 'someone',
    check: () => true,
    require: (action, resource) => void asked.push(`${action} ${resource}`),
  };
  await submit({ name: 'a' }, {}, permissions);
  assert.deepEqual(asked, [`batch:SubmitJob ${DEFINITION}`, `batch:SubmitJob ${QUEUE}`]);
});

test('what is not there, or not emulated, is refused', async () => {
  await assert.rejects(submit({}, { jobQueue: 'other' }), /Job queue other does not exist/);
  await assert.rejects(submit({}, { jobDefinition: 'other' }), /Job definition does not exist/);
  await assert.rejects(submit({}, { jobName: 'a b' }), /valid pattern/);
  await assert.rejects(submit({}, { tags: {} }), /SubmitJob with tags is not emulated/);
  await assert.rejects(post('/v1/canceljob', {}), /\/v1\/canceljob is not emulated/);
});
