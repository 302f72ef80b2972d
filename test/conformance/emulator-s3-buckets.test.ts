/** Buckets, their settings, and what the emulator says it does not do. */
import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { assertFails, useS3 } from '../helpers/emulated-s3.ts';

const { s3, client } = useS3();

test('a bucket lives and dies', async () => {
  const Bucket = 'short-lived.bucket';
  await client.send(new CreateBucketCommand({ Bucket }));
  // us-east-1 takes it for a success.
  await client.send(new CreateBucketCommand({ Bucket }));
  const head = await client.send(new HeadBucketCommand({ Bucket }));
  assert.equal(head.BucketRegion, 'us-east-1');
  const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }));
  assert.equal(LocationConstraint, undefined);
  const { Buckets } = await client.send(new ListBucketsCommand({}));
  assert.deepEqual(
    Buckets?.map(({ Name }) => Name),
    [Bucket],
  );
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: '' }));
  await assertFails(client.send(new DeleteBucketCommand({ Bucket })), 'BucketNotEmpty', 409);
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a/b' }));
  await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'never finished' }));
  await client.send(new DeleteBucketCommand({ Bucket }));
  await assertFails(client.send(new HeadBucketCommand({ Bucket })), 'NotFound', 404);
  await assertFails(client.send(new DeleteBucketCommand({ Bucket })), 'NoSuchBucket', 404);
  await assertFails(client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '' })), 'NoSuchBucket', 404);
  await assert.rejects(readdir(join(s3.dataDir, 's3', Bucket)), { code: 'ENOENT' });
});

test('a file that somebody put into the folder by hand is no object, and stays', async () => {
  const Bucket = 'by-hand';
  await client.send(new CreateBucketCommand({ Bucket }));
  const folder = join(s3.dataDir, 's3', Bucket, 'folder');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'mine.txt'), 'mine');
  // Its folder is where this object would go.
  await client.send(new PutObjectCommand({ Bucket, Key: 'folder', Body: 'object' }));
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'folder' }));
  assert.equal(await Body?.transformToString(), 'object');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'folder' }));
  await client.send(new DeleteBucketCommand({ Bucket }));
  assert.deepEqual(await readdir(folder), ['mine.txt']);
});

test('a file that was changed by hand is told of, not served', async () => {
  const Bucket = 'changed-by-hand';
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'object' }));
  await writeFile(join(s3.dataDir, 's3', Bucket, 'k'), 'something longer');
  await assertFails(client.send(new GetObjectCommand({ Bucket, Key: 'k' })), 'InternalError', 500);
  assert.ok(s3.lines.some((line) => line.includes('changed-by-hand/k was changed by hand: 16 bytes, not 6')));
});

test('names that S3 refuses', async () => {
  for (const Bucket of ['ab', 'UPPER', '-dash', 'dot..dot', '192.168.0.1', 'under_score', 'x'.repeat(64)])
    await assertFails(client.send(new CreateBucketCommand({ Bucket })), 'InvalidBucketName', 400);
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
  const elsewhere = new CreateBucketCommand({ Bucket: 'elsewhere', CreateBucketConfiguration });
  await assertFails(client.send(elsewhere), 'IllegalLocationConstraintException', 400);
});

test('what is not emulated says so', async () => {
  const Bucket = 'not-implemented';
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'kept' }));
  const calls = [
    () => client.send(new GetBucketAclCommand({ Bucket })),
    () => client.send(new GetBucketCorsCommand({ Bucket })),
    () => client.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' })),
    () => client.send(new PutObjectAclCommand({ Bucket, Key: 'k', ACL: 'public-read' })),
    () => client.send(new GetObjectRetentionCommand({ Bucket, Key: 'k' })),
  ];
  for (const call of calls) await assertFails(call(), 'NotImplemented', 501);
  const puts: Partial<PutObjectCommandInput>[] = [
    { ACL: 'public-read' },
    { ServerSideEncryption: 'aws:kms' },
    { SSECustomerAlgorithm: 'AES256' },
    { StorageClass: 'GLACIER' },
    { WebsiteRedirectLocation: '/x' },
    { ObjectLockMode: 'GOVERNANCE' },
    { GrantRead: 'id=x' },
  ];
  for (const input of puts)
    await assertFails(
      client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...input })),
      'NotImplemented',
      501,
    );
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await Body?.transformToString(), 'kept');
});

test('another account has no bucket here', async () => {
  const Bucket = 'owned';
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: '000000000000' }));
  const put = new PutObjectCommand({ Bucket, Key: 'k', Body: '', ExpectedBucketOwner: '111111111111' });
  await assertFails(client.send(put), 'AccessDenied', 403);
});

test('buckets in front of the host name', async () => {
  const hosts = new Set<string>();
  // Not every machine resolves names below localhost.
  const httpAgent = new Agent({
    lookup(host, _options, callback) {
      hosts.add(host);
      callback(null, [{ address: '127.0.0.1', family: 4 }] satisfies LookupAddress[]);
    },
  });
  const byHost = new S3Client({
    endpoint: s3.emulator.url.replace('127.0.0.1', 'localhost'),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: { httpAgent },
  });
  const Bucket = 'by-host';
  await byHost.send(new CreateBucketCommand({ Bucket }));
  await byHost.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'x' }));
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'a/b' }));
  assert.equal(await Body?.transformToString(), 'x');
  assert.deepEqual([...hosts], ['by-host.localhost']);
  byHost.destroy();
});
