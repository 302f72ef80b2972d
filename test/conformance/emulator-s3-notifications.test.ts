/** What buckets tell queues, and when. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  type Event,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type QueueConfiguration,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { AwsError } from '../../infra/local/contract.ts';
import { assertFails, QUEUE_ARN, startS3, useS3 } from '../helpers/emulated-s3.ts';
import { until } from '../helpers/until.ts';

interface EventRecord {
  readonly eventVersion: string;
  readonly eventName: string;
  readonly eventTime: string;
  readonly awsRegion: string;
  readonly s3: {
    readonly configurationId: string;
    readonly bucket: { readonly name: string; readonly arn: string };
    readonly object: {
      readonly key: string;
      readonly size?: number;
      readonly eTag?: string;
      readonly sequencer: string;
    };
  };
}

const { s3, client } = useS3();

test('each kind of write is told, with what S3 says of it', async () => {
  const Bucket = 'told';
  await client.send(new CreateBucketCommand({ Bucket }));
  await configure(Bucket, [
    {
      Id: 'all',
      QueueArn: QUEUE_ARN,
      Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:ObjectTagging:Put'],
    },
  ]);
  const Key = 'dir=1/a b+ü~(1).txt';
  const encoded = 'dir%3D1/a+b%2B%C3%BC%7E%281%29.txt';
  const { ETag = '' } = await client.send(new PutObjectCommand({ Bucket, Key, Body: '12345' }));
  await client.send(
    new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: encodeURIComponent(`${Bucket}/${Key}`) }),
  );
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
  const part = await client.send(
    new UploadPartCommand({ Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: 'x' }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'parts', UploadId, MultipartUpload }));
  await client.send(
    new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }),
  );
  await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'never there' }));
  await until(() => records(Bucket).length >= 5);
  const told = records(Bucket);
  assert.deepEqual(
    told.map(({ eventName, s3: { object } }) => [eventName, object.key]),
    [
      ['ObjectCreated:Put', encoded],
      ['ObjectCreated:Copy', 'copy'],
      ['ObjectCreated:CompleteMultipartUpload', 'parts'],
      ['ObjectTagging:Put', encoded],
      ['ObjectRemoved:Delete', encoded],
    ],
  );
  const [first] = told;
  assert.ok(first);
  assert.equal(first.eventVersion, '2.1');
  assert.equal(first.awsRegion, 'us-east-1');
  assert.match(first.eventTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(first.s3.bucket, {
    name: Bucket,
    ownerIdentity: { principalId: '000000000000' },
    arn: `arn:aws:s3:::${Bucket}`,
  });
  assert.equal(first.s3.configurationId, 'all');
  const { sequencer, ...object } = first.s3.object;
  assert.deepEqual(object, { key: encoded, size: 5, eTag: ETag.replaceAll('"', '') });
  const sequencers = told.map((record) => record.s3.object.sequencer);
  assert.deepEqual(sequencers, [...new Set(sequencers)].sort());
});

test('filters', async () => {
  const Bucket = 'filtered';
  await client.send(new CreateBucketCommand({ Bucket }));
  const Filter = (prefix: string, suffix: string) => ({
    Key: {
      FilterRules: [{ Name: 'prefix', Value: prefix } as const, { Name: 'suffix', Value: suffix } as const],
    },
  });
  const Events: Event[] = ['s3:ObjectCreated:Put'];
  const configurations = [
    { Id: 'w', QueueArn: QUEUE_ARN, Events, Filter: Filter('windows/', '.parquet') },
    { Id: 'd', QueueArn: QUEUE_ARN, Events, Filter: Filter('detectors/ü +', '.yml') },
  ];
  await configure(Bucket, configurations);
  const { QueueConfigurations } = await client.send(
    new GetBucketNotificationConfigurationCommand({ Bucket }),
  );
  assert.deepEqual(
    QueueConfigurations?.map(({ Filter: filter, ...rest }) => [
      rest.Id,
      filter?.Key?.FilterRules?.map(({ Value }) => Value),
    ]),
    [
      ['w', ['windows/', '.parquet']],
      ['d', ['detectors/ü +', '.yml']],
    ],
  );
  for (const Key of ['windows/a.csv', 'other/a.parquet', 'windows/a.parquet', 'detectors/ü +1.yml'])
    await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
  await client.send(
    new CopyObjectCommand({ Bucket, Key: 'windows/copy.parquet', CopySource: `${Bucket}/windows/a.parquet` }),
  );
  await until(() => records(Bucket).length >= 2);
  assert.deepEqual(
    records(Bucket).map((record) => record.s3.configurationId),
    ['w', 'd'],
  );
});

test('configurations that S3 refuses', async () => {
  const Bucket = 'refused';
  await client.send(new CreateBucketCommand({ Bucket }));
  const Events: Event[] = ['s3:ObjectCreated:*'];
  const queue = { QueueArn: QUEUE_ARN, Events };
  await assertFails(
    configure(Bucket, [queue, { QueueArn: QUEUE_ARN, Events: ['s3:ObjectCreated:Put'] }]),
    'InvalidArgument',
    400,
  );
  await assertFails(
    configure(Bucket, [{ ...queue, Events: ['s3:Nothing'] as never }]),
    'InvalidArgument',
    400,
  );
  const LambdaFunctionConfigurations = [
    { LambdaFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f', Events },
  ];
  const lambda = new PutBucketNotificationConfigurationCommand({
    Bucket,
    NotificationConfiguration: { LambdaFunctionConfigurations },
  });
  await assertFails(client.send(lambda), 'NotImplemented', 501);
  await configure(Bucket, [queue]);
  await configure(Bucket, []);
  await client.send(new PutObjectCommand({ Bucket, Key: 'silent', Body: '' }));
  assert.deepEqual(records(Bucket), []);
});

test('a queue of the configuration gets a test event, and must be there', async () => {
  const bodies: string[] = [];
  const eventQueues = {
    async send(arn: string, body: string) {
      if (!arn.endsWith(':there')) throw new AwsError('QueueDoesNotExist', 400, 'gone');
      bodies.push(body);
      return { messageId: 'x' };
    },
  };
  await using own = await startS3({ eventQueues });
  await own.client.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  const set = (QueueArn: string) =>
    own.client.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: 'bucket',
        NotificationConfiguration: { QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectCreated:*'] }] },
      }),
    );
  await assertFails(set('arn:aws:sqs:us-east-1:000000000000:absent'), 'InvalidArgument', 400);
  await set('arn:aws:sqs:us-east-1:000000000000:there');
  assert.equal(bodies.length, 1);
  const { Event: name, Bucket, Service } = JSON.parse(bodies[0] ?? '');
  assert.deepEqual([name, Bucket, Service], ['s3:TestEvent', 'bucket', 'Amazon S3']);
  const notification = {
    queueArn: 'arn:aws:sqs:us-east-1:000000000000:there',
    events: ['s3:ObjectCreated:*'],
    prefix: 'p',
    suffix: '',
  };
  await own.emulator.buckets.setNotifications('bucket', [notification]);
  await own.emulator.buckets.setNotifications('bucket', [notification]);
  assert.equal(bodies.length, 2);
});

test('events wait for a queue that fails, and for the next start', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-s3-'));
  try {
    let failing = false;
    const eventQueues = {
      async send() {
        if (failing) throw new Error('down');
        return { messageId: 'x' };
      },
    };
    {
      await using first = await startS3({ dataDir, eventQueues });
      await first.client.send(new CreateBucketCommand({ Bucket: 'bucket' }));
      const notification = { queueArn: QUEUE_ARN, events: ['s3:ObjectCreated:*'], prefix: '', suffix: '' };
      await first.emulator.buckets.setNotifications('bucket', [notification]);
      failing = true;
      for (const Key of ['a', 'b', 'c'])
        await first.client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: '' }));
    }
    await using second = await startS3({ dataDir });
    await until(() => (second.events[QUEUE_ARN] ?? []).length >= 3);
    const keys = second.events[QUEUE_ARN]?.map((body) => JSON.parse(body).Records[0].s3.object.key);
    assert.deepEqual(keys, ['a', 'b', 'c']);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

function configure(Bucket: string, QueueConfigurations: QueueConfiguration[]) {
  const NotificationConfiguration = { QueueConfigurations };
  return client.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

function records(bucket: string): EventRecord[] {
  return (s3.events[QUEUE_ARN] ?? [])
    .flatMap((body) => (JSON.parse(body) as { Records: EventRecord[] }).Records)
    .filter((record) => record.s3.bucket.name === bucket);
}
