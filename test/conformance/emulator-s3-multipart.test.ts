/** Multipart uploads as the real SDK drives them. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { createChecksum } from '../../infra/local/auth/checksum.ts';
import { assertFails, startS3, useS3 } from '../helpers/emulated-s3.ts';

const Bucket = 'multipart';
const MIN = 5 * 1024 ** 2;
const BIG = randomBytes(MIN);
const SMALL = randomBytes(1000);
const { s3, client } = useS3(Bucket);

test('parts become one object, in their order', async () => {
  const upload = await create('joined', { Metadata: { a: '1' }, ContentType: 'text/x', Tagging: 'k=v' });
  const small = await upload.put(7, SMALL);
  await upload.put(2, SMALL);
  const big = await upload.put(2, BIG);
  await upload.put(9, SMALL);
  const listed = await client.send(
    new ListPartsCommand({ Bucket, Key: 'joined', UploadId: upload.id, MaxParts: 2 }),
  );
  assert.deepEqual(
    listed.Parts?.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag]),
    [
      [2, MIN, big.ETag],
      [7, 1000, small.ETag],
    ],
  );
  assert.equal(listed.IsTruncated, true);
  const done = await upload.complete([big, small]);
  const md5 = [BIG, SMALL].map((part) => createHash('md5').update(part).digest());
  assert.equal(done.ETag, `"${createHash('md5').update(Buffer.concat(md5)).digest('hex')}-2"`);
  const object = await client.send(new GetObjectCommand({ Bucket, Key: 'joined' }));
  assert.deepEqual(
    Buffer.from((await object.Body?.transformToByteArray()) ?? []),
    Buffer.concat([BIG, SMALL]),
  );
  assert.deepEqual([object.Metadata, object.ContentType, object.TagCount], [{ a: '1' }, 'text/x', 1]);
  assert.equal(object.ETag, done.ETag);
  await assertFails(upload.complete([big]), 'NoSuchUpload', 404);
  assert.deepEqual(await readdir(join(s3.dataDir, 's3/.content')), []);
});

test('a client whose answer was lost may complete again, and nothing happens twice', async () => {
  const upload = await create('again', { ChecksumAlgorithm: 'CRC32' });
  const part = await upload.put(1, SMALL, { ChecksumAlgorithm: 'CRC32' });
  const { $metadata: _, ...first } = await upload.complete([part]);
  await client.send(new PutObjectCommand({ Bucket, Key: 'again', Body: 'written since' }));
  const { $metadata: __, ...second } = await upload.complete([part]);
  assert.deepEqual(second, first);
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'again' }));
  assert.equal(await Body?.transformToString(), 'written since');
});

test('an object of parts has the date of its upload, in whole seconds', async () => {
  let now = Date.parse('2026-03-01T12:00:00.900Z');
  await using own = await startS3({ now: () => now });
  const object = { Bucket, Key: 'dated' };
  await own.client.send(new CreateBucketCommand({ Bucket }));
  const { UploadId } = await own.client.send(new CreateMultipartUploadCommand(object));
  now += 90_000;
  const part = await own.client.send(
    new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: SMALL }),
  );
  const { Uploads } = await own.client.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.equal(Uploads?.[0]?.Initiated?.toISOString(), '2026-03-01T12:00:00.000Z');
  const Parts = [{ PartNumber: 1, ETag: part.ETag }];
  await own.client.send(
    new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }),
  );
  const head = await own.client.send(new HeadObjectCommand(object));
  const { Contents } = await own.client.send(new ListObjectsV2Command({ Bucket }));
  for (const date of [head.LastModified, Contents?.[0]?.LastModified])
    assert.equal(date?.toISOString(), '2026-03-01T12:00:00.000Z');
});

test('a list of parts that does not fit what was uploaded', async () => {
  const upload = await create('misfit');
  const first = await upload.put(1, SMALL);
  const second = await upload.put(2, BIG);
  await assertFails(upload.complete([{ ...first, ETag: second.ETag }]), 'InvalidPart', 400);
  await assertFails(upload.complete([{ ...first, PartNumber: 3 }]), 'InvalidPart', 400);
  await assertFails(upload.complete([second, first]), 'InvalidPartOrder', 400);
  await assertFails(upload.complete([first, first]), 'InvalidPartOrder', 400);
  await assertFails(upload.complete([first, second]), 'EntityTooSmall', 400);
  await assertFails(upload.complete([]), 'MalformedXML', 400);
  await assertFails(upload.put(10_001, SMALL), 'InvalidArgument', 400);
  await assertFails(client.send(new HeadObjectCommand({ Bucket, Key: 'misfit' })), 'NotFound', 404);
  await upload.complete([second]);
});

test('an upload that is aborted leaves nothing', async () => {
  const upload = await create('aborted/a');
  const other = await create('aborted/b');
  const part = await upload.put(1, SMALL);
  const uploads = () => client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'aborted/' }));
  assert.deepEqual(
    (await uploads()).Uploads?.map(({ Key, UploadId }) => [Key, UploadId]),
    [
      ['aborted/a', upload.id],
      ['aborted/b', other.id],
    ],
  );
  for (const { id, Key } of [upload, other])
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: id }));
  await assertFails(upload.put(2, SMALL), 'NoSuchUpload', 404);
  await assertFails(upload.complete([part]), 'NoSuchUpload', 404);
  assert.equal((await uploads()).Uploads, undefined);
  assert.deepEqual(await readdir(join(s3.dataDir, 's3/.content')), []);
});

test('completing under a condition', async () => {
  const upload = await create('conditional');
  const part = await upload.put(1, SMALL);
  const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: 'conditional', Body: 'first' }));
  await assertFails(upload.complete([part], { IfNoneMatch: '*' }), 'PreconditionFailed', 412);
  await assertFails(upload.complete([part], { IfMatch: '"x"' }), 'PreconditionFailed', 412);
  await upload.complete([part], { IfMatch: ETag });
  const two = await Promise.all([create('race'), create('race')]);
  const parts = await Promise.all(two.map((one) => one.put(1, SMALL)));
  const results = await Promise.allSettled(
    two.map((one, i) => one.complete(parts.slice(i, i + 1), { IfNoneMatch: '*' })),
  );
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('checksums of parts and of the whole', async () => {
  const composite = await create('composite', { ChecksumAlgorithm: 'CRC32' });
  const part = await composite.put(1, SMALL, { ChecksumAlgorithm: 'CRC32' });
  assert.ok(part.ChecksumCRC32);
  const { ChecksumCRC32: _, ...bare } = part;
  await assertFails(composite.complete([bare]), 'InvalidRequest', 400);
  await assertFails(composite.complete([{ ...part, ChecksumCRC32: 'AAAAAA==' }]), 'InvalidPart', 400);
  const done = await composite.complete([part]);
  const ofParts = digest('CRC32', Buffer.from(part.ChecksumCRC32 ?? '', 'base64'));
  assert.deepEqual([done.ChecksumCRC32, done.ChecksumType], [`${ofParts}-1`, 'COMPOSITE']);

  const whole = await create('whole', { ChecksumAlgorithm: 'CRC64NVME' });
  const parts = [
    await whole.put(1, BIG, { ChecksumAlgorithm: 'CRC64NVME' }),
    await whole.put(2, SMALL, { ChecksumAlgorithm: 'CRC64NVME' }),
  ];
  await assertFails(whole.complete(parts, { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }), 'BadDigest', 400);
  await assertFails(whole.complete(parts, { MpuObjectSize: 5 }), 'InvalidRequest', 400);
  const expected = digest('CRC64NVME', Buffer.concat([BIG, SMALL]));
  const all = await whole.complete(parts, { ChecksumCRC64NVME: expected, MpuObjectSize: MIN + 1000 });
  assert.deepEqual([all.ChecksumCRC64NVME, all.ChecksumType], [expected, 'FULL_OBJECT']);
  const read = await client.send(new GetObjectCommand({ Bucket, Key: 'whole', ChecksumMode: 'ENABLED' }));
  assert.equal((await read.Body?.transformToByteArray())?.length, MIN + 1000);
});

test('parts copied from an object', async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: 'source', Body: '0123456789' }));
  const upload = await create('copied');
  const copy = async (CopySourceRange?: string) => {
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key: 'copied',
        UploadId: upload.id,
        PartNumber: 1,
        CopySource: `${Bucket}/source`,
        CopySourceRange,
      }),
    );
    return { PartNumber: 1, ETag: CopyPartResult?.ETag };
  };
  await assertFails(copy('bytes=5-50'), 'InvalidArgument', 400);
  await copy();
  await upload.complete([await copy('bytes=2-4')]);
  const read = await client.send(new GetObjectCommand({ Bucket, Key: 'copied' }));
  assert.equal(await read.Body?.transformToString(), '234');
});

async function create(Key: string, input: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { UploadId: id } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }));
  return {
    Key,
    id,
    async put(
      PartNumber: number,
      Body: Uint8Array,
      options: { ChecksumAlgorithm?: 'CRC32' | 'CRC64NVME' } = {},
    ) {
      const answer = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId: id, PartNumber, Body, ...options }),
      );
      const { ETag, ChecksumCRC32, ChecksumCRC64NVME } = answer;
      return { PartNumber, ETag, ChecksumCRC32, ChecksumCRC64NVME } satisfies CompletedPart;
    },
    complete: (Parts: CompletedPart[], options: Partial<CompleteMultipartUploadCommandInput> = {}) =>
      client.send(
        new CompleteMultipartUploadCommand({
          Bucket,
          Key,
          UploadId: id,
          MultipartUpload: { Parts },
          ...options,
        }),
      ),
  };
}

function digest(algorithm: 'CRC32' | 'CRC64NVME', bytes: Uint8Array): string {
  const checksum = createChecksum(algorithm);
  checksum.update(bytes);
  return checksum.digest().toString('base64');
}
