/** ceph/s3-tests of a checkout, by pytest, against one server. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface TestedServer {
  readonly port: number;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface PytestResult {
  readonly passed: number;
  /** Of those that ran: passed, failed, or ended by an error of their own. */
  readonly ran: number;
  /** Names of those that did not pass, in the order of names. */
  readonly failed: readonly string[];
}

/** Small packages that the tests import and few machines have. */
const STAND_INS = fileURLToPath(new URL('stand-ins', import.meta.url));
const FILES = ['s3tests/functional/test_s3.py', 's3tests/functional/test_headers.py'];
/** What infra/local/README.md says that the emulator does not do, and what is about several accounts. */
const LEFT_OUT =
  'acl policy website cors encrypt sse kms lock logging post_object append public ownership torrent select restore grant ' +
  'anon raw account legal retention expiration transition cloud versioned_concurrent usage tenant replication cross ' +
  'unordered storage_class bad_auth aws2 authenticated other_user nonowner not_owned private set_bucket_tagging';
/** The suite reads a user in each of these. */
const USERS = ['s3 main', 's3 alt', 's3 tenant', 'iam', 'iam root', 'iam alt root'];

/** @throws Error where pytest, boto3 or the checkout is not there */
export async function runPytest(checkout: string, server: TestedServer): Promise<PytestResult> {
  const folder = await mkdtemp(join(tmpdir(), 'tidewatch-s3-tests-'));
  try {
    const configuration = join(folder, 's3tests.conf');
    await writeFile(configuration, describeServer(server));
    const keywords = LEFT_OUT.split(' ').map((word) => `not ${word}`);
    const pytest = ['-m', 'pytest', '-q', '--tb=no', '-rfE', '-p', 'no:cacheprovider', ...FILES];
    // What is marked so is how Ceph does it, and not how S3 does.
    const selection = ['-m', 'not fails_on_aws', '-k', keywords.join(' and ')];
    const run = spawn('python3', [...pytest, ...selection], {
      cwd: checkout,
      env: { ...process.env, S3TEST_CONF: configuration, PYTHONPATH: STAND_INS },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<void>((resolve, reject) =>
      run.on('close', () => resolve()).on('error', reject),
    );
    const [output, errors] = await Promise.all([text(run.stdout), text(run.stderr), ended]);
    return readSummary(output, errors);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function describeServer({ port, credentials }: TestedServer): string {
  const { accessKeyId, secretAccessKey } = credentials;
  const user = [
    'display_name = tester',
    'user_id = 000000000000',
    'email = tester@example.com',
    'tenant = tester',
    'api_name =',
    `access_key = ${accessKeyId}`,
    `secret_key = ${secretAccessKey}`,
  ];
  const general = [
    '[DEFAULT]',
    'host = 127.0.0.1',
    `port = ${port}`,
    'is_secure = False',
    'ssl_verify = False',
  ];
  return [
    ...general,
    '[fixtures]',
    'bucket prefix = s3-tests-{random}-',
    ...USERS.flatMap((name) => [`[${name}]`, ...user]),
  ].join('\n');
}

/** @throws Error where the output is no result of pytest */
export function readSummary(output: string, errors: string): PytestResult {
  const failed = [...output.matchAll(/^(?:FAILED|ERROR) \S+::(\w+)/gm)].map(([, name]) => name ?? '');
  const passed = /(\d+) passed/.exec(output)?.[1];
  if (passed === undefined)
    throw new Error(`pytest did not come to a result: ${(errors || output).slice(-600)}`);
  const names = [...new Set(failed)].sort();
  return { passed: Number(passed), ran: Number(passed) + names.length, failed: names };
}
