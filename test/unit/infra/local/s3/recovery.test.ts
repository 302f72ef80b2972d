/** The states that a kill can leave behind between the steps of a write or a deletion, made by hand. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import type { AwsRequest } from '../../../../../infra/local/contract.ts';
import { createBuckets } from '../../../../../infra/local/s3/buckets.ts';

const FIRST_FORMAT = new URL('../../../../fixtures/emulator-s3/index-1.sql', import.meta.url);
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

test('made room for a version, not committed', async () => {
  const [content = ''] = query('SELECT content FROM objects').map((row) => String(row.content));
  query("UPDATE buckets SET versioning = 'Enabled'");
  await rename(join(dataDir, 's3/bucket/a/b'), join(dataDir, 's3/.content', content));
  assert.equal(await read(), 'body');
  assert.equal(await readFile(join(dataDir, 's3/bucket/a/b'), 'utf8'), 'body');
});

test('a version committed, its file not yet in its place', async () => {
  query("UPDATE buckets SET versioning = 'Enabled'");
  await withBuckets(async (buckets) => {
    await buckets.handle(request('PUT', '/bucket/a/b', 'second'));
  });
  const [content = ''] = query('SELECT content FROM objects').map((row) => String(row.content));
  await rename(join(dataDir, 's3/bucket/a/b'), join(dataDir, 's3/.content', content));
  assert.equal(await read(), 'second');
  assert.equal(await read('?versionId=null'), 'body');
  assert.equal(await readFile(join(dataDir, 's3/bucket/a/b'), 'utf8'), 'second');
  assert.equal(readdirSync(join(dataDir, 's3/.content')).length, 1);
});

test('the newest version deleted, the one before not yet in its place', async () => {
  query("UPDATE buckets SET versioning = 'Enabled'");
  let id = '';
  await withBuckets(async (buckets) => {
    const written = await buckets.handle(request('PUT', '/bucket/a/b', 'second'));
    id = written.headers?.['x-amz-version-id'] ?? '';
  });
  const [older = ''] = query('SELECT content FROM versions').map((row) => String(row.content));
  await withBuckets(async (buckets) => {
    await buckets.handle(request('DELETE', `/bucket/a/b?versionId=${id}`));
  });
  // As if the process had ended before its last step.
  await rename(join(dataDir, 's3/bucket/a/b'), join(dataDir, 's3/.content', older));
  await writeFile(join(dataDir, 's3/bucket/a/b'), 'second');
  assert.equal(await read(), 'body');
  assert.equal(await readFile(join(dataDir, 's3/bucket/a/b'), 'utf8'), 'body');
});

test('a folder of the first format opens, and goes on', async () => {
  await rm(join(dataDir, 's3'), { recursive: true });
  await mkdir(join(dataDir, 's3/.content'), { recursive: true });
  await mkdir(join(dataDir, 's3/bucket/a'), { recursive: true });
  await mkdir(join(dataDir, 's3/versioned'));
  await writeFile(join(dataDir, 's3/bucket/a/b'), 'body');
  await writeFile(join(dataDir, 's3/.content/content-without-path'), 'no path');
  await writeFile(join(dataDir, 's3/.content/content-of-part'), 'part');
  await writeFile(join(dataDir, 's3/versioned/k'), 'old');
  const database = new DatabaseSync(join(dataDir, 's3/.index.sqlite'));
  database.exec(readFileSync(FIRST_FORMAT, 'utf8'));
  database.close();
  assert.equal(await read(), 'body');
  assert.equal(await read('/'), 'no path');
  await withBuckets(async (buckets) => {
    const listed = await buckets.handle(request('GET', '/bucket/parts?uploadId=upload'));
    assert.match(String(listed.body), /<Size>4<\/Size>/);
    await buckets.handle(request('PUT', '/versioned/k', 'new'));
    const versions = await buckets.handle(request('GET', '/versioned?versions'));
    assert.match(String(versions.body), /<IsLatest>true<.*<VersionId>null<\/VersionId><IsLatest>false</);
  });
});

test('a folder is opened by one emulator at a time, and of one format', async () => {
  await withBuckets(async () => {
    assert.throws(open, /in use by another emulator/);
  });
  query('PRAGMA user_version = 99');
  assert.throws(open, /has format version 99; this emulator reads 1 to 2/);
});

async function read(rest = ''): Promise<string> {
  let body = '';
  await withBuckets(async (buckets) => {
    const answer = await buckets.handle(request('GET', `/bucket/a/b${rest}`));
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
