/** Conditional writes, which are the only lock that Tidewatch has, and conditional reads. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { assertFails, useS3 } from '../helpers/emulated-s3.ts';

const Bucket = 'conditions';
const { s3, client } = useS3(Bucket);

test('conditional writes', async () => {
  const { ETag } = await put('conditional', { Body: '1', IfNoneMatch: '*' });
  await assertFails(put('conditional', { Body: '2', IfNoneMatch: '*' }), 'PreconditionFailed', 412);
  await assertFails(put('conditional', { Body: '2', IfMatch: '"other"' }), 'PreconditionFailed', 412);
  await assertFails(put('absent', { Body: '2', IfMatch: ETag ?? '' }), 'NoSuchKey', 404);
  assert.equal(await read('conditional'), '1');
  await put('conditional', { Body: '2', IfMatch: ETag?.replaceAll('"', '') });
  assert.equal(await read('conditional'), '2');
  await assertFails(put('conditional', { Body: '3', IfNoneMatch: ETag }), 'NotImplemented', 501);
});

test('a write only over something, whatever it is', async () => {
  await assertFails(put('something', { Body: '1', IfMatch: '*' }), 'NoSuchKey', 404);
  await put('something', { Body: '1' });
  await put('something', { Body: '2', IfMatch: '*' });
  assert.equal(await read('something'), '2');
  await assertFails(put('something', { Body: '3', IfMatch: '*', IfNoneMatch: '*' }), 'NotImplemented', 501);
});

test('deletions only of what is as the request says', async () => {
  const Key = 'conditional deletion';
  const remove = (input: object) => client.send(new DeleteObjectCommand({ Bucket, Key, ...input }));
  const { ETag } = await put(Key, { Body: 'body' });
  const { LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key }));
  const other = new Date('2015-01-01');
  const matching = { IfMatch: ETag, IfMatchSize: 4, IfMatchLastModifiedTime: LastModified };
  for (const input of [{ IfMatch: '"other"' }, { IfMatchSize: 5 }, { IfMatchLastModifiedTime: other }]) {
    await assertFails(remove(input), 'PreconditionFailed', 412);
    await assertFails(remove({ ...matching, ...input }), 'PreconditionFailed', 412);
  }
  await assertFails(remove({ IfMatchSize: -1 }), 'InvalidArgument', 400);
  assert.equal(await read(Key), 'body');
  for (const input of [matching, { IfMatch: '*' }, { IfMatchSize: 4 }]) {
    await put(Key, { Body: 'body' });
    // The time of a moment ago, whole seconds as S3 has them.
    const { LastModified: now } = await client.send(new HeadObjectCommand({ Bucket, Key }));
    await remove('IfMatchLastModifiedTime' in input ? { ...input, IfMatchLastModifiedTime: now } : input);
    await assertFails(client.send(new HeadObjectCommand({ Bucket, Key })), 'NotFound', 404);
  }
  await assertFails(remove({ IfMatch: '*' }), 'NoSuchKey', 404);
  // As S3 documents: size and time hold of nothing, too.
  await remove({ IfMatchSize: 4, IfMatchLastModifiedTime: other });
});

test('many deletions at once, each with its own condition', async () => {
  const { ETag } = await put('many/etag', { Body: '1' });
  for (const Key of ['many/wrong etag', 'many/size', 'many/wrong size', 'many/time', 'many/wrong time'])
    await put(Key, { Body: '1' });
  const { LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key: 'many/time' }));
  const Objects = [
    { Key: 'many/etag', ETag },
    { Key: 'many/wrong etag', ETag: '"other"' },
    { Key: 'many/size', Size: 1 },
    { Key: 'many/wrong size', Size: 2 },
    { Key: 'many/time', LastModifiedTime: LastModified },
    { Key: 'many/wrong time', LastModifiedTime: new Date('2015-01-01') },
  ];
  const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    ['many/etag', 'many/size', 'many/time'],
  );
  assert.deepEqual(
    Errors?.map(({ Key, Code }) => [Key, Code]),
    ['many/wrong etag', 'many/wrong size', 'many/wrong time'].map((key) => [key, 'PreconditionFailed']),
  );
});

test('of writers with the same condition exactly one wins', async () => {
  for (let round = 0; round < 5; round++) {
    const Key = `race/${round}`;
    const race = async (name: string, input: Partial<PutObjectCommandInput>) => {
      const bodies = Array.from({ length: 8 }, (_, writer) => `${name} ${round}.${writer}`);
      const results = await Promise.allSettled(bodies.map((Body) => put(Key, { Body, ...input })));
      const winners = bodies.filter((_, writer) => results[writer]?.status === 'fulfilled');
      assert.equal(winners.length, 1);
      assert.equal(await read(Key), winners[0]);
      for (const result of results)
        if (result.status === 'rejected') assert.equal(result.reason.name, 'PreconditionFailed');
    };
    await race('absent', { IfNoneMatch: '*' });
    const { ETag } = await client.send(new HeadObjectCommand({ Bucket, Key }));
    await race('match', { IfMatch: ETag });
  }
});

test('a write only where nothing is conflicts with a deletion in its course', async () => {
  const Key = 'conflict';
  await put(Key, { Body: 'old' });
  let deliver = () => {};
  const late = new Promise<void>((resolve) => {
    deliver = resolve;
  });
  async function* body(): AsyncGenerator<Buffer> {
    yield Buffer.from('new');
    await late;
    yield Buffer.from('er');
  }
  const writing = put(Key, { Body: Readable.from(body()), ContentLength: 5, IfNoneMatch: '*' });
  writing.catch(() => {});
  // The request has come in once its first bytes are in a file.
  while ((await readdir(join(s3.dataDir, 's3/.content'))).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await client.send(new DeleteObjectCommand({ Bucket, Key }));
  deliver();
  await assertFails(writing, 'ConditionalRequestConflict', 409);
  await put(Key, { Body: 'newer', IfNoneMatch: '*' });
});

test('conditional reads', async () => {
  const { ETag } = await put('read', { Body: 'body' });
  const past = new Date(Date.now() - 60_000);
  const future = new Date(Date.now() + 60_000);
  const get = (input: object) => client.send(new GetObjectCommand({ Bucket, Key: 'read', ...input }));
  for (const input of [
    { IfMatch: ETag },
    { IfMatch: '*' },
    { IfNoneMatch: '"x"' },
    { IfModifiedSince: past },
  ])
    assert.equal(await (await get(input)).Body?.transformToString(), 'body');
  await (await get({ IfUnmodifiedSince: past, IfMatch: ETag })).Body?.transformToString();
  await assertFails(get({ IfMatch: '"x"' }), 'PreconditionFailed', 412);
  await assertFails(get({ IfUnmodifiedSince: past }), 'PreconditionFailed', 412);
  for (const input of [{ IfNoneMatch: ETag }, { IfModifiedSince: future }])
    await assertFails(get(input), 'Unknown', 304);
});

function put(Key: string, input: Partial<PutObjectCommandInput>) {
  return client.send(new PutObjectCommand({ Bucket, Key, ...input }));
}

async function read(Key: string): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
  return Body?.transformToString();
}
