/** Lists, page by page, and buckets. */
import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  HeadBucketCommand,
  type LifecycleRule,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { type CheckedServer, put, refused, type S3Check } from './check.ts';

const KEYS = ['a', 'b/1', 'b/2', 'c', 'd/1', 'e'];
const fill = async (server: CheckedServer) => {
  for (const key of KEYS) await put(server, key);
};
const list = async ({ client, Bucket }: CheckedServer, input: Partial<ListObjectsV2CommandInput> = {}) => {
  const answer = await client.send(new ListObjectsV2Command({ Bucket, ...input }));
  const keys = answer.Contents?.map(({ Key }) => Key) ?? [];
  return { ...answer, keys, prefixes: answer.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [] };
};

export const LISTING_CHECKS: readonly S3Check[] = [
  {
    name: 'a list is in the order of UTF-8 bytes',
    async run(server) {
      for (const key of ['b', 'B', 'é', 'a/b', 'a-b', '\u{1f600}', '\uffee']) await put(server, key);
      assert.deepEqual((await list(server)).keys, ['B', 'a-b', 'a/b', 'b', 'é', '\uffee', '\u{1f600}']);
    },
  },
  {
    name: 'a list of an empty bucket has no Contents and KeyCount 0',
    async run(server) {
      const { Contents, KeyCount, IsTruncated } = await list(server);
      assert.deepEqual([Contents, KeyCount, IsTruncated], [undefined, 0, false]);
    },
  },
  {
    name: 'a listed object has the size, the ETag and the class',
    async run(server) {
      const { ETag } = await put(server, 'k', 'body');
      const [object] = (await list(server)).Contents ?? [];
      assert.deepEqual([object?.Size, object?.ETag, object?.StorageClass], [4, ETag, 'STANDARD']);
    },
  },
  {
    name: 'a listed time is that of HEAD, in whole seconds',
    async run(server) {
      await put(server, 'k');
      const [object] = (await list(server)).Contents ?? [];
      assert.equal(object?.LastModified?.getMilliseconds(), 0);
    },
  },
  {
    name: 'a prefix keeps to what begins with it',
    async run(server) {
      await fill(server);
      assert.deepEqual((await list(server, { Prefix: 'b/' })).keys, ['b/1', 'b/2']);
      assert.deepEqual((await list(server, { Prefix: 'x' })).keys, []);
    },
  },
  {
    name: 'a delimiter rolls up common prefixes, which KeyCount counts',
    async run(server) {
      await fill(server);
      const { keys, prefixes, KeyCount } = await list(server, { Delimiter: '/' });
      assert.deepEqual([keys, prefixes, KeyCount], [['a', 'c', 'e'], ['b/', 'd/'], 5]);
    },
  },
  {
    name: 'StartAfter begins behind a key, which need not be there',
    async run(server) {
      await fill(server);
      assert.deepEqual((await list(server, { StartAfter: 'b/1' })).keys, ['b/2', 'c', 'd/1', 'e']);
      assert.deepEqual((await list(server, { StartAfter: 'b/11' })).keys, ['b/2', 'c', 'd/1', 'e']);
    },
  },
  {
    name: 'ContinuationToken goes on where a page ended, whatever StartAfter says',
    async run(server) {
      await fill(server);
      const pages: unknown[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await list(server, { MaxKeys: 2, StartAfter: 'a', ContinuationToken });
        pages.push(page.keys);
        assert.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      assert.deepEqual(pages, [['b/1', 'b/2'], ['c', 'd/1'], ['e']]);
    },
  },
  {
    name: 'pages of a delimited list count a rolled-up prefix once',
    async run(server) {
      await fill(server);
      const found: unknown[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await list(server, { MaxKeys: 1, Delimiter: '/', ContinuationToken });
        found.push(...page.keys, ...page.prefixes);
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      assert.deepEqual(found, ['a', 'b/', 'c', 'd/', 'e']);
    },
  },
  {
    name: 'MaxKeys 0 gives nothing and is not truncated',
    async run(server) {
      await fill(server);
      const { keys, IsTruncated } = await list(server, { MaxKeys: 0 });
      assert.deepEqual([keys, IsTruncated], [[], false]);
    },
  },
  {
    name: 'a token that S3 never gave is 400 InvalidArgument',
    run: (server) => refused(list(server, { ContinuationToken: 'never given' }), 400, 'InvalidArgument'),
  },
  {
    name: 'EncodingType url encodes keys',
    async run(server) {
      await put(server, 'a b/é');
      // The SDK leaves the decoding to who asked for the encoding.
      assert.match((await list(server, { EncodingType: 'url' })).keys[0] ?? '', /^a(\+|%20)b\/%C3%A9$/);
    },
  },
  {
    name: 'version 1 goes on by Marker, and names NextMarker where it rolls up',
    async run(server) {
      await fill(server);
      const { client, Bucket } = server;
      const first = await client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 2 }));
      assert.deepEqual([first.IsTruncated, first.NextMarker], [true, 'b/']);
      const second = await client.send(
        new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: first.NextMarker }),
      );
      assert.deepEqual(
        second.Contents?.map(({ Key }) => Key),
        ['c', 'e'],
      );
    },
  },
  {
    name: 'a bucket that is not there: 404 NoSuchBucket on lists, NotFound on HEAD',
    async run(server) {
      const { client, Bucket } = server;
      const absent = `${Bucket}-absent`;
      await refused(client.send(new ListObjectsV2Command({ Bucket: absent })), 404, 'NoSuchBucket');
      await refused(client.send(new HeadBucketCommand({ Bucket: absent })), 404, 'NotFound');
      await refused(put({ ...server, Bucket: absent }, 'k'), 404, 'NoSuchBucket');
    },
  },
  {
    name: 'a name that is none is 400 InvalidBucketName',
    async run({ client }) {
      for (const Bucket of ['ab', 'Upper', '-dash', '192.168.5.4', 'a..b'])
        await refused(client.send(new CreateBucketCommand({ Bucket })), 400, 'InvalidBucketName');
    },
  },
  {
    name: 'a bucket that holds something is 409 BucketNotEmpty',
    async run(server) {
      const { client, Bucket } = server;
      await put(server, 'k');
      await refused(client.send(new DeleteBucketCommand({ Bucket })), 409, 'BucketNotEmpty');
    },
  },
  {
    name: 'ListBuckets goes page by page, and by prefix',
    async run({ client, Bucket }) {
      for (const end of ['-1', '-2'])
        await client.send(new CreateBucketCommand({ Bucket: `${Bucket}${end}` }));
      const first = await client.send(new ListBucketsCommand({ Prefix: `${Bucket}-`, MaxBuckets: 1 }));
      assert.deepEqual(
        first.Buckets?.map(({ Name }) => Name),
        [`${Bucket}-1`],
      );
      const { ContinuationToken } = first;
      const second = await client.send(
        new ListBucketsCommand({ Prefix: `${Bucket}-`, MaxBuckets: 1, ContinuationToken }),
      );
      assert.deepEqual(
        second.Buckets?.map(({ Name }) => Name),
        [`${Bucket}-2`],
      );
      assert.equal(second.ContinuationToken, undefined);
    },
  },
  {
    name: 'lifecycle rules are kept, read back and deleted',
    async run({ client, Bucket }) {
      const find = () => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      await refused(find(), 404, 'NoSuchLifecycleConfiguration');
      const Rules: LifecycleRule[] = [
        { ID: 'old', Status: 'Enabled', Filter: { Prefix: 'windows/' }, Expiration: { Days: 30 } },
      ];
      const keep = (rules: LifecycleRule[]) =>
        client.send(
          new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: rules } }),
        );
      await keep(Rules);
      assert.deepEqual((await find()).Rules, Rules);
      const zero = { ...Rules[0]!, Expiration: { Days: 0 } };
      await refused(keep([zero]), 400, 'InvalidArgument', 'MalformedXML');
      await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
      await refused(find(), 404, 'NoSuchLifecycleConfiguration');
    },
  },
];
