/** GetObjectAttributes, and reading an object by its parts. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  type GetObjectAttributesCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  type ObjectAttributes,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createChecksum } from '../../infra/local/auth/checksum.ts';
import { assertFails, type EmulatedS3, REGION, startS3 } from '../helpers/emulated-s3.ts';

const Bucket = 'attributes';
const ALL: ObjectAttributes[] = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];
const PARTS = [randomBytes(5 * 1024 ** 2), randomBytes(5 * 1024 ** 2 + 7), randomBytes(1000)];
let s3: EmulatedS3;
let client: S3Client;
/** Makes up no checksums. */
let plain: S3Client;

before(async () => {
  s3 = await startS3();
  client = s3.client;
  plain = new S3Client({
    endpoint: s3.emulator.url,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  await client.send(new CreateBucketCommand({ Bucket }));
});
after(async () => {
  plain.destroy();
  await s3[Symbol.asyncDispose]();
});

test('of an object that came whole', async () => {
  const put = await client.send(new PutObjectCommand({ Bucket, Key: 'whole', Body: 'body' }));
  const { $metadata: _, LastModified, ...attributes } = await attributesOf('whole', ALL);
  assert.deepEqual(attributes, {
    ETag: put.ETag?.replaceAll('"', ''),
    Checksum: { ChecksumCRC32: put.ChecksumCRC32, ChecksumType: 'FULL_OBJECT' },
    StorageClass: 'STANDARD',
    ObjectSize: 4,
  });
  assert.equal(LastModified?.getMilliseconds(), 0);
  const { $metadata: __, LastModified: ___, ...one } = await attributesOf('whole', ['ObjectSize']);
  assert.deepEqual(one, { ObjectSize: 4 });
});

test('what is asked is known, and there', async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: 'asked', Body: '' }));
  await assertFails(attributesOf('asked', ['Colour' as ObjectAttributes]), 'InvalidArgument', 400);
  await assertFails(attributesOf('asked', []), 'InvalidArgument', 400);
  await assertFails(attributesOf('absent', ALL), 'NoSuchKey', 404);
});

test('of an object in parts, page by page', async () => {
  await upload(client, 'parts', 'SHA256');
  const { ObjectParts, Checksum, ObjectSize } = await attributesOf('parts', ALL);
  assert.equal(
    ObjectSize,
    PARTS.reduce((sum, part) => sum + part.length, 0),
  );
  assert.match(Checksum?.ChecksumSHA256 ?? '', /-3$/);
  assert.equal(Checksum?.ChecksumType, 'COMPOSITE');
  assert.deepEqual([ObjectParts?.TotalPartsCount, ObjectParts?.IsTruncated], [3, false]);
  assert.deepEqual(
    ObjectParts?.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
    PARTS.map((part, position) => [position + 1, part.length]),
  );
  assert.ok(ObjectParts?.Parts?.every(({ ChecksumSHA256 }) => ChecksumSHA256));
  const first = await attributesOf('parts', ['ObjectParts'], { MaxParts: 2 });
  assert.deepEqual([first.ObjectParts?.IsTruncated, first.ObjectParts?.NextPartNumberMarker], [true, '2']);
  const second = await attributesOf('parts', ['ObjectParts'], { PartNumberMarker: '2' });
  assert.deepEqual(second.ObjectParts?.Parts, ObjectParts?.Parts?.slice(2));
  // A copy is one piece.
  await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/parts` }));
  assert.equal((await attributesOf('copy', ALL)).ObjectParts, undefined);
});

test('parts without checksums are counted, not listed', async () => {
  await upload(plain, 'counted', undefined);
  const { ObjectParts, Checksum } = await attributesOf('counted', ALL);
  assert.deepEqual([ObjectParts?.TotalPartsCount, ObjectParts?.Parts, Checksum], [3, undefined, undefined]);
});

test('an object is read part by part', async () => {
  await upload(client, 'by part', 'CRC32');
  for (const [position, part] of PARTS.entries()) {
    // The SDK holds the part's own checksum against it.
    const input = { Bucket, Key: 'by part', PartNumber: position + 1, ChecksumMode: 'ENABLED' } as const;
    const read = await client.send(new GetObjectCommand(input));
    assert.deepEqual([read.PartsCount, read.ContentLength], [3, part.length]);
    assert.deepEqual([read.ChecksumCRC32, read.ChecksumType], [crc32Of(part), 'COMPOSITE']);
    assert.ok(part.equals((await read.Body?.transformToByteArray()) ?? new Uint8Array()));
    const head = await client.send(new HeadObjectCommand(input));
    assert.deepEqual(
      [head.PartsCount, head.ContentLength, head.ContentRange],
      [3, part.length, read.ContentRange],
    );
  }
  const get = (input: object, Key = 'by part') =>
    client.send(new GetObjectCommand({ Bucket, Key, ...input }));
  await assertFails(get({ PartNumber: 4 }), 'InvalidPartNumber', 416);
  await assertFails(get({ PartNumber: 0 }), 'InvalidArgument', 400);
  await assertFails(get({ PartNumber: 1, Range: 'bytes=0-1' }), 'InvalidRequest', 400);
  await client.send(new PutObjectCommand({ Bucket, Key: 'single', Body: 'body' }));
  const single = await get({ PartNumber: 1, ChecksumMode: 'ENABLED' }, 'single');
  assert.deepEqual([await single.Body?.transformToString(), single.PartsCount], ['body', undefined]);
  await assertFails(get({ PartNumber: 2 }, 'single'), 'InvalidPartNumber', 416);
});

function crc32Of(bytes: Uint8Array): string {
  const checksum = createChecksum('CRC32');
  checksum.update(bytes);
  return checksum.digest().toString('base64');
}

function attributesOf(
  Key: string,
  ObjectAttributes: ObjectAttributes[],
  input: Partial<GetObjectAttributesCommandInput> = {},
) {
  return client.send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes, ...input }));
}

async function upload(
  uploader: S3Client,
  Key: string,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<void> {
  const { UploadId } = await uploader.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: algorithm }),
  );
  const Parts = [];
  for (const [position, Body] of PARTS.entries()) {
    const part = { Bucket, Key, UploadId, PartNumber: position + 1, Body, ChecksumAlgorithm: algorithm };
    const { $metadata: _, ...done } = await uploader.send(new UploadPartCommand(part));
    Parts.push({ PartNumber: position + 1, ...done });
  }
  await uploader.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
}
