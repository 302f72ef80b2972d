/** Listing, page by page, with keys that are hard to carry. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListObjectVersionsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { assertFails, type EmulatedS3, startS3 } from '../helpers/emulated-s3.ts';

const Bucket = 'listing';
const ODD_KEYS = [
  ' leading and trailing ',
  'a b+c%20d',
  'amp&lt;<tag>"quotes"\'apostrophe\'',
  'carriage\rreturn\nnewline\ttab',
  'combining e\u0301',
  'composed é',
  'emoji 😀',
  'last \uffff',
  'percent %2F %',
  'plus+',
  'question?mark#hash',
  'slash/at end/',
  `very long ${'x'.repeat(1000)}`,
];
let s3: EmulatedS3;
let client: S3Client;

before(async () => {
  s3 = await startS3();
  client = s3.client;
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const key of ODD_KEYS)
    await client.send(new PutObjectCommand({ Bucket, Key: `odd/${key}`, Body: key }));
  for (const key of ['1', 'a/1', 'a/2', 'a/b/1', 'b', 'c/1', 'd'])
    await client.send(new PutObjectCommand({ Bucket, Key: `tree/${key}`, Body: '' }));
});
after(() => s3[Symbol.asyncDispose]());

for (const EncodingType of [undefined, 'url'] as const) {
  test(`odd keys come back as they were, ascending by UTF-8 bytes, with encoding ${EncodingType}`, async () => {
    const Prefix = 'odd/';
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix, EncodingType }));
    const decode = (key = '') => (EncodingType ? decodeURIComponent(key.replaceAll('+', ' ')) : key);
    const expected = ODD_KEYS.map((key) => `odd/${key}`).sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    assert.deepEqual(
      Contents.map(({ Key }) => decode(Key)),
      expected,
    );
    for (const { Key, Size } of Contents)
      assert.equal(Size, Buffer.byteLength(decode(Key).slice(Prefix.length)));
  });
}

test('pages', async () => {
  const found: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Prefix: 'odd/' })) {
    assert.ok((page.KeyCount ?? 0) <= 2);
    found.push(...(page.Contents ?? []).map(({ Key }) => Key));
  }
  assert.equal(found.length, ODD_KEYS.length);
  assert.equal(new Set(found).size, ODD_KEYS.length);
});

test('a delimiter rolls keys up, across pages too', async () => {
  const whole = await list({ Delimiter: '/' });
  assert.deepEqual(whole.names, ['tree/1', 'tree/a/', 'tree/b', 'tree/c/', 'tree/d']);
  assert.equal(whole.KeyCount, 5);
  assert.equal(whole.IsTruncated, false);
  const pieces: string[] = [];
  for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
    const page = await list({ Delimiter: '/', MaxKeys: 1, ContinuationToken: token });
    pieces.push(...page.names);
    token = page.NextContinuationToken;
    assert.equal(page.IsTruncated, token !== undefined);
  }
  assert.deepEqual(pieces, whole.names);
  assert.deepEqual((await list({ Delimiter: 'a/' })).names, [
    'tree/1',
    'tree/a/',
    'tree/b',
    'tree/c/1',
    'tree/d',
  ]);
});

test('start-after, max-keys, owner', async () => {
  assert.deepEqual((await list({ StartAfter: 'tree/a/b/1' })).names, ['tree/b', 'tree/c/1', 'tree/d']);
  assert.deepEqual((await list({ StartAfter: 'tree/a/1', Delimiter: '/' })).names, [
    'tree/b',
    'tree/c/',
    'tree/d',
  ]);
  assert.deepEqual((await list({ StartAfter: 'zzz' })).names, []);
  assert.deepEqual((await list({ StartAfter: 'a' })).names.length, 7);
  const none = await list({ MaxKeys: 0 });
  assert.deepEqual([none.names, none.IsTruncated, none.KeyCount], [[], false, 0]);
  assert.equal((await list({ MaxKeys: 5000 })).MaxKeys, 1000);
  assert.equal((await list({})).Contents?.[0]?.Owner, undefined);
  assert.ok((await list({ FetchOwner: true })).Contents?.[0]?.Owner?.ID);
  await assertFails(list({ ContinuationToken: 'not one' }), 'InvalidArgument', 400);
  await assertFails(client.send(new ListObjectsV2Command({ Bucket: 'absent' })), 'NoSuchBucket', 404);
});

test('the first version of the operation pages by markers', async () => {
  const page = async (Marker?: string) =>
    client.send(new ListObjectsCommand({ Bucket, Prefix: 'tree/', Delimiter: '/', MaxKeys: 2, Marker }));
  const first = await page();
  assert.deepEqual([first.Contents?.[0]?.Key, first.CommonPrefixes?.[0]?.Prefix], ['tree/1', 'tree/a/']);
  assert.equal(first.NextMarker, 'tree/a/');
  const second = await page(first.NextMarker);
  assert.deepEqual([second.Contents?.[0]?.Key, second.CommonPrefixes?.[0]?.Prefix], ['tree/b', 'tree/c/']);
  const third = await page(second.NextMarker);
  assert.deepEqual(
    [third.Contents?.length, third.Contents?.[0]?.Key, third.IsTruncated],
    [1, 'tree/d', false],
  );
});

test('each object is its own only version', async () => {
  const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'tree/a/' }));
  assert.deepEqual(
    Versions.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest]),
    ['tree/a/1', 'tree/a/2', 'tree/a/b/1'].map((key) => [key, 'null', true]),
  );
});

/** With keys and prefixes in one order. */
async function list(input: Partial<ListObjectsV2CommandInput>) {
  const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'tree/', ...input }));
  const keys = (page.Contents ?? []).map(({ Key }) => Key ?? '');
  const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? '');
  return { ...page, names: [...keys, ...prefixes].sort() };
}
