/** Requests that are signed with a role's key are judged by the role's policies. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { AwsCredentials, Role } from '../../infra/local/iam/access.ts';
import { assertFails, type EmulatedS3, REGION, startS3 } from '../helpers/emulated-s3.ts';

const Bucket = 'guarded';
const ARN = `arn:aws:s3:::${Bucket}`;
let s3: EmulatedS3;

before(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket }));
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'windows/w', Body: 'w', Tagging: 'k=v' }));
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'secret/s', Body: 's' }));
});
after(() => s3[Symbol.asyncDispose]());

test('objects are read and written where the role says, and nowhere else', async () => {
  await using role = clientOf('reader', [
    ['s3:GetObject', `${ARN}/windows/*`],
    ['s3:PutObject', `${ARN}/scores/*`],
    ['s3:ListBucket', ARN],
  ]);
  const { client } = role;
  await client.send(new GetObjectCommand({ Bucket, Key: 'windows/w' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'scores/s', Body: 'x' }));
  await client.send(new ListObjectsV2Command({ Bucket }));
  await denied(client.send(new GetObjectCommand({ Bucket, Key: 'secret/s' })));
  await assertFails(client.send(new HeadObjectCommand({ Bucket, Key: 'secret/s' })), 'Unknown', 403);
  await denied(client.send(new PutObjectCommand({ Bucket, Key: 'windows/w', Body: 'x' })));
  await denied(client.send(new DeleteObjectCommand({ Bucket, Key: 'windows/w' })));
  await denied(client.send(new GetObjectCommand({ Bucket, Key: 'windows/w', VersionId: 'null' })));
  // A write that compares ETags reads.
  await denied(client.send(new PutObjectCommand({ Bucket, Key: 'scores/s', Body: 'y', IfMatch: '"x"' })));
  const many = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'scores/s' }, { Key: 'windows/w' }] } }),
  );
  assert.deepEqual(
    many.Errors?.map(({ Code }) => Code),
    ['AccessDenied', 'AccessDenied'],
  );
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'windows/w' }));
  assert.equal(await Body?.transformToString(), 'w');
});

test('that an object is missing is told to those who may list', async () => {
  const grants: [string, string][] = [['s3:GetObject', `${ARN}/*`]];
  await using lister = clientOf('lister', [...grants, ['s3:ListBucket', ARN]]);
  await using blind = clientOf('blind', grants);
  const get = new GetObjectCommand({ Bucket, Key: 'absent' });
  await assertFails(lister.client.send(get), 'NoSuchKey', 404);
  await denied(blind.client.send(get));
});

test('a copy needs both ends, and the tags that go along', async () => {
  const grants: [string, string][] = [
    ['s3:GetObject', `${ARN}/windows/*`],
    ['s3:PutObject', `${ARN}/quarantine/*`],
  ];
  const copy = (from = 'windows/w') =>
    new CopyObjectCommand({ Bucket, Key: 'quarantine/w', CopySource: `${Bucket}/${from}` });
  await using bare = clientOf('bare', grants);
  await denied(bare.client.send(copy('secret/s')));
  await denied(bare.client.send(copy()));
  await using whole = clientOf('whole', [
    ...grants,
    ['s3:GetObjectTagging', `${ARN}/windows/*`],
    ['s3:PutObjectTagging', `${ARN}/quarantine/*`],
  ]);
  await whole.client.send(copy());
});

test('queues and topics, batches as their single calls', async () => {
  const config = { endpoint: s3.emulator.url, region: REGION };
  const owner = { ...config, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const ownSqs = new SQSClient(owner);
  const ownSns = new SNSClient(owner);
  const { QueueUrl } = await ownSqs.send(new CreateQueueCommand({ QueueName: 'jobs' }));
  const { TopicArn } = await ownSns.send(new CreateTopicCommand({ Name: 'alerts' }));
  const other = await ownSns.send(new CreateTopicCommand({ Name: 'other' }));
  const credentials = keyOf('sender', [
    ['sqs:SendMessage', `arn:aws:sqs:${REGION}:000000000000:jobs`],
    ['sns:Publish', TopicArn ?? ''],
  ]);
  const sqs = new SQSClient({ ...config, credentials });
  const sns = new SNSClient({ ...config, credentials });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '1', MessageBody: 'x' }] }));
  await assertFails(sqs.send(new ReceiveMessageCommand({ QueueUrl })), 'AccessDenied', 403);
  await sns.send(new PublishCommand({ TopicArn, Message: 'x' }));
  await sns.send(
    new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [{ Id: '1', Message: 'x' }] }),
  );
  await assertFails(
    sns.send(new PublishCommand({ TopicArn: other.TopicArn, Message: 'x' })),
    'AuthorizationErrorException',
    403,
  );
  for (const client of [ownSqs, ownSns, sqs, sns]) client.destroy();
});

function keyOf(name: string, grants: readonly (readonly [string, string])[]): AwsCredentials {
  const role: Role = {
    name,
    arn: `arn:aws:iam::000000000000:role/${name}`,
    assumedBy: [],
    statements: grants.map(([action, resource]) => ({
      effect: 'Allow',
      actions: [action],
      resources: [resource],
    })),
  };
  return s3.emulator.access.issueKey(role);
}

function clientOf(
  name: string,
  grants: readonly (readonly [string, string])[],
): AsyncDisposable & { readonly client: S3Client } {
  const client = new S3Client({
    endpoint: s3.emulator.url,
    region: REGION,
    credentials: keyOf(name, grants),
    forcePathStyle: true,
    maxAttempts: 1,
  });
  return { client, [Symbol.asyncDispose]: async () => client.destroy() };
}

function denied(call: Promise<unknown>): Promise<void> {
  return assertFails(call, 'AccessDenied', 403);
}
