/** Any course of writes, deletions and settings leaves the versions that a plain list of them says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AwsResponse, Buckets } from '../../../../../infra/local/contract.ts';
import { createBuckets } from '../../../../../infra/local/s3/buckets.ts';
import { makeId, makeVersionId, sequenceOf } from '../../../../../infra/local/s3/object-id.ts';

type Step =
  | { readonly kind: 'put' | 'delete'; readonly key: string }
  | { readonly kind: 'delete version'; readonly key: string; readonly position: number }
  | { readonly kind: 'versioning'; readonly status: 'Enabled' | 'Suspended' }
  | { readonly kind: 'restart' };

interface ModelVersion {
  id: string;
  /** Undefined for a marker. */
  body: string | undefined;
}

const key = fc.constantFrom('k', 'folder/k', 'folder/');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'delete' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('delete version' as const), key, position: fc.nat(4) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('versioning' as const),
      status: fc.constantFrom('Enabled' as const, 'Suspended' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

test('versions are what a list of them says, in answers and on disk', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-s3-'));
      let buckets = open(dataDir);
      try {
        await buckets.create('bucket');
        /** Key → versions, newest first. */
        const model = new Map<string, ModelVersion[]>();
        let versioning: 'Enabled' | 'Suspended' | undefined;
        for (const [position, one] of steps.entries()) {
          if (one.kind === 'restart') {
            await buckets.close();
            buckets = open(dataDir);
          } else if (one.kind === 'versioning') {
            versioning = one.status;
            const body = `<VersioningConfiguration><Status>${one.status}</Status></VersioningConfiguration>`;
            await send(buckets, 'PUT', '/bucket?versioning', body);
          } else {
            await change(buckets, model, versioning, one, `body ${position}`);
          }
          await check(buckets, dataDir, model);
        }
      } finally {
        await buckets.close();
        await rm(dataDir, { recursive: true });
      }
    }),
    { numRuns: 50, seed: 7 },
  );
});

test('an id holds its sequence, and is no option of a command line', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), (sequence) => {
      const id = makeVersionId(sequence * 1000);
      assert.match(id, /^[A-Za-z0-9._]{32}$/);
      assert.equal(sequenceOf(id), sequence * 1000);
      // Those of uploads have none.
      assert.match(makeId(), /^[A-Za-z0-9._]{32}$/);
    }),
  );
});

async function change(
  buckets: Buckets,
  model: Map<string, ModelVersion[]>,
  versioning: 'Enabled' | 'Suspended' | undefined,
  one: Extract<Step, { readonly key: string }>,
  body: string,
): Promise<void> {
  const path = `/bucket/${one.key}`;
  const versions = model.get(one.key) ?? [];
  model.set(one.key, versions);
  const drop = (id: string) => {
    const position = versions.findIndex((version) => version.id === id);
    if (position >= 0) versions.splice(position, 1);
  };
  if (one.kind === 'delete version') {
    const id = versions[one.position]?.id ?? 'null';
    await send(buckets, 'DELETE', `${path}?versionId=${id}`);
    drop(id);
    return;
  }
  const answer = await send(buckets, one.kind === 'put' ? 'PUT' : 'DELETE', path, body);
  const id = answer.headers?.['x-amz-version-id'] ?? 'null';
  assert.equal(id === 'null', versioning !== 'Enabled');
  if (id === 'null') drop('null');
  if (one.kind === 'put') versions.unshift({ id, body });
  else if (versioning !== undefined) versions.unshift({ id, body: undefined });
}

async function check(buckets: Buckets, dataDir: string, model: Map<string, ModelVersion[]>): Promise<void> {
  const expected = [...model]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap(([name, versions]) =>
      versions.map(({ id, body }, position) => [name, id, position === 0, body === undefined]),
    );
  assert.deepEqual(await list(buckets, 1000), expected);
  assert.deepEqual(await list(buckets, 2), expected);
  let hidden = 0;
  for (const [name, versions] of model) {
    for (const [position, { id, body }] of versions.entries()) {
      if (body === undefined) continue;
      assert.equal(await bodyOf(buckets, `/bucket/${name}?versionId=${id}`), body);
      const isCurrent = position === 0;
      if (isCurrent) assert.equal(await bodyOf(buckets, `/bucket/${name}`), body);
      // A name that ends in a slash is no file.
      if (isCurrent && !name.endsWith('/'))
        assert.equal(readFileSync(join(dataDir, 's3/bucket', name), 'utf8'), body);
      else hidden++;
    }
    const [newest] = versions;
    if (newest?.body === undefined)
      await assert.rejects(bodyOf(buckets, `/bucket/${name}`), { code: 'NoSuchKey' });
  }
  assert.equal(readdirSync(join(dataDir, 's3/.content')).length, hidden);
}

/** Key, id, whether it is the latest, whether it is a marker; by pages of that size. */
async function list(buckets: Buckets, size: number): Promise<unknown[][]> {
  const found: unknown[][] = [];
  for (let markers = ''; ; ) {
    const answer = String((await send(buckets, 'GET', `/bucket?versions&max-keys=${size}${markers}`)).body);
    for (const [, kind, key_, id, latest] of answer.matchAll(
      /<(Version|DeleteMarker)><Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId><IsLatest>(.*?)<\/IsLatest>/g,
    ))
      found.push([key_, id, latest === 'true', kind === 'DeleteMarker']);
    const next = /<NextKeyMarker>(.*?)<\/NextKeyMarker><NextVersionIdMarker>(.*?)</.exec(answer);
    if (next === null) return found;
    markers = `&key-marker=${encodeURIComponent(next[1] ?? '')}&version-id-marker=${next[2]}`;
  }
}

async function bodyOf(buckets: Buckets, url: string): Promise<string> {
  const { body } = await send(buckets, 'GET', url);
  return body instanceof Readable ? text(body) : String(body);
}

function send(buckets: Buckets, method: string, url: string, body = ''): Promise<AwsResponse> {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  return buckets.handle({
    method,
    path: pathname,
    query: searchParams,
    headers: { 'content-length': String(body.length) },
    body: Readable.from([Buffer.from(body)]),
    origin: 'http://127.0.0.1',
    requestId: 'request',
  });
}

function open(dataDir: string): Buckets {
  const queues = { send: async () => ({ messageId: 'x' }) };
  return createBuckets({ dataDir, region: 'us-east-1', now: () => 0, log: () => {}, queues });
}
