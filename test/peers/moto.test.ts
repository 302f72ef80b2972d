/** moto creates what it can of the stack: references resolve, and resources come to be as they are meant. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageService } from '../../infra/local/template/package-service.ts';
import { EVERYTHING } from '../helpers/every-parameter.ts';

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
