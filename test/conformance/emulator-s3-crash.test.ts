/** kill -9 in the middle of writes: what was answered is there, nothing is torn, and every write is told. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createClient, QUEUE_ARN } from '../helpers/emulated-s3.ts';
import { until } from '../helpers/until.ts';

interface Child {
  readonly process: ChildProcess;
  readonly client: S3Client;
  kill(): Promise<void>;
}

/** What a client knows: the last ETag that was answered, and the one it sent when the process died. */
interface Knowledge {
  acknowledged: string | undefined;
  pending: string | undefined;
}

const Bucket = 'crash';
const ROUNDS = 5;
const WRITERS = 4;
/** Bytes: several chunks on their way to disk. */
const SIZES = [10, 70_000, 300_000];
const CHILD = fileURLToPath(new URL('../helpers/emulator-child.ts', import.meta.url));

test('a process that is killed while it writes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidewatch-s3-'));
  const dataDir = join(folder, 'data');
  const eventsFile = join(folder, 'events');
  const known = new Map<string, Knowledge>();
  /** Every write that was answered, as `KEY ETAG`. */
  const answered = new Set<string>();
  try {
    let child = await startChild(dataDir, eventsFile);
    await child.client.send(new CreateBucketCommand({ Bucket }));
    await child.client.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: {
          QueueConfigurations: [{ QueueArn: QUEUE_ARN, Events: ['s3:ObjectCreated:*'] }],
        },
      }),
    );
    for (let round = 0; round < ROUNDS; round++) {
      const writers = Array.from({ length: WRITERS }, (_, writer) =>
        write(child.client, round, writer, known, answered),
      );
      const before = answered.size;
      // Each round dies at another point of a write's way.
      await until(() => answered.size >= before + 8 + 3 * round);
      await child.kill();
      await Promise.all(writers);
      child = await startChild(dataDir, eventsFile);
      await checkObjects(child.client, dataDir, known);
    }
    await until(async () => {
      const told = await readEvents(eventsFile);
      return [...answered, ...present(known)].every((name) => told.has(name));
    });
    await child.kill();
    assert.deepEqual(await readdir(join(dataDir, 's3/.content')), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Writes keys of its own over and over, each time with other bytes, until the process is gone. */
async function write(
  client: S3Client,
  round: number,
  writer: number,
  known: Map<string, Knowledge>,
  answered: Set<string>,
): Promise<void> {
  for (let turn = 0; ; turn++) {
    const Key = `writer=${writer}/${turn % 3}`;
    const Body = Buffer.alloc(SIZES[turn % SIZES.length] ?? 0, `${round} ${writer} ${turn}.`);
    const etag = `"${createHash('md5').update(Body).digest('hex')}"`;
    const state = known.get(Key) ?? { acknowledged: undefined, pending: undefined };
    known.set(Key, state);
    try {
      if (turn % 7 === 6) {
        state.pending = 'deleted';
        await client.send(new DeleteObjectCommand({ Bucket, Key }));
        state.acknowledged = undefined;
      } else {
        state.pending = etag;
        await client.send(new PutObjectCommand({ Bucket, Key, Body }));
        state.acknowledged = etag;
        answered.add(`${Key} ${etag}`);
      }
      state.pending = undefined;
    } catch {
      return;
    }
  }
}

/** Each key holds what was answered last, or what was under way; its bytes are whole, in S3 and in its file. */
async function checkObjects(client: S3Client, dataDir: string, known: Map<string, Knowledge>): Promise<void> {
  const found = new Map<string, string>();
  for await (const page of paginateListObjectsV2({ client }, { Bucket }))
    for (const { Key = '', ETag = '' } of page.Contents ?? []) found.set(Key, ETag);
  for (const [key, state] of known) {
    const etag = found.get(key);
    const possible = [
      state.acknowledged,
      ...(state.pending === undefined ? [] : [state.pending === 'deleted' ? undefined : state.pending]),
    ];
    assert.ok(possible.includes(etag), `${key} is ${etag}, none of ${possible}`);
    state.acknowledged = etag;
    state.pending = undefined;
    const file = join(dataDir, 's3', Bucket, key);
    if (etag === undefined) {
      await assert.rejects(stat(file), { code: 'ENOENT' });
    } else {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key }));
      assert.equal(md5((await Body?.transformToByteArray()) ?? new Uint8Array()), etag);
      assert.equal(md5(await readFile(file)), etag);
    }
  }
  for (const key of found.keys()) assert.ok(known.has(key), `nobody wrote ${key}`);
  assert.deepEqual(await readdir(join(dataDir, 's3/.content')), []);
}

function present(known: ReadonlyMap<string, Knowledge>): string[] {
  return [...known].flatMap(([key, { acknowledged }]) =>
    acknowledged === undefined ? [] : [`${key} ${acknowledged}`],
  );
}

/** As `KEY ETAG`. */
async function readEvents(file: string): Promise<Set<string>> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('"Records"'));
  return new Set(
    lines.map((line) => {
      const { key, eTag } = JSON.parse(line).Records[0].s3.object;
      return `${decodeURIComponent(key)} "${eTag}"`;
    }),
  );
}

async function startChild(dataDir: string, eventsFile: string): Promise<Child> {
  const process_ = spawn(process.execPath, [CHILD, dataDir, eventsFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface(process_.stdout), 'line');
  const client = createClient(String(url));
  return {
    process: process_,
    client,
    async kill() {
      const gone = once(process_, 'exit');
      process_.kill('SIGKILL');
      await gone;
      client.destroy();
    },
  };
}

function md5(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}
