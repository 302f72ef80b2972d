/** Whole objects: bodies, ranges, metadata, checksums, tags, copies, deletions. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { type CheckedServer, put, read, refused, type S3Check } from './check.ts';

const range = async (server: CheckedServer, Range: string) => {
  const { client, Bucket } = server;
  await put(server, 'ten', '0123456789');
  const answer = await client.send(new GetObjectCommand({ Bucket, Key: 'ten', Range }));
  return { ...answer, text: await answer.Body?.transformToString() };
};
const copy = ({ client, Bucket }: CheckedServer, from: string, to: string, input: object = {}) =>
  client.send(new CopyObjectCommand({ Bucket, Key: to, CopySource: `${Bucket}/${from}`, ...input }));
const head = ({ client, Bucket }: CheckedServer, Key: string, input: object = {}) =>
  client.send(new HeadObjectCommand({ Bucket, Key, ...input }));
const tagsOf = async ({ client, Bucket }: CheckedServer, Key: string) =>
  (await client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;

export const OBJECT_CHECKS: readonly S3Check[] = [
  {
    name: 'the ETag of an object put whole is the MD5 of its bytes',
    async run(server) {
      const { ETag } = await put(server, 'k', 'hello');
      assert.equal(ETag, `"${createHash('md5').update('hello').digest('hex')}"`);
    },
  },
  {
    name: 'an empty object is one',
    async run(server) {
      await put(server, 'k', '');
      assert.equal((await head(server, 'k')).ContentLength, 0);
      assert.equal(await read(server, 'k'), '');
    },
  },
  {
    name: 'a key that is not there: 404 NoSuchKey on GET, NotFound on HEAD',
    async run(server) {
      await refused(read(server, 'absent'), 404, 'NoSuchKey');
      await refused(head(server, 'absent'), 404, 'NotFound');
    },
  },
  {
    name: 'keys take spaces, slashes, dots, plus signs, percent signs and Unicode',
    async run(server) {
      for (const key of [
        'a b',
        'a+b',
        'a%2Fb',
        'a//b',
        '../x',
        './y',
        'ключ/キー',
        "it's (1)!*",
        'a?b=c&d#e',
      ]) {
        await put(server, key, key);
        assert.equal(await read(server, key), key);
      }
    },
  },
  {
    name: 'a key of 1,024 bytes is taken, one of 1,025 is 400 KeyTooLongError',
    async run(server) {
      await put(server, 'k'.repeat(1024));
      await refused(put(server, 'k'.repeat(1025)), 400, 'KeyTooLongError');
    },
  },
  {
    name: 'metadata comes back with lower-case names, and is replaced as a whole',
    async run(server) {
      await put(server, 'k', '1', { Metadata: { Owner: 'me', b: '2' } });
      assert.deepEqual((await head(server, 'k')).Metadata, { owner: 'me', b: '2' });
      await put(server, 'k', '2');
      assert.deepEqual((await head(server, 'k')).Metadata, {});
    },
  },
  {
    name: 'system headers come back: type, encoding, disposition, language, cache control',
    async run(server) {
      const headers = {
        ContentType: 'text/csv',
        ContentEncoding: 'gzip',
        ContentDisposition: 'attachment',
        ContentLanguage: 'de',
        CacheControl: 'no-cache',
      };
      await put(server, 'k', '1', headers);
      const { ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl } = await head(
        server,
        'k',
      );
      assert.deepEqual(
        { ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl },
        headers,
      );
    },
  },
  {
    name: 'a type that was not given is application/octet-stream or binary/octet-stream',
    async run(server) {
      await put(server, 'k');
      assert.match((await head(server, 'k')).ContentType ?? '', /^(application|binary)\/octet-stream$/);
    },
  },
  {
    name: 'more than 2 kB of metadata is 400 MetadataTooLarge',
    run: (server) =>
      refused(put(server, 'k', '1', { Metadata: { a: 'x'.repeat(2049) } }), 400, 'MetadataTooLarge'),
  },
  {
    name: 'response headers can be overridden in a signed GET',
    async run(server) {
      await put(server, 'k');
      const { client, Bucket } = server;
      const input = { Bucket, Key: 'k', ResponseContentType: 'text/x', ResponseCacheControl: 'no-store' };
      const answer = await client.send(new GetObjectCommand(input));
      assert.deepEqual([answer.ContentType, answer.CacheControl], ['text/x', 'no-store']);
    },
  },
  {
    name: 'a range is 206 with Content-Range, both ends inclusive',
    async run(server) {
      const { text, ContentRange, $metadata } = await range(server, 'bytes=2-4');
      assert.deepEqual([text, ContentRange, $metadata.httpStatusCode], ['234', 'bytes 2-4/10', 206]);
    },
  },
  {
    name: 'an open range goes to the end',
    run: async (server) => assert.equal((await range(server, 'bytes=7-')).text, '789'),
  },
  {
    name: 'a suffix range is the last bytes, and all where there are fewer',
    async run(server) {
      assert.equal((await range(server, 'bytes=-3')).text, '789');
      assert.equal((await range(server, 'bytes=-99')).text, '0123456789');
    },
  },
  {
    name: 'a range that ends beyond the object is cut',
    run: async (server) => assert.equal((await range(server, 'bytes=8-99')).ContentRange, 'bytes 8-9/10'),
  },
  {
    name: 'a range that begins beyond the object is 416 InvalidRange',
    run: (server) => refused(range(server, 'bytes=10-'), 416, 'InvalidRange'),
  },
  {
    name: 'a range that cannot be read is ignored',
    async run(server) {
      const { text, $metadata } = await range(server, 'lines=1-2');
      assert.deepEqual([text, $metadata.httpStatusCode], ['0123456789', 200]);
    },
  },
  {
    name: 'a Content-MD5 that is another is 400 BadDigest, one that is none 400 InvalidDigest',
    async run(server) {
      const ContentMD5 = createHash('md5').update('other').digest('base64');
      await refused(put(server, 'k', 'body', { ContentMD5 }), 400, 'BadDigest');
      await refused(put(server, 'k', 'body', { ContentMD5: 'short' }), 400, 'InvalidDigest');
      await refused(read(server, 'k'), 404, 'NoSuchKey');
    },
  },
  ...(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const).map((algorithm) => ({
    name: `${algorithm}: another checksum is 400 BadDigest and stores nothing, the right one comes back`,
    async run(server: CheckedServer) {
      const wrong = { [`Checksum${algorithm}`]: Buffer.alloc(LENGTHS[algorithm]).toString('base64') };
      await refused(put(server, 'k', 'body', wrong), 400, 'BadDigest');
      await refused(read(server, 'k'), 404, 'NoSuchKey');
      const right = { [`Checksum${algorithm}`]: OF_BODY[algorithm] };
      await put(server, 'k', 'body', right);
      const found = await head(server, 'k', { ChecksumMode: 'ENABLED' });
      assert.equal(found[`Checksum${algorithm}`], OF_BODY[algorithm]);
      assert.equal(found.ChecksumType, 'FULL_OBJECT');
    },
  })),
  {
    name: 'GetObjectAttributes: size, bare ETag, class and checksum, and only what was asked for',
    async run(server) {
      const { client, Bucket } = server;
      const { ETag } = await put(server, 'k', 'body', { ChecksumAlgorithm: 'SHA256' });
      const ask = (...names: ('ETag' | 'ObjectSize' | 'StorageClass' | 'Checksum')[]) =>
        client.send(new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: names }));
      const all = await ask('ETag', 'ObjectSize', 'StorageClass', 'Checksum');
      assert.deepEqual(
        [all.ETag, all.ObjectSize, all.StorageClass],
        [ETag?.replaceAll('"', ''), 4, 'STANDARD'],
      );
      assert.equal(all.Checksum?.ChecksumSHA256, OF_BODY.SHA256);
      const one = await ask('ObjectSize');
      assert.deepEqual([one.ETag, one.StorageClass], [undefined, undefined]);
    },
  },
  {
    name: 'tags: given with the object, replaced, counted on GET, deleted',
    async run(server) {
      const { client, Bucket } = server;
      await put(server, 'k', '1', { Tagging: 'a=1&b=two%20words' });
      assert.deepEqual(await tagsOf(server, 'k'), [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: 'two words' },
      ]);
      assert.equal((await client.send(new GetObjectCommand({ Bucket, Key: 'k' }))).TagCount, 2);
      const Tagging = { TagSet: [{ Key: 'c', Value: '' }] };
      await client.send(new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging }));
      assert.deepEqual(await tagsOf(server, 'k'), Tagging.TagSet);
      assert.equal(await read(server, 'k'), '1');
      await client.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'k' }));
      assert.deepEqual(await tagsOf(server, 'k'), []);
    },
  },
  {
    name: 'eleven tags, or one key twice, are refused',
    async run(server) {
      const eleven = Array.from({ length: 11 }, (_, i) => `k${i}=v`).join('&');
      await refused(put(server, 'k', '1', { Tagging: eleven }), 400, 'BadRequest', 'InvalidTag');
      await refused(put(server, 'k', '1', { Tagging: 'a=1&a=2' }), 400, 'InvalidTag', 'InvalidArgument');
    },
  },
  {
    name: 'a copy takes body, type, metadata and tags along',
    async run(server) {
      await put(server, 'a b', 'x', { ContentType: 'text/csv', Metadata: { m: '1' }, Tagging: 't=1' });
      await copy(server, 'a%20b', 'to');
      const { ContentType, Metadata } = await head(server, 'to');
      assert.deepEqual([ContentType, Metadata, await read(server, 'to')], ['text/csv', { m: '1' }, 'x']);
      assert.deepEqual(await tagsOf(server, 'to'), [{ Key: 't', Value: '1' }]);
    },
  },
  {
    name: 'a copy with REPLACE has the metadata of its request alone',
    async run(server) {
      await put(server, 'from', 'x', { ContentType: 'text/csv', Metadata: { m: '1' } });
      await copy(server, 'from', 'to', { MetadataDirective: 'REPLACE', Metadata: { n: '2' } });
      assert.deepEqual((await head(server, 'to')).Metadata, { n: '2' });
    },
  },
  {
    name: 'a copy onto itself that changes nothing is 400 InvalidRequest',
    async run(server) {
      await put(server, 'k');
      await refused(copy(server, 'k', 'k'), 400, 'InvalidRequest');
      await copy(server, 'k', 'k', { MetadataDirective: 'REPLACE', Metadata: { n: '2' } });
    },
  },
  {
    name: 'a copy of what is not there is 404 NoSuchKey',
    run: (server) => refused(copy(server, 'absent', 'to'), 404, 'NoSuchKey'),
  },
  {
    name: 'deleting what is not there succeeds',
    async run({ client, Bucket }) {
      const { $metadata } = await client.send(new DeleteObjectCommand({ Bucket, Key: 'absent' }));
      assert.equal($metadata.httpStatusCode, 204);
    },
  },
  {
    name: 'DeleteObjects names what it deleted, nothing when quiet, and takes 1,000 keys at most',
    async run(server) {
      const { client, Bucket } = server;
      const remove = (keys: readonly string[], Quiet = false) =>
        client.send(
          new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet } }),
        );
      await put(server, 'a');
      await put(server, 'b');
      const { Deleted } = await remove(['a', 'absent']);
      assert.deepEqual(Deleted?.map(({ Key }) => Key).sort(), ['a', 'absent']);
      assert.equal((await remove(['b'], true)).Deleted, undefined);
      await refused(read(server, 'b'), 404, 'NoSuchKey');
      await refused(remove(Array.from({ length: 1001 }, (_, i) => `k${i}`)), 400, 'MalformedXML');
    },
  },
];

/** Bytes. */
const LENGTHS = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 } as const;
/** Of the bytes of "body", worked out by Python's zlib and hashlib, and bit by bit from the reflected polynomials. */
const OF_BODY = {
  CRC32: '26gLsg==',
  CRC32C: 'Jj/JUA==',
  CRC64NVME: 'mI+Ji1NHP80=',
  SHA1: 'Agg/RXngimEkJcDBoX7ket14O5Q=',
  SHA256: 'Iw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLU=',
} as const;
