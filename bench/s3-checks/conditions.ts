/** Conditional writes, reads and copies: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html */
import assert from 'node:assert/strict';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
} from '@aws-sdk/client-s3';
import { type CheckedServer, put, read, refused, type S3Check } from './check.ts';

const get = ({ client, Bucket }: CheckedServer, input: Partial<GetObjectCommandInput>) =>
  client.send(new GetObjectCommand({ Bucket, Key: 'k', ...input }));
const LONG_AGO = new Date('2015-01-01T00:00:00Z');
const TO_COME = new Date(Date.now() + 86_400_000);

export const CONDITION_CHECKS: readonly S3Check[] = [
  {
    name: 'If-None-Match: * writes where nothing is, and is 412 over something',
    async run(server) {
      await put(server, 'k', '1', { IfNoneMatch: '*' });
      await refused(put(server, 'k', '2', { IfNoneMatch: '*' }), 412, 'PreconditionFailed');
      assert.equal(await read(server, 'k'), '1');
    },
  },
  {
    name: 'If-None-Match: * writes again after a deletion',
    async run(server) {
      await put(server, 'k', '1');
      await server.client.send(new DeleteObjectCommand({ Bucket: server.Bucket, Key: 'k' }));
      await put(server, 'k', '2', { IfNoneMatch: '*' });
      assert.equal(await read(server, 'k'), '2');
    },
  },
  {
    name: 'of ten writes at once with If-None-Match: *, one succeeds',
    async run(server) {
      const bodies = Array.from({ length: 10 }, (_, i) => String(i));
      const writes = bodies.map((body) => put(server, 'k', body, { IfNoneMatch: '*' }));
      const results = await Promise.allSettled(writes);
      const won = results.flatMap(({ status }, at) => (status === 'fulfilled' ? [bodies[at]] : []));
      assert.deepEqual(won, [await read(server, 'k')]);
    },
  },
  {
    name: 'If-Match writes over that ETag, and is 412 over another',
    async run(server) {
      const { ETag } = await put(server, 'k', '1');
      await put(server, 'k', '2', { IfMatch: ETag });
      await refused(put(server, 'k', '3', { IfMatch: ETag }), 412, 'PreconditionFailed');
      assert.equal(await read(server, 'k'), '2');
    },
  },
  {
    name: 'If-Match where nothing is: 404 NoSuchKey',
    run: (server) => refused(put(server, 'absent', '1', { IfMatch: '"e"' }), 404, 'NoSuchKey'),
  },
  {
    name: 'of ten writes at once with If-Match, one succeeds',
    async run(server) {
      const { ETag: IfMatch } = await put(server, 'k', 'first');
      const writes = Array.from({ length: 10 }, (_, i) => put(server, 'k', String(i), { IfMatch }));
      const results = await Promise.allSettled(writes);
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    },
  },
  {
    name: 'If-Match and If-None-Match on one write: 501 NotImplemented',
    run: (server) =>
      refused(put(server, 'k', '1', { IfMatch: '"e"', IfNoneMatch: '*' }), 501, 'NotImplemented'),
  },
  {
    name: 'a copy with If-None-Match: * over something is 412',
    async run(server) {
      const { client, Bucket } = server;
      await put(server, 'from');
      await put(server, 'to');
      const input = { Bucket, Key: 'to', CopySource: `${Bucket}/from`, IfNoneMatch: '*' };
      await refused(client.send(new CopyObjectCommand(input)), 412, 'PreconditionFailed');
      await client.send(new CopyObjectCommand({ ...input, Key: 'free' }));
    },
  },
  {
    name: 'conditions on the source of a copy',
    async run(server) {
      const { client, Bucket } = server;
      const { ETag } = await put(server, 'from');
      const copy = (conditions: object) =>
        client.send(
          new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from`, ...conditions }),
        );
      await copy({ CopySourceIfMatch: ETag });
      for (const failing of [
        { CopySourceIfMatch: '"other"' },
        { CopySourceIfNoneMatch: ETag },
        { CopySourceIfUnmodifiedSince: LONG_AGO },
        { CopySourceIfModifiedSince: TO_COME },
      ])
        await refused(copy(failing), 412, 'PreconditionFailed');
    },
  },
  {
    name: 'a read with If-Match of another ETag is 412',
    async run(server) {
      const { ETag } = await put(server, 'k');
      await get(server, { IfMatch: ETag });
      await refused(get(server, { IfMatch: '"other"' }), 412, 'PreconditionFailed');
    },
  },
  {
    name: 'a read with If-None-Match of its ETag is 304',
    async run(server) {
      const { ETag } = await put(server, 'k');
      await get(server, { IfNoneMatch: '"other"' });
      await refused(get(server, { IfNoneMatch: ETag }), 304, 'NotModified', '304', 'Unknown');
    },
  },
  {
    name: 'a read with If-Modified-Since and If-Unmodified-Since',
    async run(server) {
      await put(server, 'k');
      await get(server, { IfModifiedSince: LONG_AGO });
      await get(server, { IfUnmodifiedSince: TO_COME });
      await refused(get(server, { IfUnmodifiedSince: LONG_AGO }), 412, 'PreconditionFailed');
    },
  },
  {
    name: 'If-Match that holds wins over If-Unmodified-Since that fails',
    async run(server) {
      const { ETag } = await put(server, 'k');
      await get(server, { IfMatch: ETag, IfUnmodifiedSince: LONG_AGO });
    },
  },
  {
    name: 'If-None-Match that fails wins over If-Modified-Since that holds',
    async run(server) {
      const { ETag } = await put(server, 'k');
      const both = { IfNoneMatch: ETag, IfModifiedSince: LONG_AGO };
      await refused(get(server, both), 304, 'NotModified', '304', 'Unknown');
    },
  },
  {
    name: 'a deletion with If-Match of another ETag is 412 and deletes nothing',
    async run(server) {
      const { client, Bucket } = server;
      const { ETag } = await put(server, 'k');
      const remove = (IfMatch: string | undefined) =>
        client.send(new DeleteObjectCommand({ Bucket, Key: 'k', IfMatch }));
      await refused(remove('"other"'), 412, 'PreconditionFailed');
      await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      await remove(ETag);
      await refused(read(server, 'k'), 404, 'NoSuchKey');
    },
  },
];
