/** The S3 store against servers that answer badly: what an emulator that works cannot show. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { NotFoundError, PreconditionFailedError, SettingError } from '../../../lib/base/errors.ts';
import type { ObjectStore } from '../../../lib/store/object-store.ts';
import { createS3ObjectStore } from '../../../lib/store/s3-object-store.ts';
import { collect } from '../../helpers/collect.ts';

interface StoredObject {
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Just enough of S3 to write under a condition and to look at what was written. */
interface FakeS3 {
  /** PUT requests that arrived. */
  puts: number;
  readonly objects: Map<string, StoredObject>;
  /** Called after a request took effect: true where it answered, or broke the connection, itself. */
  answer: (request: IncomingMessage, response: ServerResponse) => boolean;
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function startFake(): Promise<{ fake: FakeS3; store: ObjectStore }> {
  const fake: FakeS3 = { puts: 0, objects: new Map(), answer: () => false };
  server = createServer((request, response) => {
    request.resume().on('end', () => handle(fake, request, response));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    maxAttempts: 3,
  });
  return { fake, store: createS3ObjectStore({ client, bucket: 'b' }) };
}

function handle(fake: FakeS3, request: IncomingMessage, response: ServerResponse): void {
  const key = new URL(request.url ?? '', 'http://host').pathname;
  const existing = fake.objects.get(key);
  if (request.method !== 'PUT') {
    if (fake.answer(request, response)) return;
    if (existing === undefined) {
      fail(response, 404, 'NoSuchKey');
      return;
    }
    response.writeHead(200, { etag: existing.etag, ...existing.headers }).end();
    return;
  }
  fake.puts++;
  const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = request.headers;
  const holds = ifMatch !== undefined ? existing?.etag === ifMatch : !(ifNoneMatch === '*' && existing);
  if (holds) {
    const headers = Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-'));
    fake.objects.set(key, {
      etag: `"${fake.puts}"`,
      headers: Object.fromEntries(headers) as Record<string, string>,
    });
  }
  if (fake.answer(request, response)) return;
  if (!holds && existing === undefined) {
    fail(response, 404, 'NoSuchKey');
    return;
  }
  if (!holds) {
    fail(response, 412, 'PreconditionFailed');
    return;
  }
  response.writeHead(200, { etag: `"${fake.puts}"` }).end();
}

function fail(response: ServerResponse, status: number, code: string): void {
  const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(xml);
}

/** Breaks the connection of the first `count` PUT requests after they took effect. */
function loseAnswers(fake: FakeS3, count: number, then: () => void = () => {}): void {
  let lost = 0;
  fake.answer = (request) => {
    if (request.method !== 'PUT' || lost >= count) return false;
    lost++;
    then();
    request.socket.destroy();
    return true;
  };
}

const body = new TextEncoder().encode('body');

for (const [what, options, before] of [
  ['creates', { ifAbsent: true }, undefined],
  ['replaces', { ifMatch: '"0"' }, { etag: '"0"', headers: {} }],
] as const) {
  test(`a conditional write that ${what} succeeds although its answer was lost`, async () => {
    const { fake, store } = await startFake();
    if (before) fake.objects.set('/b/k', before);
    loseAnswers(fake, 1);
    const { etag } = await store.put('k', body, options);
    assert.equal(fake.puts, 2);
    assert.equal(etag, fake.objects.get('/b/k')?.etag);
  });

  test(`a conditional write that ${what} fails where another one of equal content got in between`, async () => {
    const { fake, store } = await startFake();
    if (before) fake.objects.set('/b/k', before);
    // The other writer's object is the same in everything but whose write it was.
    loseAnswers(fake, 1, () => fake.objects.set('/b/k', { etag: '"1"', headers: {} }));
    await assert.rejects(store.put('k', body, options), PreconditionFailedError);
  });
}

test('two writers of equal content, one of whose answers is lost, do not both succeed', async () => {
  const { fake, store } = await startFake();
  await store.put('k', body, { ifAbsent: true });
  // The request fails on the wire without effect; its retry meets the other writer's object.
  let broken = false;
  fake.answer = (request) => {
    if (request.method !== 'PUT' || broken) return false;
    broken = true;
    request.socket.destroy();
    return true;
  };
  await assert.rejects(store.put('k', body, { ifAbsent: true }), PreconditionFailedError);
});

test('a condition that does not hold is told at once, without asking whose object it is', async () => {
  const { fake, store } = await startFake();
  await store.put('k', body);
  let heads = 0;
  fake.answer = (request) => {
    if (request.method === 'HEAD') heads++;
    return false;
  };
  await assert.rejects(
    store.put('k', body, { ifAbsent: true }),
    (error) =>
      error instanceof PreconditionFailedError && /k was not written.*If-None-Match/.test(error.message),
  );
  await assert.rejects(store.put('absent', body, { ifMatch: '"1"' }), PreconditionFailedError);
  assert.equal(heads, 0);
});

test('a conflicting write in progress (409) is waited for, a lasting one is a lost condition', async () => {
  const { fake, store } = await startFake();
  let conflicts = 2;
  fake.answer = (request, response) => {
    if (request.method !== 'PUT' || conflicts-- <= 0) return false;
    fake.objects.delete('/b/k');
    fail(response, 409, 'ConditionalRequestConflict');
    return true;
  };
  await store.put('k', body, { ifAbsent: true });
  assert.equal(fake.puts, 3);
  conflicts = Infinity;
  await assert.rejects(store.put('k', body, { ifAbsent: true }), PreconditionFailedError);
});

test('a missing bucket is not taken for a missing object', async () => {
  const { fake, store } = await startFake();
  fake.answer = (_, response) => {
    fail(response, 404, 'NoSuchBucket');
    return true;
  };
  const named = (error: unknown): boolean =>
    error instanceof SettingError && /no bucket b/.test(error.message);
  await assert.rejects(store.get('k'), named);
  await assert.rejects(store.put('k', body, { ifMatch: '"1"' }), named);
  await assert.rejects(collect(store.list('')), named);
});

test('other errors come through as they are', async () => {
  const { fake, store } = await startFake();
  fake.answer = (_, response) => {
    fail(response, 403, 'AccessDenied');
    return true;
  };
  await assert.rejects(store.put('k', body, { ifAbsent: true }), { name: 'AccessDenied' });
  fake.answer = () => false;
  await assert.rejects(store.head('absent'), NotFoundError);
});
