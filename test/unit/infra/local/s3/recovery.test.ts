/** The states that a kill can leave behind between the steps of a write or a deletion, made by hand. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import type { AwsRequest } from '../../../../../infra/local/contract.ts';
import { createBuckets } from '../../../../../infra/local/s3/buckets.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-s3-'));
  await withBuckets(async (buckets) => {
    await buckets.create('bucket');
    await buckets.handle(request('PUT', '/bucket/a/b', 'body'));
  });
});
afterEach(() => rm(dataDir, { recursive: true }));

test('committed, not yet in its place', async () => {
  const [content = ''] = query('SELECT content FROM objects').map((row) => String(row.content));
  await rename(join(dataDir, 's3/bucket/a/b'), join(dataDir, 's3/.content', content));
  await rm(join(dataDir, 's3/bucket'), { recursive: true });
  assert.equal(await read(), 'body');
  assert.equal(await readFile(join(dataDir, 's3/bucket/a/b'), 'utf8'), 'body');
  assert.deepEqual(readdirSync(join(dataDir, 's3/.content')), []);
});

test('flushed, not committed', async () => {
  await writeFile(join(dataDir, 's3/.content/0b5c'), 'unfinished');
  assert.equal(await read(), 'body');
  assert.deepEqual(readdirSync(join(dataDir, 's3/.content')), []);
});

test('deleted, its file not yet', async () => {
  query("INSERT INTO removals VALUES ('bucket/a/b')");
  query('DELETE FROM objects');
  await withBuckets(async (buckets) => {
    await assert.rejects(buckets.handle(request('GET', '/bucket/a/b')), { code: 'NoSuchKey' });
  });
  assert.equal(existsSync(join(dataDir, 's3/bucket/a')), false);
  assert.equal(existsSync(join(dataDir, 's3/bucket')), true);
  assert.deepEqual(query('SELECT * FROM removals'), []);
});

test('deleted and written again, the first file never removed', async () => {
  query("INSERT INTO removals VALUES ('bucket/a/b')");
  query('DELETE FROM objects');
  await rm(join(dataDir, 's3/bucket/a/b'));
  await mkdir(join(dataDir, 's3/bucket/a/b/mine'), { recursive: true });
  await withBuckets(async (buckets) => {
    await buckets.handle(request('PUT', '/bucket/a/b', 'again'));
  });
  assert.equal(await read(), 'again');
  assert.equal(existsSync(join(dataDir, 's3/bucket/a/b/mine')), true);
});

test('a part of an upload stays until the upload ends', async () => {
  let uploadId = '';
  await withBuckets(async (buckets) => {
    const created = await buckets.handle(request('POST', '/bucket/k?uploads'));
    uploadId = /<UploadId>(.+)<\/UploadId>/.exec(String(created.body))?.[1] ?? '';
    await buckets.handle(request('PUT', `/bucket/k?uploadId=${uploadId}&partNumber=1`, 'part'));
  });
  await withBuckets(async (buckets) => {
    const listed = await buckets.handle(request('GET', `/bucket/k?uploadId=${uploadId}`));
    assert.match(String(listed.body), /<Size>4<\/Size>/);
    assert.equal(readdirSync(join(dataDir, 's3/.content')).length, 1);
    await buckets.handle(request('DELETE', `/bucket/k?uploadId=${uploadId}`));
    assert.equal(readdirSync(join(dataDir, 's3/.content')).length, 0);
  });
});

test('a folder is opened by one emulator at a time, and of one format', async () => {
  await withBuckets(async () => {
    assert.throws(open, /in use by another emulator/);
  });
  query('PRAGMA user_version = 99');
  assert.throws(open, /has format version 99; this emulator reads 1/);
});

async function read(): Promise<string> {
  let body = '';
  await withBuckets(async (buckets) => {
    const answer = await buckets.handle(request('GET', '/bucket/a/b'));
    assert.ok(answer.body instanceof Readable);
    body = await text(answer.body);
  });
  return body;
}

async function withBuckets(
  work: (buckets: ReturnType<typeof createBuckets>) => Promise<void>,
): Promise<void> {
  const buckets = open();
  try {
    await work(buckets);
  } finally {
    await buckets.close();
  }
}

function open() {
  const queues = { send: async () => ({ messageId: 'x' }) };
  return createBuckets({ dataDir, region: 'us-east-1', now: () => 0, log: () => {}, queues });
}

function query(sql: string) {
  const database = new DatabaseSync(join(dataDir, 's3/.index.sqlite'));
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

function request(method: string, url: string, body = ''): AwsRequest {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  return {
    method,
    path: pathname,
    query: searchParams,
    headers: { 'content-length': String(body.length) },
    body: Readable.from([Buffer.from(body)]),
    origin: 'http://127.0.0.1',
    requestId: 'request',
  };
}
