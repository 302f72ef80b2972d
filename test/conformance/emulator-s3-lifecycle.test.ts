/** Lifecycle configurations: kept, given back, and refused for the reasons that S3 has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BucketLifecycleConfiguration,
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type TransitionDefaultMinimumObjectSize,
} from '@aws-sdk/client-s3';
import { assertFails, useS3 } from '../helpers/emulated-s3.ts';

const Bucket = 'lifecycle';
const RULE: LifecycleRule = {
  ID: 'rule',
  Status: 'Enabled',
  Filter: { Prefix: 'windows/' },
  Expiration: { Days: 400 },
};
const { client } = useS3(Bucket);

test('a bucket has none until one is put, and none after it is deleted', async () => {
  await assertFails(get(), 'NoSuchLifecycleConfiguration', 404);
  await put(RULE);
  assert.deepEqual((await get()).Rules, [RULE]);
  await put({ ...RULE, ID: 'other' });
  assert.deepEqual((await get()).Rules, [{ ...RULE, ID: 'other' }]);
  await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await assertFails(get(), 'NoSuchLifecycleConfiguration', 404);
  await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await assertFails(get('absent'), 'NoSuchBucket', 404);
});

test('every kind of rule comes back as it went', async () => {
  const rules: LifecycleRule[] = [
    { ID: 'all', Status: 'Disabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } },
    { ID: 'old form', Status: 'Enabled', Prefix: 'a&b/', Expiration: { Date: new Date('2030-01-01') } },
    {
      ID: 'tag',
      Status: 'Enabled',
      Filter: { Tag: { Key: 'k', Value: '' } },
      Transitions: [
        { Days: 30, StorageClass: 'STANDARD_IA' },
        { Days: 90, StorageClass: 'GLACIER' },
      ],
      Expiration: { Days: 91 },
    },
    {
      ID: 'and',
      Status: 'Enabled',
      Filter: {
        And: {
          Prefix: 'p/',
          Tags: [
            { Key: 'a', Value: '1' },
            { Key: 'b', Value: '2' },
          ],
          ObjectSizeGreaterThan: 0,
          ObjectSizeLessThan: 10_000_000_000,
        },
      },
      Expiration: { Days: 2 },
    },
    {
      ID: 'versions',
      Status: 'Enabled',
      Filter: { Prefix: 'state/' },
      Expiration: { ExpiredObjectDeleteMarker: true },
      NoncurrentVersionExpiration: { NoncurrentDays: 3, NewerNoncurrentVersions: 5 },
      NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: 'ONEZONE_IA' }],
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    },
  ];
  await put(...rules);
  const answer = await get();
  assert.deepEqual(answer.Rules, rules);
  assert.equal(answer.TransitionDefaultMinimumObjectSize, 'all_storage_classes_128K');
});

test('a rule without an id is given one', async () => {
  const { ID: _, ...nameless } = RULE;
  await put(nameless as LifecycleRule, { ...nameless, Filter: { Prefix: 'b' } } as LifecycleRule);
  const ids = (await get()).Rules?.map(({ ID }) => ID);
  assert.equal(new Set(ids).size, 2);
  assert.ok(ids?.every((id) => id));
});

test('the least size for another storage class is kept', async () => {
  const minimum = (TransitionDefaultMinimumObjectSize: string) =>
    client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: { Rules: [RULE] },
        TransitionDefaultMinimumObjectSize:
          TransitionDefaultMinimumObjectSize as TransitionDefaultMinimumObjectSize,
      }),
    );
  await minimum('varies_by_storage_class');
  assert.equal((await get()).TransitionDefaultMinimumObjectSize, 'varies_by_storage_class');
  await assertFails(minimum('1 MB'), 'InvalidArgument', 400);
});

test('rules that S3 refuses change nothing', async () => {
  await put(RULE);
  const refused: [Partial<LifecycleRule>, string][] = [
    [{ Status: 'On' as 'Enabled' }, 'MalformedXML'],
    [{ Filter: undefined }, 'MalformedXML'],
    [{ Prefix: 'both' }, 'MalformedXML'],
    [{ ID: 'x'.repeat(256) }, 'InvalidArgument'],
    [{ Expiration: undefined }, 'InvalidRequest'],
    [{ Expiration: { Days: 0 } }, 'InvalidArgument'],
    [{ Expiration: { Days: -1 } }, 'InvalidArgument'],
    [{ Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }, 'MalformedXML'],
    [{ Expiration: { Date: new Date('2030-01-01T12:00:00Z') } }, 'InvalidArgument'],
    [{ Transitions: [{ Days: 29, StorageClass: 'STANDARD_IA' }] }, 'InvalidArgument'],
    [{ Transitions: [{ Days: 400, StorageClass: 'GLACIER' }] }, 'InvalidArgument'],
    [{ Transitions: [{ Days: 1, StorageClass: 'ATTIC' as 'GLACIER' }] }, 'MalformedXML'],
    [{ Transitions: [{ StorageClass: 'GLACIER' }] }, 'MalformedXML'],
    [{ NoncurrentVersionExpiration: { NoncurrentDays: 0 } }, 'InvalidArgument'],
    [{ NoncurrentVersionExpiration: { NewerNoncurrentVersions: 1 } }, 'MalformedXML'],
    [{ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 101 } }, 'InvalidArgument'],
    [{ AbortIncompleteMultipartUpload: {} }, 'MalformedXML'],
    [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 0 } }, 'InvalidArgument'],
    [
      {
        Filter: { Tag: { Key: 'k', Value: 'v' } },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
      'InvalidRequest',
    ],
    [
      { Filter: { ObjectSizeLessThan: 5 }, Expiration: { ExpiredObjectDeleteMarker: true } },
      'InvalidRequest',
    ],
    [{ Filter: { And: { Prefix: 'alone' } } }, 'MalformedXML'],
  ];
  for (const [change, code] of refused) {
    const given = JSON.stringify(change);
    await assertFails(put({ ...RULE, ...change }), code, 400).catch((error: Error) =>
      assert.fail(`${given}: ${error.message}`),
    );
  }
  await assertFails(put(RULE, RULE), 'InvalidArgument', 400);
  await assertFails(put(), 'MalformedXML', 400);
  assert.deepEqual((await get()).Rules, [RULE]);
});

function get(bucket = Bucket) {
  return client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
}

function put(...Rules: LifecycleRule[]) {
  const LifecycleConfiguration: BucketLifecycleConfiguration = { Rules };
  return client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
}
