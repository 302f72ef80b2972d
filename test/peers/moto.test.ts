/** moto creates what it can of the stack: references resolve, and resources come to be as they are meant. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { packageService } from '../../infra/local/template/package-service.ts';
import { EVERYTHING } from '../helpers/every-parameter.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Stack {
  readonly status: string;
  readonly wanted: readonly string[];
  /** Logical id → type, of what moto's CloudFormation does not know. */
  readonly unknown: Readonly<Record<string, string>>;
  readonly made: readonly string[];
  readonly encryption: Readonly<Record<string, string>>;
  readonly deadLetters: Readonly<Record<string, string>>;
  readonly mappings: number;
  /** Of KMS, of the queues. */
  readonly keys: readonly string[];
}

/** Of moto 5.2; another one may know more. */
const UNKNOWN = [
  'AWS::CloudWatch::Alarm',
  'AWS::IAM::RolePolicy',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Url',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
  'AWS::SecretsManager::Secret',
];

test('a stack of the defaults comes to be, with a dead-letter queue for each queue', async () => {
  const { deadLetters, encryption, keys, mappings } = create(await packageService());
  const queues = ['notify', 'receipt', 'score', 'train'].map((name) => `tidewatch-dev-${name}`);
  assert.deepEqual(deadLetters, Object.fromEntries(queues.map((name) => [name, `${name}-dead`])));
  assert.equal(mappings, queues.length);
  assert.deepEqual(encryption, { SSEAlgorithm: 'AES256' });
  assert.deepEqual(keys, ['none']);
});

test('one of every parameter has the receivers, and is under the key that is given', async () => {
  const { deadLetters, encryption, keys } = create(
    await packageService({ stage: 'prod', params: EVERYTHING }),
  );
  assert.equal(deadLetters['tidewatch-prod-deliver'], 'tidewatch-prod-deliver-dead');
  assert.deepEqual(encryption, { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: EVERYTHING.kmsKeyArn });
  assert.deepEqual(keys, [EVERYTHING.kmsKeyArn]);
});

test('serverless deploys it, finds nothing to change where it does so again, and removes it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  const moto = spawn('python3', [join(import.meta.dirname, 'moto/serve.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let told = '';
  moto.stderr.on('data', (chunk: Buffer) => {
    told = chunk.toString();
  });
  try {
    const ended = once(moto, 'close').then(([code]) => assert.fail(`serve.py ended with ${code}: ${told}`));
    const [port] = (await Promise.race([once(createInterface(moto.stdout), 'line'), ended])) as string[];
    ended.catch(() => {});
    const endpoint = `http://127.0.0.1:${port}`;
    await cp(await packageService(), folder, { recursive: true });
    const run = (...args: string[]) =>
      runServerless(endpoint, [...args, '--stage', 'dev', '--region', 'us-east-1']);
    assert.match(await run('deploy', '--package', folder), /Service deployed to stack tidewatch-dev/);
    const made = await listResources(endpoint);
    for (const id of ['DataBucket', 'ScoreLambdaFunction', 'TrainLambdaFunction', 'AlertTopic', 'ScoreQueue'])
      assert.match(made, new RegExp(`<LogicalResourceId>${id}<`));
    assert.match(await run('deploy', '--package', folder, '--force'), /did not include any changes/);
    assert.equal(await listResources(endpoint).then(countResources), countResources(made));
    assert.match(await run('remove'), /successfully removed/);
    assert.match(await listResources(endpoint), /does not exist/);
  } finally {
    moto.stdin.end();
    moto.kill();
    await rm(folder, { recursive: true, force: true });
  }
});

/** @returns what it printed. @throws where it fails, with that */
async function runServerless(endpoint: string, args: readonly string[]): Promise<string> {
  const program = join(ROOT, 'node_modules/serverless/bin/serverless.js');
  const child = spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
    },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, printed);
  return printed;
}

/** As XML, an error likewise. */
async function listResources(endpoint: string): Promise<string> {
  const scope = 'Credential=test/20260101/us-east-1/cloudformation/aws4_request';
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { Authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({
      Action: 'ListStackResources',
      StackName: 'tidewatch-dev',
      Version: '2010-05-15',
    }),
  });
  return answer.text();
}

function countResources(listed: string): number {
  return listed.split('<LogicalResourceId>').length - 1;
}

function create(folder: string): Stack {
  const script = join(import.meta.dirname, 'moto/create_stack.py');
  const { stdout, stderr, status } = spawnSync('python3', [script, folder], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const stack = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Stack;
  assert.equal(stack.status, 'CREATE_COMPLETE');
  assert.deepEqual(
    Object.values(stack.unknown).filter((type) => !UNKNOWN.includes(type)),
    [],
  );
  assert.deepEqual(
    stack.wanted.filter((id) => !Object.hasOwn(stack.unknown, id)),
    stack.made,
  );
  return stack;
}
