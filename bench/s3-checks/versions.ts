/** Versions and delete markers: https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html */
import assert from 'node:assert/strict';
import {
  type BucketVersioningStatus,
  CopyObjectCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { type CheckedServer, put, read, refused, type S3Check } from './check.ts';

const setVersioning = ({ client, Bucket }: CheckedServer, Status: BucketVersioningStatus) =>
  client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
const remove = ({ client, Bucket }: CheckedServer, Key: string, VersionId?: string) =>
  client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
const listVersions = ({ client, Bucket }: CheckedServer, input: object = {}) =>
  client.send(new ListObjectVersionsCommand({ Bucket, ...input }));

/** A check in a bucket that keeps versions. */
function versioned(name: string, run: S3Check['run']): S3Check {
  return {
    name,
    async run(server) {
      await setVersioning(server, 'Enabled');
      await run(server);
    },
  };
}

export const VERSION_CHECKS: readonly S3Check[] = [
  {
    name: 'a bucket has no versioning status until it is given one',
    async run(server) {
      const { client, Bucket } = server;
      const status = async () => (await client.send(new GetBucketVersioningCommand({ Bucket }))).Status;
      assert.equal(await status(), undefined);
      assert.equal((await put(server, 'k')).VersionId, undefined);
      await setVersioning(server, 'Enabled');
      assert.equal(await status(), 'Enabled');
      await setVersioning(server, 'Suspended');
      assert.equal(await status(), 'Suspended');
    },
  },
  versioned('each write is a version, and each can be read', async (server) => {
    const [first, second] = [await put(server, 'k', '1'), await put(server, 'k', '2')];
    assert.ok(first.VersionId && second.VersionId && first.VersionId !== second.VersionId);
    assert.deepEqual(
      [
        await read(server, 'k'),
        await read(server, 'k', first.VersionId),
        await read(server, 'k', second.VersionId),
      ],
      ['2', '1', '2'],
    );
  }),
  versioned('a deletion leaves a delete marker, and 404 with x-amz-delete-marker', async (server) => {
    const { client, Bucket } = server;
    const { VersionId } = await put(server, 'k', '1');
    const deleted = await remove(server, 'k');
    assert.equal(deleted.DeleteMarker, true);
    assert.ok(deleted.VersionId);
    await refused(read(server, 'k'), 404, 'NoSuchKey');
    await assert.rejects(
      client.send(new HeadObjectCommand({ Bucket, Key: 'k' })),
      (error: Error & { $response?: { headers: Record<string, string> } }) => {
        assert.equal(error.$response?.headers['x-amz-delete-marker'], 'true');
        return true;
      },
    );
    assert.equal(await read(server, 'k', VersionId), '1');
    assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  }),
  versioned('a delete marker cannot be read: 405 MethodNotAllowed', async (server) => {
    await put(server, 'k');
    const { VersionId } = await remove(server, 'k');
    await refused(read(server, 'k', VersionId), 405, 'MethodNotAllowed');
  }),
  versioned('deleting the delete marker brings the object back', async (server) => {
    await put(server, 'k', '1');
    const { VersionId } = await remove(server, 'k');
    const undone = await remove(server, 'k', VersionId);
    assert.deepEqual([undone.DeleteMarker, undone.VersionId], [true, VersionId]);
    assert.equal(await read(server, 'k'), '1');
  }),
  versioned('deleting a version is for good, and the one before is the newest then', async (server) => {
    await put(server, 'k', '1');
    const { VersionId } = await put(server, 'k', '2');
    await remove(server, 'k', VersionId);
    assert.equal(await read(server, 'k'), '1');
    await refused(read(server, 'k', VersionId), 404, 'NoSuchVersion');
  }),
  versioned('an id that S3 never gave: 400 InvalidArgument or 404 NoSuchVersion', async (server) => {
    const { client, Bucket } = server;
    await put(server, 'k');
    const get = client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'never given' }));
    await refused(get, 400, 'InvalidArgument', 'NoSuchVersion');
  }),
  {
    name: 'what was there before versioning has the id null, and stays',
    async run(server) {
      await put(server, 'k', 'old');
      await setVersioning(server, 'Enabled');
      await put(server, 'k', 'new');
      assert.equal(await read(server, 'k', 'null'), 'old');
    },
  },
  versioned('suspended, writes replace the null version alone', async (server) => {
    const { VersionId } = await put(server, 'k', 'kept');
    await setVersioning(server, 'Suspended');
    await put(server, 'k', '1');
    await put(server, 'k', '2');
    const { Versions } = await listVersions(server);
    assert.deepEqual(
      Versions?.map((version) => version.VersionId),
      ['null', VersionId],
    );
    assert.equal(await read(server, 'k', 'null'), '2');
  }),
  versioned('versions are listed newest first, by key, with delete markers', async (server) => {
    const ids = [
      await put(server, 'b'),
      await put(server, 'b'),
      await put(server, 'a'),
      await remove(server, 'a'),
    ];
    const { Versions = [], DeleteMarkers = [] } = await listVersions(server);
    assert.deepEqual(
      Versions.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest]),
      [
        ['a', ids[2]?.VersionId, false],
        ['b', ids[1]?.VersionId, true],
        ['b', ids[0]?.VersionId, false],
      ],
    );
    assert.deepEqual(
      DeleteMarkers.map(({ Key, IsLatest }) => [Key, IsLatest]),
      [['a', true]],
    );
  }),
  versioned('a list of versions goes on by key and version markers', async (server) => {
    const wanted = [await put(server, 'k'), await put(server, 'k'), await put(server, 'k')].map(
      ({ VersionId }) => VersionId,
    );
    const found: unknown[] = [];
    let page = await listVersions(server, { MaxKeys: 1 });
    for (;;) {
      found.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId));
      if (!page.IsTruncated) break;
      const markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      page = await listVersions(server, { MaxKeys: 1, ...markers });
    }
    assert.deepEqual(found, wanted.reverse());
  }),
  versioned('an old version can be copied back', async (server) => {
    const { client, Bucket } = server;
    const { VersionId } = await put(server, 'k', '1');
    await put(server, 'k', '2');
    const CopySource = `${Bucket}/k?versionId=${VersionId}`;
    const copied = await client.send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource }));
    assert.equal(copied.CopySourceVersionId, VersionId);
    assert.equal(await read(server, 'k'), '1');
  }),
  versioned('If-None-Match: * writes over a delete marker', async (server) => {
    await put(server, 'k', '1');
    await remove(server, 'k');
    await put(server, 'k', '2', { IfNoneMatch: '*' });
    assert.equal(await read(server, 'k'), '2');
  }),
];
