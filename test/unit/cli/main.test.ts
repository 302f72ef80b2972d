/** The command as it is installed, pointed at a bucket by the AWS environment alone. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createS3ObjectStore } from '../../../lib/store/s3-object-store.ts';
import { dropWindow } from '../../helpers/synthetic-window.ts';
import { startTestBucket, type TestBucket } from '../../helpers/test-bucket.ts';

const BIN = join(import.meta.dirname, '../../../bin/tidewatch.mjs');

let bucket: TestBucket;
let folder: string;
before(async () => {
  bucket = await startTestBucket();
  folder = await mkdtemp(join(tmpdir(), 'tidewatch-cli-'));
});
after(async () => {
  await bucket.close();
  await rm(folder, { recursive: true });
});

interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function tidewatch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Exit> {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL: bucket.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'eu-west-1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

test('finds the bucket by AWS_ENDPOINT_URL, and the region in AWS_DEFAULT_REGION too', async () => {
  const store = createS3ObjectStore(bucket);
  await dropWindow(store, { from: 0, rows: 600 });
  const scored = await tidewatch(['score', '--print-only', '--bucket', bucket.bucket]);
  assert.deepEqual([scored.code, scored.stderr], [0, '']);
  assert.match(scored.stdout, /^shop: learning, 1200 of \d+ rows/);
  const status = await tidewatch(['status', '--json'], {
    TIDEWATCH_BUCKET: bucket.bucket,
    AWS_REGION: '',
    AWS_DEFAULT_REGION: 'eu-west-1',
  });
  assert.equal(status.code, 0, status.stderr);
  const [detector, result] = status.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual([detector?.detector, detector?.rows, result?.exitCode], ['shop', 1200, 0]);
});

test('a bucket that is not there, and credentials that are wrong, are told in one line', async () => {
  const missing = await tidewatch(['status', '--bucket', 'no-such-bucket']);
  assert.deepEqual(
    [missing.code, missing.stderr],
    [2, 'error: there is no bucket no-such-bucket (no-bucket)\n'],
  );
  const wrong = await tidewatch(['status', '--bucket', bucket.bucket], { AWS_SECRET_ACCESS_KEY: 'wrong' });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^error: .*signature.* \(SignatureDoesNotMatch\)\n$/i);
});

test('files are those of the folder it is called in', async () => {
  await writeFile(join(folder, 'detector.yml'), 'kind: AnomalyDetector\nmetadata: { name: x }\nspec: {}\n');
  const { code, stdout } = await tidewatch(['validate', 'detector.yml']);
  assert.match(stdout, /^detector\.yml: /);
  assert.equal(code, 0, stdout);
});
