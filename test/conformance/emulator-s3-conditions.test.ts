/** Conditional writes, which are the only lock that Tidewatch has, and conditional reads. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { assertFails, type EmulatedS3, startS3 } from '../helpers/emulated-s3.ts';

const Bucket = 'conditions';
let s3: EmulatedS3;
let client: S3Client;

before(async () => {
  s3 = await startS3();
  client = s3.client;
  await client.send(new CreateBucketCommand({ Bucket }));
});
after(() => s3[Symbol.asyncDispose]());

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
