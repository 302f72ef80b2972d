/** Versions of objects as the real SDK sees them. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type BucketVersioningStatus,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { assertFails, type EmulatedS3, QUEUE_ARN, startS3 } from '../helpers/emulated-s3.ts';
import { until } from '../helpers/until.ts';

const Bucket = 'versions';
let s3: EmulatedS3;
let client: S3Client;

before(async () => {
  s3 = await startS3();
  client = s3.client;
  await client.send(new CreateBucketCommand({ Bucket }));
  await setVersioning('Enabled');
});
after(() => s3[Symbol.asyncDispose]());

test('the status of versioning is kept, and only what S3 knows', async () => {
  const other = 'status';
  await client.send(new CreateBucketCommand({ Bucket: other }));
  const status = async () => (await client.send(new GetBucketVersioningCommand({ Bucket: other }))).Status;
  assert.equal(await status(), undefined);
  for (const Status of ['Enabled', 'Suspended'] as const) {
    await setVersioning(Status, other);
    assert.equal(await status(), Status);
  }
  await assertFails(setVersioning('Off' as BucketVersioningStatus, other), 'MalformedXML', 400);
});

test('a bucket without versioning tells of none', async () => {
  const plain = { Bucket: 'plain', Key: 'k' };
  await client.send(new CreateBucketCommand({ Bucket: 'plain' }));
  const written = await client.send(new PutObjectCommand({ ...plain, Body: 'x' }));
  assert.equal(written.VersionId, undefined);
  const read = await client.send(new GetObjectCommand({ ...plain, VersionId: 'null' }));
  assert.deepEqual([await read.Body?.transformToString(), read.VersionId], ['x', undefined]);
  const gone = await client.send(new DeleteObjectCommand(plain));
  assert.deepEqual([gone.VersionId, gone.DeleteMarker], [undefined, undefined]);
  await client.send(new DeleteBucketCommand({ Bucket: 'plain' }));
});

test('each write is a version, read by its id', async () => {
  const ids = [await put('each', 'one'), await put('each', 'two'), await put('each', 'three')];
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(await Promise.all(ids.map((id) => read('each', id))), ['one', 'two', 'three']);
  assert.equal(await read('each'), 'three');
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'each', VersionId: ids[1] }));
  assert.deepEqual([head.VersionId, head.ContentLength], [ids[1], 3]);
  const current = await client.send(new HeadObjectCommand({ Bucket, Key: 'each' }));
  assert.equal(current.VersionId, ids[2]);
  // What is current lies where people look for it, and nothing else does.
  assert.equal(await readFile(join(s3.dataDir, 's3', Bucket, 'each'), 'utf8'), 'three');
});

test('ids that no version has', async () => {
  const id = await put('ids', 'x');
  const get = (VersionId: string, Key = 'ids') =>
    client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  await assertFails(get(id, 'other'), 'NoSuchVersion', 404);
  await assertFails(get(`${id.slice(0, -4)}AAAA`), 'NoSuchVersion', 404);
  await assertFails(get('null'), 'NoSuchVersion', 404);
  await assertFails(get('no id at all'), 'InvalidArgument', 400);
  await assertFails(remove('ids', 'no id at all'), 'InvalidArgument', 400);
  await remove('ids', `${id.slice(0, -4)}AAAA`);
  assert.equal(await read('ids'), 'x');
});

test('a deletion hides the object behind a marker, and takes nothing away', async () => {
  const id = await put('hidden', 'x');
  const gone = await remove('hidden');
  assert.equal(gone.DeleteMarker, true);
  assert.ok(gone.VersionId);
  await assert.rejects(read('hidden'), (error: { name: string; $response: { headers: object } }) => {
    const { 'x-amz-delete-marker': marker, 'x-amz-version-id': version } = error.$response.headers as Record<
      string,
      string
    >;
    assert.deepEqual([error.name, marker, version], ['NoSuchKey', 'true', gone.VersionId]);
    return true;
  });
  await assertFails(client.send(new HeadObjectCommand({ Bucket, Key: 'hidden' })), 'NotFound', 404);
  await assertFails(read('hidden', gone.VersionId), 'MethodNotAllowed', 405);
  await assertFails(tagsOf('hidden', gone.VersionId), 'MethodNotAllowed', 405);
  const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'hidden' }));
  assert.equal(listed.KeyCount, 0);
  assert.equal(await read('hidden', id), 'x');
  await assert.rejects(readFile(join(s3.dataDir, 's3', Bucket, 'hidden')), { code: 'ENOENT' });
  // A marker over a marker, and one over nothing.
  assert.notEqual((await remove('hidden')).VersionId, gone.VersionId);
  assert.equal((await remove('never there')).DeleteMarker, true);
});

test('without its marker the object is back, without its newest version the one before', async () => {
  const [one, two] = [await put('back', 'one'), await put('back', 'two')];
  const { VersionId: marker } = await remove('back');
  const undone = await remove('back', marker);
  assert.deepEqual([undone.DeleteMarker, undone.VersionId], [true, marker]);
  assert.equal(await read('back'), 'two');
  assert.equal(await readFile(join(s3.dataDir, 's3', Bucket, 'back'), 'utf8'), 'two');
  const removed = await remove('back', two);
  assert.deepEqual([removed.DeleteMarker, removed.VersionId], [undefined, two]);
  assert.equal(await read('back'), 'one');
  assert.equal(await readFile(join(s3.dataDir, 's3', Bucket, 'back'), 'utf8'), 'one');
  await remove('back', one);
  await assertFails(read('back'), 'NoSuchKey', 404);
  assert.deepEqual(await names({ Prefix: 'back' }), []);
});

test('suspended, there is one version without an id beside those with one', async () => {
  const other = 'suspended';
  await client.send(new CreateBucketCommand({ Bucket: other }));
  const write = async (Body: string) =>
    (await client.send(new PutObjectCommand({ Bucket: other, Key: 'k', Body }))).VersionId;
  await write('before');
  await setVersioning('Enabled', other);
  const id = await write('with id');
  assert.equal(await read('k', 'null', other), 'before');
  await setVersioning('Suspended', other);
  assert.equal(await write('first'), 'null');
  await write('second');
  assert.deepEqual(await names({ Bucket: other }), ['k null latest', `k ${id}`]);
  assert.equal(await read('k', 'null', other), 'second');
  assert.equal(await read('k', id, other), 'with id');
  const gone = await client.send(new DeleteObjectCommand({ Bucket: other, Key: 'k' }));
  assert.deepEqual([gone.VersionId, gone.DeleteMarker], ['null', true]);
  assert.deepEqual(await names({ Bucket: other }), ['k null marker latest', `k ${id}`]);
  await client.send(new DeleteObjectCommand({ Bucket: other, Key: 'k', VersionId: 'null' }));
  assert.equal(await read('k', undefined, other), 'with id');
});

test('a bucket goes once every version and marker is gone', async () => {
  const other = 'emptied';
  await client.send(new CreateBucketCommand({ Bucket: other }));
  await setVersioning('Enabled', other);
  for (const Key of ['a', 'b/c', 'b/c'])
    await client.send(new PutObjectCommand({ Bucket: other, Key, Body: 'x' }));
  const hide = await client.send(
    new DeleteObjectsCommand({ Bucket: other, Delete: { Objects: [{ Key: 'a' }, { Key: 'b/c' }] } }),
  );
  assert.ok(
    hide.Deleted?.every(({ DeleteMarker, DeleteMarkerVersionId }) => DeleteMarker && DeleteMarkerVersionId),
  );
  await assertFails(client.send(new DeleteBucketCommand({ Bucket: other })), 'BucketNotEmpty', 409);
  // As programs do that empty a bucket: page by page, each deleted before the next is asked for.
  let markers: Partial<ListObjectVersionsCommandInput> | undefined = {};
  while (markers !== undefined) markers = await deletePage(other, markers);
  await client.send(new DeleteBucketCommand({ Bucket: other }));
  await assert.rejects(readdir(join(s3.dataDir, 's3', other)), { code: 'ENOENT' });
});

test('versions are listed newest first, by pages, prefixes rolled up', async () => {
  const ids: string[] = [];
  for (const [Key, Body] of [
    ['list/a', '1'],
    ['list/a', '2'],
    ['list/b/x', '3'],
    ['list/b/y', '4'],
    ['list/c', '5'],
  ] as const)
    ids.push(await put(Key, Body));
  const { VersionId: marker } = await remove('list/c');
  const expected = [
    `list/a ${ids[1]} latest`,
    `list/a ${ids[0]}`,
    `list/b/x ${ids[2]} latest`,
    `list/b/y ${ids[3]} latest`,
    `list/c ${marker} marker latest`,
    `list/c ${ids[4]}`,
  ];
  assert.deepEqual(await names({ Prefix: 'list/' }), expected);
  for (const MaxKeys of [1, 2, 3])
    assert.deepEqual(await names({ Prefix: 'list/', MaxKeys }), expected, `${MaxKeys} at a time`);
  const rolled = [...expected.slice(0, 2), 'list/b/', ...expected.slice(4)];
  for (const MaxKeys of [1, 2, 1000])
    assert.deepEqual(await names({ Prefix: 'list/', Delimiter: '/', MaxKeys }), rolled);
  const behind = await names({ Prefix: 'list/', KeyMarker: 'list/a', VersionIdMarker: ids[1] });
  assert.deepEqual(behind, expected.slice(1));
  assert.deepEqual(await names({ Prefix: 'list/', KeyMarker: 'list/a' }), expected.slice(2));
  await assertFails(names({ VersionIdMarker: ids[1] }), 'InvalidArgument', 400);
  await assertFails(names({ KeyMarker: 'list/a', VersionIdMarker: 'x' }), 'InvalidArgument', 400);
});

test('an older version comes back as a copy of itself', async () => {
  const [old] = [await put('copied', 'old'), await put('copied', 'new')];
  const copy = (source: string, Key = 'copied') =>
    client.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${source}` }));
  const done = await copy(`copied?versionId=${old}`);
  assert.equal(done.CopySourceVersionId, old);
  assert.notEqual(done.VersionId, old);
  assert.equal(await read('copied'), 'old');
  await assertFails(copy('copied'), 'InvalidRequest', 400);
  const { VersionId: marker } = await remove('copied');
  await assertFails(copy('copied', 'to'), 'NoSuchKey', 404);
  await assertFails(copy(`copied?versionId=${marker}`, 'to'), 'InvalidRequest', 400);
  await copy(`copied?versionId=${old}`, 'to');
  assert.equal(await read('to'), 'old');
  const Key = 'parts';
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const CopySource = `${Bucket}/copied?versionId=${old}`;
  const part = await client.send(
    new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber: 1, CopySource }),
  );
  assert.equal(part.CopySourceVersionId, old);
});

test('tags are those of one version', async () => {
  const [one, two] = [await put('tagged', '1', { Tagging: 'n=1' }), await put('tagged', '2')];
  const Tagging = { TagSet: [{ Key: 'n', Value: 'old' }] };
  const set = await client.send(
    new PutObjectTaggingCommand({ Bucket, Key: 'tagged', VersionId: one, Tagging }),
  );
  assert.equal(set.VersionId, one);
  assert.deepEqual((await tagsOf('tagged', one)).TagSet, Tagging.TagSet);
  assert.deepEqual((await tagsOf('tagged')).TagSet, []);
  assert.equal((await tagsOf('tagged')).VersionId, two);
  await client.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'tagged', VersionId: one }));
  assert.deepEqual((await tagsOf('tagged', one)).TagSet, []);
  assert.deepEqual([await read('tagged', one), await read('tagged')], ['1', '2']);
});

test('attributes and conditions are those of one version', async () => {
  const [one] = [await put('judged', 'x'), await put('judged', 'longer')];
  const attributes = await client.send(
    new GetObjectAttributesCommand({
      Bucket,
      Key: 'judged',
      VersionId: one,
      ObjectAttributes: ['ObjectSize'],
    }),
  );
  assert.deepEqual([attributes.ObjectSize, attributes.VersionId], [1, one]);
  const { ETag } = await client.send(new HeadObjectCommand({ Bucket, Key: 'judged', VersionId: one }));
  await assertFails(put('judged', 'y', { IfMatch: ETag }), 'PreconditionFailed', 412);
  await remove('judged');
  // Behind a marker there is no object.
  await assertFails(put('judged', 'y', { IfMatch: '*' }), 'NoSuchKey', 404);
  await put('judged', 'y', { IfNoneMatch: '*' });
});

test('events name the version', async () => {
  const other = 'told';
  await client.send(new CreateBucketCommand({ Bucket: other }));
  await setVersioning('Enabled', other);
  const events = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] as const;
  await client.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: other,
      NotificationConfiguration: { QueueConfigurations: [{ QueueArn: QUEUE_ARN, Events: [...events] }] },
    }),
  );
  const Key = 'k';
  const { VersionId: id } = await client.send(new PutObjectCommand({ Bucket: other, Key, Body: 'x' }));
  const { VersionId: marker } = await client.send(new DeleteObjectCommand({ Bucket: other, Key }));
  await client.send(new DeleteObjectCommand({ Bucket: other, Key, VersionId: id }));
  const told = () =>
    (s3.events[QUEUE_ARN] ?? []).map((body) => {
      const [record] = JSON.parse(body).Records;
      return [record.eventName, record.s3.object.versionId];
    });
  await until(() => told().length === 3);
  assert.deepEqual(told(), [
    ['ObjectCreated:Put', id],
    ['ObjectRemoved:DeleteMarkerCreated', marker],
    ['ObjectRemoved:Delete', id],
  ]);
});

async function setVersioning(Status: BucketVersioningStatus, bucket = Bucket): Promise<void> {
  const VersioningConfiguration = { Status };
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
}

async function put(Key: string, Body: string, input: Partial<PutObjectCommandInput> = {}): Promise<string> {
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key, Body, ...input }));
  assert.match(VersionId ?? '', /^[A-Za-z0-9._]{32}$/);
  return VersionId ?? '';
}

async function read(Key: string, VersionId?: string, bucket = Bucket): Promise<string | undefined> {
  const input = { Bucket: bucket, Key, VersionId, ChecksumMode: 'ENABLED' } as const;
  return (await client.send(new GetObjectCommand(input))).Body?.transformToString();
}

function remove(Key: string, VersionId?: string) {
  return client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
}

function tagsOf(Key: string, VersionId?: string) {
  return client.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
}

/** Deletes two versions, and gives where the next page starts. */
async function deletePage(
  bucket: string,
  markers: Partial<ListObjectVersionsCommandInput>,
): Promise<Partial<ListObjectVersionsCommandInput> | undefined> {
  const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 2, ...markers }));
  const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({
    Key,
    VersionId,
  }));
  const { Deleted = [] } = await client.send(
    new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }),
  );
  assert.deepEqual(
    Deleted.map(({ Key, VersionId }) => ({ Key, VersionId })),
    Objects,
  );
  if (!page.IsTruncated) return undefined;
  return { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
}

/** All pages as `KEY ID [marker] [latest]` and prefixes, in the order of the answer. */
async function names(input: Partial<ListObjectVersionsCommandInput>): Promise<string[]> {
  const found: string[] = [];
  let markers: Partial<ListObjectVersionsCommandInput> = {};
  for (;;) {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket, ...input, ...markers }));
    const entries = [
      ...(page.Versions ?? []).map((version) => ({ ...version, marker: '' })),
      ...(page.DeleteMarkers ?? []).map((version) => ({ ...version, marker: ' marker' })),
    ].map(
      ({ Key, VersionId, IsLatest, marker }) => `${Key} ${VersionId}${marker}${IsLatest ? ' latest' : ''}`,
    );
    const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? '');
    // The SDK keeps versions, markers and prefixes apart; within a key the latest stands first.
    const order = (name: string) => [name.split(' ')[0], name.endsWith('latest') ? 0 : 1].join(' ');
    found.push(
      ...[...entries, ...prefixes].sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0)),
    );
    if (!page.IsTruncated) return found;
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}
