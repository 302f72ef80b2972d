/** Objects: written, read, copied, deleted, tagged, as the real SDK does it with its default checksums. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import {
  ChecksumAlgorithm,
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { assertFails, useS3 } from '../helpers/emulated-s3.ts';

const Bucket = 'objects';
const { s3, client } = useS3(Bucket);

test('an object comes back as it was put, with its metadata', async () => {
  const Body = randomBytes(200_000);
  const written = await put('plain/object.bin', {
    Body,
    ContentType: 'application/x-test',
    CacheControl: 'no-store',
    ContentDisposition: 'attachment; filename="a b.bin"',
    ContentEncoding: 'gzip',
    ContentLanguage: 'cs',
    Metadata: { one: '1', 'two-words': 'a  b' },
  });
  assert.equal(written.ETag, `"${createHash('md5').update(Body).digest('hex')}"`);
  const read = await client.send(new GetObjectCommand({ Bucket, Key: 'plain/object.bin' }));
  assert.deepEqual(Buffer.from((await read.Body?.transformToByteArray()) ?? []), Body);
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'plain/object.bin' }));
  for (const answer of [read, head]) {
    assert.equal(answer.ETag, written.ETag);
    assert.equal(answer.ContentLength, Body.length);
    assert.equal(answer.ContentType, 'application/x-test');
    assert.equal(answer.CacheControl, 'no-store');
    assert.equal(answer.ContentDisposition, 'attachment; filename="a b.bin"');
    assert.equal(answer.ContentEncoding, 'gzip');
    assert.equal(answer.ContentLanguage, 'cs');
    assert.deepEqual(answer.Metadata, { one: '1', 'two-words': 'a  b' });
    assert.equal(answer.AcceptRanges, 'bytes');
    assert.ok(answer.LastModified instanceof Date);
  }
});

test('empty objects and unknown lengths', async () => {
  await put('empty', { Body: '' });
  const empty = await client.send(new GetObjectCommand({ Bucket, Key: 'empty' }));
  assert.equal(await empty.Body?.transformToString(), '');
  assert.equal(empty.ContentLength, 0);
  assert.equal(empty.ContentType, 'application/octet-stream');
  const stream = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.from('b')]);
  await put('stream', { Body: stream, ContentLength: 70_001 });
  assert.equal(await read('stream'), `${'a'.repeat(70_000)}b`);
});

for (const algorithm of Object.values(ChecksumAlgorithm)) {
  if (!['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'].includes(algorithm)) continue;
  test(`the ${algorithm} that came with an object is kept and given back`, async () => {
    const Key = `checksum/${algorithm}`;
    const name = `Checksum${algorithm}` as 'ChecksumCRC32';
    const written = await put(Key, { Body: 'checked', ChecksumAlgorithm: algorithm });
    const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    assert.equal(head[name], written[name]);
    assert.equal(head.ChecksumType, 'FULL_OBJECT');
    assert.ok(written[name]);
    const silent = await client.send(new HeadObjectCommand({ Bucket, Key }));
    assert.equal(silent[name], undefined);
    // The SDK holds the body against the checksum while it reads.
    assert.equal(await read(Key), 'checked');
  });
}

test('a checksum that does not match refuses the object', async () => {
  await assertFails(put('bad', { Body: 'data', ChecksumCRC32: 'AAAAAA==' }), 'BadDigest', 400);
  await assertFails(put('bad', { Body: 'data', ChecksumSHA256: 'AAAA' }), 'InvalidRequest', 400);
  await assertFails(put('bad', { Body: 'data', ContentMD5: 'rL0Y20zC+Fzt72VPzMSk2A==' }), 'BadDigest', 400);
  await assertFails(put('bad', { Body: 'data', ContentMD5: 'short' }), 'InvalidDigest', 400);
  await assert.rejects(put('bad', { Body: 'data', ContentMD5: 'rL0Y20zC+Fzt72VPzMSk2A==' }), {
    ExpectedDigest: 'rL0Y20zC+Fzt72VPzMSk2A==',
    CalculatedDigest: createHash('md5').update('data').digest('base64'),
  });
  await assertFails(client.send(new GetObjectCommand({ Bucket, Key: 'bad' })), 'NoSuchKey', 404);
  assert.deepEqual(await readdir(join(s3.dataDir, 's3/.content')), []);
});

test('byte ranges', async () => {
  await put('range', { Body: '0123456789' });
  await put('nothing', { Body: '' });
  const get = (Range: string, Key = 'range') =>
    client.send(new GetObjectCommand({ Bucket, Key, Range, ChecksumMode: 'ENABLED' }));
  const satisfied: [range: string, body: string, contentRange: string | undefined][] = [
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=5-500', '56789', 'bytes 5-9/10'],
    ['bytes=4-2', '0123456789', undefined],
    ['bytes=0-1,3-4', '0123456789', undefined],
    ['lines=1-2', '0123456789', undefined],
  ];
  for (const [range, body, contentRange] of satisfied) {
    const answer = await get(range);
    assert.equal(await answer.Body?.transformToString(), body, range);
    assert.equal(answer.ContentRange, contentRange);
    assert.equal(answer.ContentLength, body.length);
    assert.equal(answer.$metadata.httpStatusCode, contentRange === undefined ? 200 : 206);
  }
  for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=-0'])
    await assertFails(get(range), 'InvalidRange', 416);
  for (const range of ['bytes=0-0', 'bytes=-1'])
    await assertFails(get(range, 'nothing'), 'InvalidRange', 416);
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'range', Range: 'bytes=2-4' }));
  assert.equal(head.ContentLength, 3);
});

test('response headers may be overridden', async () => {
  await put('override', { Body: 'x', ContentType: 'text/plain' });
  const answer = await client.send(
    new GetObjectCommand({
      Bucket,
      Key: 'override',
      ResponseContentType: 'text/csv',
      ResponseCacheControl: 'max-age=1',
    }),
  );
  assert.equal(answer.ContentType, 'text/csv');
  assert.equal(answer.CacheControl, 'max-age=1');
});

test('copies', async () => {
  const { ETag } = await put('from/ü +.txt', { Body: 'copied', Metadata: { a: '1' }, Tagging: 'k=v' });
  const CopySource = encodeURIComponent(`${Bucket}/from/ü +.txt`);
  const copy = (input: object) =>
    client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource, ...input }));
  const { CopyObjectResult } = await copy({});
  assert.equal(CopyObjectResult?.ETag, ETag);
  const copied = await client.send(new GetObjectCommand({ Bucket, Key: 'to' }));
  assert.equal(await copied.Body?.transformToString(), 'copied');
  assert.deepEqual(copied.Metadata, { a: '1' });
  assert.equal(copied.TagCount, 1);
  await copy({
    MetadataDirective: 'REPLACE',
    Metadata: { b: '2' },
    TaggingDirective: 'REPLACE',
    IfMatch: ETag,
  });
  const replaced = await client.send(new HeadObjectCommand({ Bucket, Key: 'to' }));
  assert.deepEqual(replaced.Metadata, { b: '2' });
  await assertFails(copy({ CopySourceIfMatch: '"x"' }), 'PreconditionFailed', 412);
  await assertFails(copy({ CopySourceIfNoneMatch: ETag }), 'PreconditionFailed', 412);
  await assertFails(copy({ IfNoneMatch: '*' }), 'PreconditionFailed', 412);
  await assertFails(copy({ CopySource: `${Bucket}/absent` }), 'NoSuchKey', 404);
  await assertFails(copy({ CopySource: `${Bucket}/to` }), 'InvalidRequest', 400);
  await copy({ CopySource: `${Bucket}/to`, MetadataDirective: 'REPLACE', Metadata: {} });
  assert.equal(await read('to'), 'copied');
});

test('deletions, alone and many at once', async () => {
  const { ETag } = await put('gone', { Body: 'x' });
  const remove = (Key: string, IfMatch?: string) =>
    client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));
  await assertFails(remove('gone', '"x"'), 'PreconditionFailed', 412);
  await assertFails(remove('never', '*'), 'NoSuchKey', 404);
  await remove('gone', ETag);
  await remove('gone');
  await assertFails(client.send(new HeadObjectCommand({ Bucket, Key: 'gone' })), 'NotFound', 404);
  const keys = ['many/<&>"\'', 'many/ +%', 'many/é'];
  for (const key of [...keys, 'kept']) await put(key, { Body: key });
  const { Deleted, Errors } = await client.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: {
        Objects: [...keys.map((Key) => ({ Key })), { Key: 'many/absent' }, { Key: 'kept', ETag: '"x"' }],
      },
    }),
  );
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    [...keys, 'many/absent'],
  );
  assert.deepEqual(
    Errors?.map(({ Key, Code }) => [Key, Code]),
    [['kept', 'PreconditionFailed']],
  );
  const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'many/' }));
  assert.equal(KeyCount, 0);
});

test('tags never touch the object', async () => {
  const { ETag } = await put('tagged', { Body: 'body', Metadata: { a: '1' }, Tagging: 'first=1&second=%26' });
  const tags = async () => (await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }))).TagSet;
  assert.deepEqual(await tags(), [
    { Key: 'first', Value: '1' },
    { Key: 'second', Value: '&' },
  ]);
  const TagSet = [{ Key: 'ü <', Value: ' "x" ' }];
  await client.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: { TagSet } }));
  assert.deepEqual(await tags(), TagSet);
  const twice = { TagSet: [...TagSet, ...TagSet] };
  await assertFails(
    client.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: twice })),
    'InvalidTag',
    400,
  );
  await client.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'tagged' }));
  assert.deepEqual(await tags(), []);
  const object = await client.send(new GetObjectCommand({ Bucket, Key: 'tagged' }));
  assert.equal(await object.Body?.transformToString(), 'body');
  assert.equal(object.ETag, ETag);
  assert.deepEqual(object.Metadata, { a: '1' });
});

test('objects stand as files under the key, until they are deleted', async () => {
  const Key = 'windows/detector=shop/date=2026-11-22/a b.parquet';
  const file = join(s3.dataDir, 's3', Bucket, Key);
  await put(Key, { Body: 'one' });
  assert.equal(await readFile(file, 'utf8'), 'one');
  await put(Key, { Body: 'two' });
  assert.equal(await readFile(file, 'utf8'), 'two');
  await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await assert.rejects(readdir(join(s3.dataDir, 's3', Bucket, 'windows')), { code: 'ENOENT' });
});

test('keys that collide as paths are objects all the same', async () => {
  const keys = [
    'clash',
    'clash/below',
    'clash/below/deeper',
    'CLASH',
    'clash/',
    'clash//x',
    '../up',
    'clash/..',
    'e\u0301',
    'é',
    'nul',
    'a\\b',
    '\u0001',
  ];
  for (const key of keys) await put(key, { Body: `body of ${key}` });
  for (const key of keys) assert.equal(await read(key), `body of ${key}`, JSON.stringify(key));
  for (const key of keys.slice(0, 3)) await client.send(new DeleteObjectCommand({ Bucket, Key: key }));
  for (const key of keys.slice(3)) assert.equal(await read(key), `body of ${key}`, JSON.stringify(key));
});

test('limits of keys and metadata', async () => {
  const longest = 'k'.repeat(1024);
  await put(longest, { Body: 'long' });
  assert.equal(await read(longest), 'long');
  await assertFails(put(`${longest}k`, { Body: '' }), 'KeyTooLongError', 400);
  await assertFails(put('é'.repeat(513), { Body: '' }), 'KeyTooLongError', 400);
  await assertFails(put('meta', { Body: '', Metadata: { a: 'x'.repeat(2048) } }), 'MetadataTooLarge', 400);
});

function put(Key: string, input: Partial<PutObjectCommandInput>) {
  return client.send(new PutObjectCommand({ Bucket, Key, ...input }));
}

async function read(Key: string): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
  return Body?.transformToString();
}
